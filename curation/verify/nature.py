"""Rule ``nature``: the answer calls nothing malignant that the report holds benign, and the other way round.

In: a ``Case``. Out: ``Broken`` rows. The report speaks by its words and by its categories; where it does both, or
neither, each answer passes unless it claims malignancy out of nothing.
"""

from collections.abc import Iterator
from typing import NamedTuple

from curation.facts.nature import nature_of, natures
from curation.facts.reading import Context, Reading
from curation.verify.claims import Broken, Case, Span


def nature(case: Case) -> Iterator[Broken]:
    """Find claims of nature that the report contradicts."""
    if case.is_supposed:
        return
    every = _known(case.report)
    for one in natures(case.answer):
        known = _about(_context_at(case.answer, one.start), every)
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


def _known(report: Reading) -> list[_Said]:
    out = [_Said(one.name, (one.start, one.end), _context_at(report, one.start)) for one in natures(report)]
    for segment in report.segments:
        for category in segment.categories:
            name = nature_of(category) or "doubtful"
            out.append(_Said(name, (category.start, category.end), segment.context))
    return out


def _context_at(reading: Reading, place: int) -> Context:
    return next((one.context for one in reading.segments if one.start <= place < one.end), Context())


def _about(context: Context, said: list[_Said]) -> list[_Said]:
    """Keep what is said of the same organ and side, where anything is."""
    organ = [one for one in said if context.organ_agrees(one.context) is not False]
    side = [one for one in organ if context.side_agrees(one.context) is True]
    return side or organ or said
