"""Rules ``side`` and ``organ``: what the answer says of an organ or side, the report says of the same.

In: a ``Case``. Out: ``Broken`` rows. Findings and measured values of a clause are looked up in the report; if they
stand there for another organ or side only, the clause has the wrong one. So has one that the report never names.
"""

import re
from collections.abc import Iterator

from curation.facts.places import LAY, Organ, akin
from curation.facts.reading import Context, Segment
from curation.facts.scope import Status
from curation.verify.claims import Broken, Case, Span, is_advice, is_conditional
from curation.verify.grounds import grounds, says_something
from curation.verify.parts import parts
from curation.verify.polar import word_of

_GENERIC_ORGAN = re.compile(
    r"^\s*(?:function|surgeon|surgery|specialist|team|tests?|disease|failure|cancer|hormones?|功能|外科|专科|科"
    r"|医师|医生|中心|病史)",
    re.IGNORECASE,
)


def places(case: Case) -> Iterator[Broken]:
    """Find sides and organs that the report does not give to what the answer says."""
    yield from _other_than_asked(case)
    for segment in case.answer.segments:
        if is_conditional(case.answer, segment):
            continue
        facts = [[held.context for held in one] for one in grounds(segment, case)]
        wrong_organ = list(_organs(segment, case, facts))
        yield from wrong_organ
        if not wrong_organ:
            yield from _sides(segment, case, facts)
    yield from parts(case)


def _other_than_asked(case: Case) -> Iterator[Broken]:
    """Find answers about the left where the question is about the right alone."""
    asked, said, word = case.question.contexts, case.answer.contexts, word_of(case)
    if word is not None and word[0] is Status.DENIED:
        return  # No, it is on the right
    if len(asked.sides) != 1 or len(said.sides) != 1 or asked.sides & said.sides:
        return
    if asked.organ_agrees(said) is True or not said.organs:
        said_first = next((one for one in case.answer.segments if says_something(one)), None)
        first = next(side for segment in case.answer.segments for side in segment.sides)
        if said_first is not None and said_first.start < first.start and not said_first.sides:
            return  # about 11 mm, on the left 26 mm
        yield Broken("side", None, (first.start, first.end))


def _organs(segment: Segment, case: Case, facts: list[list[Context]]) -> Iterator[Broken]:
    known = case.report.contexts.organs
    for organ in segment.organs:
        if organ.family in LAY or any(akin(organ.family, other) for other in known):
            continue
        asked = any(akin(organ.family, other) for other in case.question.contexts.organs)
        generic = _GENERIC_ORGAN.match(case.answer.text[organ.end :]) is not None
        if not generic and not asked and known and not is_advice(case.answer, segment):
            yield Broken("organ", None, (organ.start, organ.end))
            return
    named = [organ for organ in segment.organs or _led_by(segment, case) if organ.family not in LAY]
    if named and facts and not is_advice(case.answer, segment):
        for contexts in facts:
            if all(segment.context.organ_agrees(other) is False for other in contexts):
                yield Broken("organ", None, (named[0].start, named[0].end))
                return


def _led_by(segment: Segment, case: Case) -> tuple[Organ, ...]:
    """Give the organs of words that lead a sentence in and say nothing else, as "In the left kidney," does."""
    before = [one for one in case.answer.segments if one.start < segment.start and one.sentence == segment.sentence]
    named = [one for one in before if one.organs]
    return named[-1].organs if named and all(map(_says_nothing, before[before.index(named[-1]) :])) else ()


def _says_nothing(segment: Segment) -> bool:
    return not segment.findings and all(one.is_word for one in segment.quantities)


def _sides(segment: Segment, case: Case, facts: list[list[Context]]) -> Iterator[Broken]:
    if not segment.context.sides or not (segment.sides or _is_led(segment, case)):
        return
    place: Span | None = (segment.sides[0].start, segment.sides[0].end) if segment.sides else None
    known = [
        s for s in case.report.segments if segment.context.organ_agrees(s.context) is not False and s.context.sides
    ]
    if segment.sides and not known:
        if segment.context.sides <= case.report.contexts.sides:
            return
        if not segment.sides[0].is_implied and not is_advice(case.answer, segment):
            yield Broken("side", None, place)
        return
    if {"left", "right"} <= {one.side for one in segment.sides}:
        return  # 61 mm on the right against 58 mm on the left: which is which is not told by the clause
    for contexts in facts:
        here = [other for other in contexts if segment.context.organ_agrees(other) is not False]
        if here and all(_other_side(segment.context, other) for other in [*here, _joined(here)]):
            where = place or (segment.start, segment.end)
            yield Broken("side", _side_span(case, here[0]), where)
            return
    if (
        segment.sides
        and not is_advice(case.answer, segment)
        and not any(
            not _other_side(segment.context, other)
            for other in [*(s.context for s in known), _joined([s.context for s in known])]
        )
    ):
        yield Broken("side", _side_span(case, known[0].context), place)


def _is_led(segment: Segment, case: Case) -> bool:
    """Tell whether a side is surely inherited: from the question, or from words that lead the sentence in."""
    before = [one for one in case.answer.segments if one.start < segment.start]
    sided = [one for one in before if one.sides]
    if before and sided == before[:1] and all(map(_says_nothing, before)):
        return True  # The right one; the mass is ...
    return not sided or (
        sided[-1].sentence == segment.sentence
        and sided[-1] is before[-1]
        and (not sided[-1].findings or bool(segment.categories))
    )


def _other_side(mine: Context, other: Context) -> bool:
    """Left against right; both against one of them."""
    return bool(other.sides) and not mine.sides <= other.sides


def _joined(contexts: list[Context]) -> Context:
    """Right in one place and left in another are both; a place without a side speaks for none."""
    return Context(frozenset(), frozenset(side for one in contexts for side in one.sides))


def _side_span(case: Case, context: Context) -> Span | None:
    for segment in case.report.segments:
        if segment.sides and segment.context == context:
            return (segment.sides[0].start, segment.sides[0].end)
    return None
