"""Rule ``organ``, within organs: what the report puts into one part, the answer does not put into another.

In: a ``Case``. Out: ``Broken`` rows. Of every fact of a clause, the parts that the report names nearest to it are
compared with those of the clause, family by family; where the report names none, nothing is compared.
"""

from collections.abc import Iterator, Sequence

from curation.facts.parts import Part
from curation.facts.reading import Segment
from curation.verify.claims import Broken, Case, is_advice, is_conditional
from curation.verify.grounds import grounds, grounds_of_question, says_something


def parts(case: Case) -> Iterator[Broken]:
    """Find parts of organs that the report does not give to what the answer says."""
    for segment in case.answer.segments:
        if not segment.parts or is_conditional(case.answer, segment) or is_advice(case.answer, segment):
            continue
        for family in dict.fromkeys(one.family for one in segment.parts):
            held = _grounds(segment, family, case)
            mine = [one for one in segment.parts if one.family == family]
            found = next((theirs for one in held if (theirs := _elsewhere(mine, one, family, case))), None)
            if found:
                yield Broken("organ", (found[0].start, found[0].end), (mine[0].start, mine[0].end))
                break


def _grounds(segment: Segment, family: str, case: Case) -> list[list[Segment]]:
    """Find the ground of a clause, else of those beside it if they name no other part, else of the question."""
    beside = [one for one in case.answer.segments if one.sentence == segment.sentence]
    if len({part.name for one in beside for part in one.parts if part.family == family}) > 1:
        return grounds(segment, case) if says_something(segment) else []
    said = [one for one in beside if says_something(one)]
    if not any(map(says_something, case.answer.segments)):
        return grounds_of_question(case)
    return [held for one in said for held in grounds(one, case)]


def _elsewhere(mine: Sequence[Part], holders: Sequence[Segment], family: str, case: Case) -> list[Part]:
    """Give the parts where the report has a fact, if every one of its clauses names some and none is of the answer."""
    names = {one.name for one in mine}
    found: list[Part] = []
    for holder in holders:
        near = _near(holder, family, case)
        if not near or names & {one.name for one in near}:
            return []
        found += near
    return found


def _near(holder: Segment, family: str, case: Case) -> list[Part]:
    """Give the parts that a clause of the report names, else those of its sentence."""
    own = [part for part in holder.parts if part.family == family]
    same = [one for one in case.report.segments if one.sentence == holder.sentence]
    return own or [part for one in same for part in one.parts if part.family == family]
