"""Which entities a text states, denies or leaves open.

In: a report, caption or answer, English or Chinese. Out: entities with their states. Structures are named, never
denied; every other entity is judged within its clause. What is stated once and denied elsewhere is stated.
Source: EchoVLM, entity-level evaluation (its lexicon is unpublished: ours is `lexicon.csv` and the vocabularies).
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

from benchmark.entities.lexicon import Entity, Kind, compiled, fold, named, pattern_of, spellings


class State(IntEnum):
    """What a text says of an entity; the strongest counts."""

    ABSENT = 0
    DOUBTFUL = 1
    PRESENT = 2


@dataclass(frozen=True, slots=True)
class Found:
    """An entity at a place of the folded text."""

    entity: Entity
    start: int
    end: int


_END = re.compile(
    r"[.;!?\n。;!?:]|(?<=[\u4e00-\u9fff]),|,(?=[\u4e00-\u9fff])|，|\b(?:but|however|although|while|"
    r"whereas|except|which|that)\b|但|然而|伴(?!随)"
)
_ENGLISH_COMMA = re.compile(r",")
_NEGATION = re.compile(
    r"\b(?:no|not(?! only\b)|without|absent|absence of|neither|nor|free of|lack of|lacks?|negative for|denies|"
    r"excludes?|excluded|rules? out|ruled out|never|resolved|fails? to show|rather than)\b"
    r"|(?:isn't|aren't|wasn't|weren't|doesn't|didn't)"
    r"|未见|未探及|未发现|未显示|未检出|未测及|未引出|未见到|未能探及|未及|无(?!回声|名)|没有|不伴|"
    r"未伴|排除|除外|否认|不考虑|未提示|不支持|未(?=扩张|增|肿|受|侵|闭|发生|形成)|不(?=扩张|"
    r"增[大宽厚]|肿大|丰富)"
)
_DOUBLE = re.compile(
    r"[不未](?:能)?(?:完全)?(?:排除|除外)|待(?:排|除外)|以(?:进一步)?(?:明确)?(?:排除|除外)|"
    r"\bto (?:exclude|rule out)\b|\bnot (?:be )?(?:completely |"
    r"entirely )?(?:excluded?|ruled? out)\b|cannot (?:be )?(?:excluded?|rule[d]? out|exclude)|"
    r"can't (?:be )?(?:excluded?|rule[d]? out)"
)
_DOUBT_BEFORE = re.compile(
    r"\b(?:possible|possibly|probable|probably|suspected|suspicious for|suspicion of|suggest\w*|"
    r"may (?:be|represent|have|indicate)|might|could (?:be|represent)|likely|questionable|rule out|"
    r"r/o|concerning for|cannot exclude|query|presumed)\b[^.;,]*$"
    r"|(?:可能|疑似|疑(?!难)|拟诊?|怀疑|[不未]能?(?:除外|排除)|似(?:见|为|呈)|倾向)[^。;，,]*$"
)
#: "? polyp" and "(?polyp)" ask; "polyp? liver" begins anew.
_ASKED = re.compile(r"(?:^|[\s(,:])\?\s?$")
_DOUBT_AFTER = re.compile(
    r"^[^.;。；，,]{0,14}?(?:可能(?:性大)?|待排|待除外|[不未]能?(?:完全)?(?:除外|排除)|\?|\bnot excluded)"
    r"|^[^.;。；，,]{0,40}?\b(?:(?:cannot|can't|can not) be (?:excluded|ruled out)|(?:is|"
    r"are) (?:possible|likely|suspected|questionable))"
)
_DENIED_AFTER = re.compile(
    r"^(?:\s+\w+){0,3}?\s+(?:(?:is|are|was|were|has been|have been)\s+)?not (?:seen|identified|"
    r"detected|present|visible|"
    r"visuali[sz]ed|noted|demonstrated|found|observed|evident|appreciated)\b"
    r"|^(?:\s+\w+){0,3}?\s+(?:is|are|was|were|has been|have been)\s+(?:absent|excluded|ruled out|unlikely|resolved)\b"
    r"|^(?:\s+\w+){0,3}?\s+(?:has|have)\s+(?:since |now |completely )?(?:resolved|disappeared)\b"
    r"|^\s*(?:[:(]|\s-)\s*(?:none|absent|no|nil|negative|-|无|阴性)\s*\)?\s*(?=$|[.;,。；，\n])"
    r"|^(?:[\u4e00-\u9fff]{0,4})?(?:未见(?:明显|确切|明确)?|未探及|未显示|未引出|消失|缺失|阙如)\s*(?=$|[.。;,，、])"
)
#: Spellings that deny by themselves.
_DENYING = frozenset({"不厚", "不大", "不宽", "不扩张"})
#: A negation does not reach over these: no flow in the nodule.
_PLACE = re.compile(r"\b(?:in|within|inside|around|at|on|near)\b")
#: Attributes that say where something is: they are named, never denied.
_WHERE = frozenset(
    {"left", "right", "bilateral", "anterior", "posterior", "upper", "lower", "middle", "proximal", "distal", "medial"}
    | {"lateral", "peripheral", "central", "internal"}
)
#: Verbs after which a new statement starts behind an English comma.
_STATEMENT = re.compile(
    r"\b(?:is|are|was|were|shows?|has|have|with|measur\w+|demonstrates?|appears?|seen|noted|there)\b"
)


@lru_cache(maxsize=1)
def _pattern() -> Any:  # noqa: ANN401 - re2 has no types
    return compiled(pattern_of(spellings()))


def entities_of(text: str) -> dict[Entity, State]:
    """Find the entities of a text with their states."""
    flat = fold(text)
    ends = [0, *(end.end() for end in _END.finditer(flat))]
    states: dict[Entity, State] = {}
    for found in mentions(flat):
        if found.entity.kind is Kind.STRUCTURE or found.entity.name in _WHERE:
            states[found.entity] = State.PRESENT
        elif states.get(found.entity) is not State.PRESENT:
            state = _state(flat, found, ends[bisect_right(ends, found.start) - 1])
            states[found.entity] = max(state, states.get(found.entity, state))
    return states


def mentions(flat: str) -> list[Found]:
    """Find the places of entities in a folded text, the longest spelling at each."""
    known = spellings()
    return [
        Found(entity, *place.span()) for place in _pattern().finditer(flat) for entity in named(place.group(), known)
    ]


def _state(flat: str, found: Found, clause: int) -> State:
    """Judge a mention by its clause, which begins at ``clause``."""
    before = flat[max(clause, found.start - 120) : found.start]
    after = flat[found.end : found.end + 60]
    if flat[found.start : found.end] in _DENYING or re.search(r"\bnon\s*$", before):
        return State.ABSENT
    if _DOUBLE.search(before) or _DOUBT_AFTER.match(after):
        return State.DOUBTFUL
    if _negated(before) or _DENIED_AFTER.match(after):
        return State.ABSENT
    asked = _ASKED.search(flat[max(0, found.start - 3) : found.start])
    return State.DOUBTFUL if asked or _DOUBT_BEFORE.search(before) else State.PRESENT


def _negated(before: str) -> bool:
    """Say whether a negation reaches a place: over lists, not over a new statement."""
    last = None
    for last in _NEGATION.finditer(before):  # noqa: B007 - the last one counts
        pass
    if last is None:
        return False
    between = before[last.end() :]
    if _PLACE.search(between):
        return False
    parts = _ENGLISH_COMMA.split(between)
    if len(parts) == 1:
        return not re.search(r"\b(?:and|,)\s+(?:\w+\s+){0,3}(?:is|are|was|were|shows?|appears?)\b", between)
    return all(len(part.split()) <= 5 for part in parts) and not _STATEMENT.search(between)
