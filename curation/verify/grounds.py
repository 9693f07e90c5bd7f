"""Where the report has what a clause of the answer says: the ground on which places are compared.

In: a clause and its ``Case``. Out: for every finding, measured value and category of the clause, the clauses of the
report that hold it. What the report does not hold is the matter of other rules.
"""

from curation.facts.findings import concepts
from curation.facts.reading import Segment
from curation.facts.scope import Status
from curation.verify.claims import Case
from curation.verify.findings import witnesses
from curation.verify.grades import agrees
from curation.verify.polar import word_of

_NOT_TOLD_APART = {"normal", "abnormality", "patent", "normal size", "smooth"}
_UNPLACED_UNITS = {"", "day"}


def grounds(segment: Segment, case: Case) -> list[list[Segment]]:
    """Find the clauses of the report that hold what a clause says, fact by fact."""
    found = [*_of_findings(segment, case)]
    for quantity in segment.quantities:
        if quantity.unit not in _UNPLACED_UNITS:
            found.append([s for s in case.report.segments for q in s.quantities if (q.value, q.unit) == quantity[:2]])
    for category in segment.categories:
        found.append([s for s in case.report.segments if any(agrees(category, c) for c in s.categories)])
    word = word_of(case)
    if (word is None or word[0] is Status.AFFIRMED) and not any(map(says_something, case.answer.segments)):
        found += grounds_of_question(case)
    return [segments for segments in found if segments]


def grounds_of_question(case: Case) -> list[list[Segment]]:
    """Find the clauses of the report that hold what the question takes up."""
    named = [one.name for part in case.question.segments for one in part.findings if one.name not in _NOT_TOLD_APART]
    return [held for name in named if (held := _holders(name, case, denied=False))]


def says_something(part: Segment) -> bool:
    """Tell whether a clause has a finding or a measured value."""
    return bool(part.findings) or any(q.unit not in {"", "clock"} for q in part.quantities)


def _of_findings(segment: Segment, case: Case) -> list[list[Segment]]:
    found = []
    for one in segment.findings:
        if one.name in _NOT_TOLD_APART or (one.status is Status.OPEN and not segment.sides):
            continue
        denied = one.status is Status.DENIED
        found.append(_holders(one.name, case, denied=denied))
        if not found[-1] and not denied and concepts()[one.name].kind in {"lesion", "disease"}:
            found.append(_holders("lesion", case, denied=False))
    return found


def _holders(name: str, case: Case, *, denied: bool) -> list[Segment]:
    """Find where the report has a concept, by its own words if there are any; attributes have many words."""
    for exact in (True, False) if concepts()[name].kind != "attribute" else (False,):
        said = [w.start for w in witnesses(name, case, exact=exact) if (w.status is Status.DENIED) is denied]
        if said:
            return [case.report.at(start) for start in said]
    return []
