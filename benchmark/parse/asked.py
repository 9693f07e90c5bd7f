"""Ask one reader of every place where an answer may stand; tell refusals from answers that say nothing.

In: the text of an answer and a reader of short texts. Out: a ``Parsed``.
"""

from collections.abc import Callable

from benchmark.parse.clean import candidates, clean
from benchmark.parse.refusal import is_refusal, without_refusals
from benchmark.records import Parsed, Status, unparsable

#: Why an answer is not scored although it names something: more than one thing.
SEVERAL = "several"
#: Characters at either end of an answer that are read: what is longer is no short answer.
LONGEST = 4000
Reader = Callable[[str], Parsed]


def ask(text: str, read: Reader) -> Parsed:
    """Read an answer: the most explicit place that says something decides; several things at once are no answer."""
    if len(text) > 2 * LONGEST:
        text = f"{text[:LONGEST]}\n{text[-LONGEST:]}"
    if not clean(text):
        return unparsable("empty")
    found = candidates(text)
    why = "nothing"
    for candidate in found.explicit or found.others:
        parsed = _read(candidate, read)
        if parsed.status is not Status.UNPARSABLE:
            return parsed
        why = parsed.why
        if why == SEVERAL:
            break
    refused = is_refusal(" . ".join(found.explicit) if found.explicit else clean(text))
    return Parsed(Status.REFUSED, None, "refusal") if refused else unparsable(why)


def _read(candidate: str, read: Reader) -> Parsed:
    if not is_refusal(candidate):
        return read(candidate)
    rest = without_refusals(candidate)
    return read(rest) if rest else unparsable("nothing")
