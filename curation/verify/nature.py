"""Rule ``nature``: the answer calls nothing malignant that the report holds benign, and the other way round.

In: a ``Case``. Out: ``Broken`` rows. The report speaks by its words and by its categories; where it does both, or
neither, each answer passes unless it claims malignancy out of nothing.
"""

from collections.abc import Iterator

from curation.facts.nature import Nature, nature_of, natures
from curation.facts.reading import Reading
from curation.verify.claims import Broken, Case, Span


def nature(case: Case) -> Iterator[Broken]:
    """Find claims of nature that the report contradicts."""
    known = _known(case.report)
    for one in natures(case.answer):
        names = {name for name, _ in known}
        if one.name in names or "doubtful" in names:
            continue
        if known:
            yield Broken("nature", known[0][1], (one.start, one.end))
        elif one.name == "malignant":
            yield Broken("nature", None, (one.start, one.end))


def _known(report: Reading) -> list[tuple[str, Span]]:
    words: list[Nature] = natures(report)
    out = [(one.name, (one.start, one.end)) for one in words]
    for segment in report.segments:
        for category in segment.categories:
            out.append((nature_of(category) or "doubtful", (category.start, category.end)))
    return out
