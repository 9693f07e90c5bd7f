"""Rules ``negation`` and ``finding``: what the answer affirms or denies, the report does not say otherwise.

In: a ``Case``. Out: ``Broken`` rows: a finding that the report denies or affirms the other way round, or that it does
not name at all. Clauses of advice, of doubt and of other cases assert nothing.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from curation.facts.findings import Finding, concepts
from curation.facts.reading import Context, Segment
from curation.facts.scope import Status
from curation.verify.claims import Broken, Case, is_advice, is_conditional, is_management
from curation.verify.denied import denied
from curation.verify.polar import NARROWER, asked_of, word_of

#: Words too general to be an invention.
_GENERAL = {
    "malignancy",
    "thickening",
    "thinning",
    "enlargement",
    "shrinkage",
    "abnormality",
    "normal",
    "lesion",
    "flow",
    "normal size",
    "patent",
    "preserved function",
    "inflammation",
    "round",
    "cystic",
    "solid",
    "smooth",
}
_VAGUE = {"normal"}
#: No significant stenosis: there may be one.
_SIGNIFICANT = re.compile(
    r"\b(?:significant|important|relevant|marked|obvious|critical|other)\b|明显|显著|重要|其他|其余", re.I
)
_PUMPING = frozenset({"preserved systolic function", "reduced systolic function"})
_EJECTION = re.compile(
    r"(?:\bLV?EF\b|\bEF\b|ejection fraction|射血分数)[^\d%;。]{0,24}?(?P<percent>\d{2}(?:\.\d+)?)\s*%", re.IGNORECASE
)
#: Percent. ASE/EACVI 2015: below 45 nobody calls it preserved, from 55 on nobody calls it reduced.
LOW_EJECTION, GOOD_EJECTION = 45, 55


#: Words before a diagnosis that is drawn from what is seen.
_DRAWN = re.compile(
    r"\b(?:typical(?:ly)?|consistent|compatible|suggest\w*|probabl\w+|certainly|likely|suspected|indicat\w*"
    r"|in keeping|represent\w*|favou?r\w*|points? to|characteristic|diagnos\w+|impression|features of"
    r"|pattern of|criteria)\b[^.;]{0,45}$"
    r"|(?:符合|考虑|提示|支持|倾向|疑似|疑|诊断|典型|首先|可能|属于|特征)[^。;]{0,14}$",
    re.IGNORECASE,
)


class Claim(NamedTuple):
    """A finding that an answer affirms or denies, and of what."""

    name: str
    status: Status
    context: Context
    start: int
    end: int
    is_plain: bool  # its whole sentence is about what is seen
    is_spoken: bool  # in the answer itself, not taken from the question by yes or no


class Witness(NamedTuple):
    """What a report says of a concept."""

    status: Status
    context: Context
    start: int
    end: int
    is_own: bool  # by its own words, not by what supports or contradicts it


def findings(case: Case) -> Iterator[Broken]:
    """Find claims that the report contradicts or does not hold."""
    for claim in claims(case):
        yield from _judge(claim, case)
    yield from denied(case)


def claims(case: Case) -> list[Claim]:
    """Collect what the answer asserts, also by yes or no."""
    out = [
        Claim(
            one.name, one.status, _near(one, segment), one.start, one.end, not is_management(case.answer, segment), True
        )
        for segment in case.answer.segments
        if not is_conditional(case.answer, segment)
        for one in segment.findings
        if one.status is not Status.OPEN and one.name not in _VAGUE and not is_advice(case.answer, segment)
    ]
    return out + _answered(case)


def _near(one: Finding, segment: Segment) -> Context:
    return segment.context


def _answered(case: Case) -> list[Claim]:
    """Read "Yes" or "No" as a claim about the last finding of a question that can be answered so."""
    word = word_of(case)
    asked = asked_of(case)
    if word is None or asked is None:
        return []
    first = case.answer.segments[0]
    said = {one.name for part in case.answer.segments if part.sentence == first.sentence for one in part.findings}
    one, context = asked
    if said & {one.name, *concepts()[one.name].contrary, *concepts()[one.name].supported_by}:
        return []  # what is said outright counts, and must agree: see contradictions
    status, start, end = word
    return [Claim(one.name, status, context, start, end, is_plain=not said, is_spoken=False)]


def _judge(claim: Claim, case: Case) -> Iterator[Broken]:
    if claim.name in _PUMPING and _EJECTION.search(case.report.text):
        yield from _pumps_otherwise(claim, case)
        return
    place = (claim.start, claim.end)
    said = witnesses(claim.name, case)
    near = _nearest(claim.context, said)
    if claim.status is Status.AFFIRMED:
        if any(one.status is not Status.DENIED for one in near):
            return
        if near:
            yield Broken("negation", (near[0].start, near[0].end), place)
        elif (
            claim.name not in _GENERAL
            and concepts()[claim.name].kind != "normal"
            and claim.is_plain
            and not _is_drawn(claim, case)
            and not any(one.status is Status.AFFIRMED for one in said)
        ):
            yield Broken("finding", None, place)
    elif _is_of_both(claim) and any(one.status is Status.AFFIRMED for one in near):
        exact = _nearest(claim.context, witnesses(claim.name, case, exact=True))
        yield from (
            Broken("negation", (w.start, w.end), place)
            for w in exact
            if w.status is Status.AFFIRMED and w.context.sides
        )
    elif near:
        own = [one for one in _nearest(claim.context, witnesses(claim.name, case, exact=True)) if one.is_own]
        everywhere = not (claim.context.organs or claim.context.sides or _is_weak(claim, case))
        own.sort(key=lambda one: one.status is not Status.AFFIRMED)
        if own and (any if everywhere else all)(one.status is Status.AFFIRMED for one in own):
            yield Broken("negation", (own[0].start, own[0].end), place)


def _is_weak(claim: Claim, case: Case) -> bool:
    """Tell whether a denial leaves room: no significant stenosis."""
    before = case.answer.text[max(0, claim.start - 30) : claim.start]
    return claim.name == "flow" or _SIGNIFICANT.search(before) is not None


def _pumps_otherwise(claim: Claim, case: Case) -> Iterator[Broken]:
    """Hold what is said of systolic function against the ejection fraction of the report."""
    match = _EJECTION.search(case.report.text)
    if match is None:
        return
    is_good = (claim.name == "preserved systolic function") is (claim.status is Status.AFFIRMED)
    percent = float(match["percent"])
    if (is_good and percent < LOW_EJECTION) or (not is_good and percent >= GOOD_EJECTION):
        yield Broken("negation", match.span(), (claim.start, claim.end))


def _is_drawn(claim: Claim, case: Case) -> bool:
    """Tell whether a diagnosis is drawn from findings: typical of a fibroadenoma."""
    kind = concepts()[claim.name].kind
    return kind in {"lesion", "disease", "state"} and _DRAWN.search(case.answer.text[: claim.start]) is not None


def _is_of_both(claim: Claim) -> bool:
    """Tell whether a claim is about both sides: then one side against it is enough."""
    return len(claim.context.sides) == 2


def witnesses(name: str, case: Case, *, exact: bool = False) -> list[Witness]:
    """Collect what the report says of a concept: itself, what supports it, and what contradicts it, turned round."""
    table = concepts()
    concept = table[name]
    alike = {name, *NARROWER.get(name, set())} | (set() if exact else concept.supported_by)
    if name == "lesion" and not exact:
        alike |= {one.name for one in table.values() if one.kind == "lesion"}
    out = []
    for segment in case.report.segments:
        for one in segment.findings:
            if one.name in alike:
                is_own = one.name == name or one.name in NARROWER.get(name, set())
                out.append(Witness(one.status, segment.context, one.start, one.end, is_own))
            elif one.name in concept.contrary and one.status is not Status.OPEN:
                turned = Status.DENIED if one.status is Status.AFFIRMED else Status.AFFIRMED
                if turned is Status.DENIED or not exact:
                    out.append(Witness(turned, segment.context, one.start, one.end, is_own=False))
    return out


def _nearest(context: Context, said: list[Witness]) -> list[Witness]:
    """Keep what is said of the same organ and, where sides are told apart, of the same side."""
    same = [one for one in said if context.organ_agrees(one.context) is not False]
    return [one for one in same if context.side_agrees(one.context) is not False]
