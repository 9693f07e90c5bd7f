"""Is a free text a report, or a refusal to write one?

In: an answer. Out: its text without reasoning and mark-up. Reports may say that something cannot be seen: only a text
that says little else is a refusal.
"""

from benchmark.parse.clean import clean, plain
from benchmark.parse.refusal import is_refusal, without_refusals
from benchmark.records import Parsed, Status, answered, unparsable

#: Share of the characters that must be left beside the refusing sentences.
_REST = 0.2


def parse_report(text: str) -> Parsed:
    """Read a report or caption."""
    written = plain(clean(text))
    if not written:
        return unparsable("empty")
    if is_refusal(written) and len(without_refusals(written)) < _REST * len(written):
        return Parsed(Status.REFUSED, None, "refusal")
    return answered(written)
