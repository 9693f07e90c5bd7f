"""Spans and how they are settled: known PHI beats strong rules, these beat clinical text, that beats the rest.

In: spans of one text (half-open code-point offsets). Out: disjoint spans in order, and the text with them replaced.
Source: our own; presidio's anonymizer lets a long weak span beat a strong one inside it.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple

_SEPARATORS = frozenset(",;:|，；：、")
_GENERAL = frozenset({"ID", "NUMBER"})  # named last where spans are equally long


class Strength(IntEnum):
    """What a span rests on."""

    WEAK = 1  # default deny: nothing proves it clinical
    STRONG = 2  # a cue, a field label or an unmistakable shape
    KNOWN = 3  # PHI known about the case


class Span(NamedTuple):
    """A piece of text that must go."""

    start: int
    end: int
    entity: str
    strength: Strength = Strength.STRONG


class Replacement(NamedTuple):
    """One replaced piece: offsets into the original text."""

    start: int
    end: int
    entity: str
    replacement: str


def resolve(text: str, spans: Iterable[Span], protected: Sequence[tuple[int, int]]) -> list[Replacement]:
    """Settle overlapping spans; no part of a known or strong span is ever given up.

    Labels: the stronger, then the longer span names a character. Neighbours of one entity with only blanks or name
    punctuation between them are joined.
    """
    owner: list[str | None] = [None] * len(text)
    ordered = sorted(
        spans, key=lambda span: (-span.strength, -(span.end - span.start), span.entity in _GENERAL, span.start)
    )
    shield = bytearray(len(text))
    for start, end in protected:
        shield[start:end] = b"\x01" * (end - start)
    for span in ordered:
        for at in range(span.start, span.end):
            if owner[at] is None and not (span.strength == Strength.WEAK and shield[at]):
                owner[at] = span.entity
    return _joined(text, _runs(text, owner))


def _runs(text: str, owner: list[str | None]) -> list[tuple[int, int, str]]:
    """Cut the owners into runs, without blanks and separators at the ends."""
    runs: list[tuple[int, int, str]] = []
    at = 0
    while at < len(owner):
        entity, start = owner[at], at
        while at < len(owner) and owner[at] == entity:
            at += 1
        if entity is None:
            continue
        end = at
        while start < end and (text[start].isspace() or text[start] in _SEPARATORS):
            start += 1
        while end > start and (text[end - 1].isspace() or text[end - 1] in _SEPARATORS):
            end -= 1
        if start < end:
            runs.append((start, end, entity))
    return runs


def _joined(text: str, runs: list[tuple[int, int, str]]) -> list[Replacement]:
    out: list[Replacement] = []
    for start, end, entity in runs:
        if out and out[-1].entity == entity:
            gap = text[out[-1].end : start]
            if len(gap) <= 2 and all(char in " .,-'^·" for char in gap):
                out[-1] = out[-1]._replace(end=end)
                continue
        out.append(Replacement(start, end, entity, f"[{entity}]"))
    return out


def replace(text: str, replacements: Sequence[Replacement]) -> str:
    """Replace disjoint, ordered spans."""
    parts: list[str] = []
    at = 0
    for item in replacements:
        parts += (text[at : item.start], item.replacement)
        at = item.end
    parts.append(text[at:])
    return "".join(parts)


def uncovered(start: int, end: int, covers: Sequence[tuple[int, int]]) -> bool:
    """Tell whether no cover contains the whole of [start, end)."""
    for left, right in covers:  # noqa: SIM110 - a loop is twice as fast as any() over a generator, and this is hot
        if left <= start and end <= right:
            return False
    return True
