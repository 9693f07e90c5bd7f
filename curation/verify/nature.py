"""Rule ``nature``: the answer calls nothing malignant that the report holds benign, and the other way round.

In: a ``Case``. Out: ``Broken`` rows. The report speaks by its words and by its categories; where it does both, or
neither, each answer passes unless it claims malignancy out of nothing.
"""

from collections.abc import Iterator
from typing import NamedTuple

from curation.facts.findings import concepts
from curation.facts.nature import nature_of, natures
from curation.facts.reading import Context, Reading, Segment
from curation.verify.claims import Broken, Case, Span

#: Systems of categories are about one organ.
_ORGANS = {"birads": "breast", "tirads": "thyroid", "lirads": "liver", "orads": "ovary", "bosniak": "kidney"}


def nature(case: Case) -> Iterator[Broken]:
    """Find claims of nature that the report contradicts."""
    if case.is_supposed:
        return
    every = _known(case.report)
    mine = {one.name for text in (case.question, case.answer) for part in text.segments for one in part.findings}
    for one in natures(case.answer):
        known = _about(case.answer.at(one.start).context, every)
        if len({said.name for said in known}) > 1:
            known = [said for said in known if not said.topics or said.topics & mine] or known
        names = {said.name for said in known}
        if one.name in names or "doubtful" in names:
            continue
        if known:
            yield Broken("nature", known[0].span, (one.start, one.end))
        elif one.name == "malignant":
            yield Broken("nature", None, (one.start, one.end))


class _Said(NamedTuple):
    """What the report says of something: its nature, the place of the words, and what they are about."""

    name: str
    span: Span
    context: Context
    topics: frozenset[str] = frozenset()  # the lesions that the sentence names by what they are


def _known(report: Reading) -> list[_Said]:
    out = []
    for one in natures(report):
        segment = report.at(one.start)
        out.append(_Said(one.name, (one.start, one.end), _assessed(segment), _topics(report, segment)))
    for segment in report.segments:
        for category in segment.categories:
            name = nature_of(category) or "doubtful"
            out.append(_Said(name, (category.start, category.end), _assessed(segment)))
    return out


def _assessed(segment: Segment) -> Context:
    """Give what a clause is about; a category is about the organ of its system, whatever stands before it."""
    organs = {_ORGANS[one.system] for one in segment.categories if one.system in _ORGANS}
    return Context(frozenset(organs), segment.context.sides) if organs and not segment.organs else segment.context


def _topics(report: Reading, segment: Segment) -> frozenset[str]:
    named = {one.name for part in report.segments if part.sentence == segment.sentence for one in part.findings}
    return frozenset(name for name in named if name != "lesion" and concepts()[name].kind == "lesion")


def _about(context: Context, said: list[_Said]) -> list[_Said]:
    """Keep what is said of the same organ and side, where anything is."""
    organ = [one for one in said if context.organ_agrees(one.context) is not False]
    side = [one for one in organ if context.side_agrees(one.context) is True]
    return side or organ or said
