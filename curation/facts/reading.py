"""A text read clause by clause: what it names, and of which organ and side it speaks.

In: a text and, for answers, the question before it. Out: a ``Reading``. A clause without an organ or side speaks of
that of the clause before it; a new organ takes the side along within a sentence only. Offsets are half-open code points
of the text as it was given.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeVar

from curation.facts.categories import Category, Degree, categories, degrees
from curation.facts.findings import Finding, findings
from curation.facts.parts import Part, parts
from curation.facts.places import LAY, Organ, Side, akin, organs, sides
from curation.facts.quantities import Quantity, quantities
from curation.text.folding import fold

_HAN = r"[\u3400-\u9fff]"
_CLAUSE_END = re.compile(
    r"(?:(?<!\d)\.|\.(?!\d))|[;!?\n。]|,(?!\d{3}(?!\d))(?!\s*(?:on the )?(?:left|right"
    r"|bilateral(?:ly)?)(?: (?:side|breast|lobe|kidney|ovary))?\s*[.;,\n])"
    r"|(?<=\s)(?:but|while|whereas|with|without|and(?= (?:a|an|the|another|one|no|left|right|there|[\d.]+"
    r"|in the|on the)\b))(?=\s)"
    rf"|、(?=[左右双])|[及和与伴并](?=[左右双](?!向))|:(?=\s*{_HAN}{{2}})",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?:(?<!\d)\.|\.(?!\d))|[;!?\n。]")
#: A list of organs such as 肝、胆囊、胰腺: a clause may hold several.
_SECTION = re.compile(r"\n|(?:impression|conclusion|diagnosis|超声提示|超声诊断|诊断意见|提示|印象)\s*:", re.IGNORECASE)


#: Places that tell no organ apart: under the skin, beside the muscle.
ASIDE = frozenset({"skin", "muscle", "brain"})


#: Parts of paired organs that have no side.
_MIDLINE = frozenset({"isthmus"})


@dataclass(frozen=True, slots=True)
class Context:
    """The organs and sides that a clause speaks of; empty sets where it does not say."""

    organs: frozenset[str] = frozenset()
    sides: frozenset[str] = frozenset()

    def organ_agrees(self, other: "Context") -> bool | None:
        """Tell whether both speak of the same organ; None where one does not say."""
        if not self.organs - ASIDE or not other.organs:
            return None
        return any(akin(mine, yours) for mine in self.organs for yours in other.organs)

    def side_agrees(self, other: "Context") -> bool | None:
        """Tell whether both speak of the same side; None where one does not say."""
        if not self.sides or not other.sides:
            return None
        return bool(self.sides & other.sides)


@dataclass(frozen=True, slots=True)
class Segment:
    """A clause: its place and what it names. ``own`` is what it says itself, ``context`` also what it inherits."""

    start: int
    end: int
    sentence: int
    own: Context
    context: Context
    organs: tuple[Organ, ...]
    sides: tuple[Side, ...]
    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]
    quantities: tuple[Quantity, ...]
    categories: tuple[Category, ...]
    degrees: tuple[Degree, ...]


@dataclass(frozen=True)
class Reading:
    """A text and its clauses. ``text`` is folded: one code point for one of the original."""

    text: str = field(repr=False)
    segments: tuple[Segment, ...] = field(repr=False)

    def sentence(self, segment: Segment) -> str:
        """Give the sentence of a clause."""
        same = [one for one in self.segments if one.sentence == segment.sentence]
        return self.text[same[0].start : same[-1].end]

    def at(self, place: int) -> Segment:
        """Give the clause that holds an offset of something that the text names."""
        return next(one for one in self.segments if one.start <= place < one.end)

    @property
    def contexts(self) -> Context:
        """All organs and sides of the text."""
        return Context(
            frozenset(organ.family for one in self.segments for organ in one.organs),
            frozenset(side for one in self.segments for side in one.own.sides),
        )


_Placed = TypeVar("_Placed", Organ, Side, Part, Finding, Quantity, Category, Degree)


class _Facts:
    """All facts of a text, to be dealt out to its clauses."""

    def __init__(self, text: str, graded: list[Category]) -> None:
        self.organs, self.sides, self.parts, self.findings = organs(text), sides(text), parts(text), findings(text)
        self.categories, self.degrees = graded, degrees(text)
        stages = [one for one in self.degrees if one.name.startswith("stage")]
        taken: list[Category | Degree | Part] = [*graded, *stages, *self.parts]
        self.quantities = quantities(text, tuple((one.start, one.end) for one in taken))

    def context(self, start: int, end: int) -> Context:
        """Give the organs and sides that a clause itself names."""
        named = frozenset(organ.family for organ in _within(self.organs, start, end))
        return Context(named, _own_sides(_within(self.sides, start, end)))

    def segment(self, place: tuple[int, int, int], own: Context, context: Context) -> Segment:
        """Make a clause of start, end and number of its sentence."""
        start, end, _ = place
        return Segment(
            *place,
            own,
            context,
            _within(self.organs, start, end),
            _within(self.sides, start, end),
            _within(self.parts, start, end),
            _within(self.findings, start, end),
            _within(self.quantities, start, end),
            _within(self.categories, start, end),
            _within(self.degrees, start, end),
        )


def _within(found: Iterable[_Placed], start: int, end: int) -> tuple[_Placed, ...]:
    return tuple(one for one in found if start <= one.start < end)


@lru_cache(maxsize=512)
def read(text: str, before: Context = Context()) -> Reading:
    """Read a text; ``before`` is what its first clause inherits."""
    plain = fold(text)
    graded = categories(plain)
    every = _Facts(plain, graded)
    segments: list[Segment] = []
    context = before
    for start, end, sentence in _clauses(plain):
        goes_on = bool(segments) and segments[-1].sentence == sentence
        if _SECTION.search(plain, start, end) and segments:
            context = Context()
        own = every.context(start, end)
        context = _inherit(context, own, goes_on=goes_on)
        segments.append(every.segment((start, end, sentence), own, context))
    return Reading(plain, tuple(_with_places_behind(plain, segments)))


#: A clause that goes on: what stands behind may say where (a mass with a solid component in the right adnexa).
_GOES_ON = re.compile(r"(?:with|without|and)$", re.IGNORECASE)


def _with_places_behind(text: str, segments: list[Segment]) -> list[Segment]:
    """Give a clause that begins its sentence without a place the place that the sentence goes on to say."""
    out = list(segments)
    for number, one in enumerate(segments):
        begins = number == 0 or segments[number - 1].sentence != one.sentence
        if not begins or one.organs or one.sides or not _GOES_ON.search(text[one.start : one.end].rstrip()):
            continue
        behind = segments[number + 1] if number + 1 < len(segments) else None
        if behind and behind.sentence == one.sentence and (behind.organs or behind.sides):
            out[number] = replace(one, context=behind.context)
    return out


def _own_sides(found: tuple[Side, ...]) -> frozenset[str]:
    names = {side.side for side in found if not side.is_implied} or {side.side for side in found}
    return frozenset({"left", "right"} if "both" in names else names)


def _inherit(context: Context, own: Context, *, goes_on: bool) -> Context:
    """Take over what a clause does not say itself; the side of another organ only within a sentence."""
    if not own.organs:
        return Context(context.organs, own.sides or context.sides)
    if own.organs & _MIDLINE:
        return own
    same = goes_on or any(akin(mine, yours) for mine in own.organs for yours in context.organs)
    return Context(own.organs, own.sides or (context.sides if same else frozenset()))


def _clauses(text: str) -> list[tuple[int, int, int]]:
    """Split a text into clauses: start, end, number of the sentence."""
    out, start, sentence = [], 0, 0
    for mark in _CLAUSE_END.finditer(text):
        if mark.end() > start and text[start : mark.end()].strip():
            out.append((start, mark.end(), sentence))
            start = mark.end()
        if _SENTENCE_END.fullmatch(mark.group()):
            sentence += 1
    if text[start:].strip():
        out.append((start, len(text), sentence))
    return out


def names_other_organ(text: str, report: str) -> bool:
    """Tell whether a text names an organ that the report never does, though it names some; everyday words aside."""
    known = read(report).contexts.organs
    named = {organ.family for segment in read(text).segments for organ in segment.organs} - LAY
    return bool(known) and any(not any(akin(family, other) for other in known) for family in named)
