"""Rule ``negation`` for what no vocabulary names: what one text denies outright, the other does not affirm.

In: a ``Case``. Out: ``Broken`` rows. Findings with a row in the vocabulary are the matter of ``findings``.
"""

from collections.abc import Iterator

from curation.facts.denials import Denial, denials, heads, occurrences
from curation.facts.reading import Context, Reading
from curation.facts.scope import Status, status
from curation.verify.claims import Broken, Case, is_advice, is_conditional


def denied(case: Case) -> Iterator[Broken]:
    """Find phrases that the answer denies and the report affirms, or the other way round."""
    for one in _outright(case.answer):
        if not _asserts(case.answer, one.start):
            continue
        theirs = _affirmed(one, case.answer, case.report)
        if theirs:
            yield Broken("negation", theirs[0], (one.start, one.end))
            return
    for one in _outright(case.report):
        mine = _affirmed(one, case.report, case.answer)
        plain = [place for place in mine if _asserts(case.answer, place[0])]
        if plain:
            yield Broken("negation", (one.start, one.end), plain[0])
            return


def _outright(reading: Reading) -> list[Denial]:
    """Read denials of what has no row in the vocabularies."""
    found = [(f.start, f.end) for segment in reading.segments for f in segment.findings]
    organs = [(one.start, one.end) for segment in reading.segments for one in segment.organs]
    return [
        one
        for one in denials(reading.text)
        if not any(start < one.end and one.start < end for start, end in found)
        and not any(start < one.end <= end for start, end in organs)
        and status(reading.text, one.start, one.end) is not Status.OPEN
    ]


def _affirmed(one: Denial, by: Reading, other: Reading) -> list[tuple[int, int]]:
    """Find where the other text affirms of the same place what ``by`` denies; nothing where it also denies it."""
    context = by.at(one.start).context
    for phrase in heads(one.phrase):
        places = occurrences(phrase, other.text)
        if not places:
            continue
        near = [place for place in places if _agree(context, other.at(place[0]).context)]
        return near if all(status(other.text, *place) is Status.AFFIRMED for place in near) else []
    return []


def _agree(one: Context, other: Context) -> bool:
    return one.organ_agrees(other) is not False and one.side_agrees(other) is not False


def _asserts(reading: Reading, place: int) -> bool:
    segment = reading.at(place)
    return not (is_conditional(reading, segment) or is_advice(reading, segment))
