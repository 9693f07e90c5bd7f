"""A text without what typing styles change: case, accents, width, blanks and separators.

In: any text. Out: its letters and digits with their places, and searches in it that respect word boundaries.
Source: Unicode NFKD; our own.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from curation.text.folding import fold, is_han

_DROPPED_HAN = frozenset("年月日号")
_GAP = 4  # characters of blanks and punctuation that may stand inside one value


class Skeleton(NamedTuple):
    """Letters and digits of a text, and where each stood."""

    text: str
    places: tuple[int, ...]
    source: str


@lru_cache(maxsize=8)  # the same report is searched for known PHI and for repeated names
def skeleton(text: str) -> Skeleton:
    """Reduce a text to lower-case letters and digits; ``年月日`` count as separators after a digit."""
    folded = fold(text)
    chars: list[str] = []
    places: list[int] = []
    for match in _PIECE.finditer(folded):
        place, piece = match.start(), match.group()
        if piece.isascii():
            chars.append(piece.lower())
            places += range(place, match.end())
            continue
        if piece in _DROPPED_HAN and place and (folded[place - 1].isdigit() or folded[place - 1] == " "):
            continue
        plain = _reduced_char(piece)
        chars.append(plain)
        places += [place] * len(plain)
    return Skeleton("".join(chars), tuple(places), folded)


_PIECE = re.compile(r"[A-Za-z0-9]+|[^\x00-\x7f]")


@lru_cache(maxsize=65536)
def _reduced_char(char: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKD", char).lower() if part.isalnum())


def _kind(char: str) -> str:
    if is_han(char):
        return "han"
    return "digit" if char.isdigit() else "letter" if char.isalpha() else ""


def _bounded(skeleton_: Skeleton, first: int, last: int) -> bool:
    """Tell whether no letter run or digit run goes on beyond the match, and no wide gap lies in it."""
    source, places = skeleton_.source, skeleton_.places
    start, end = places[first], places[last] + 1
    for inside, outside in ((start, start - 1), (end - 1, end)):
        kind = _kind(source[inside])
        if 0 <= outside < len(source) and kind in {"digit", "letter"} and _kind(source[outside]) == kind:
            return False
    if end - start <= (last - first) + 2:
        return True
    return all(
        places[at + 1] - places[at] <= _GAP and "\n" not in source[places[at] : places[at + 1]]
        for at in range(first, last)
    )


def occurrences(skeleton_: Skeleton, needle: str) -> Iterator[tuple[int, int]]:
    """Find a needle (itself a skeleton's text); yield half-open offsets into the source."""
    at = skeleton_.text.find(needle)
    while needle and at >= 0:
        last = at + len(needle) - 1
        if _bounded(skeleton_, at, last):
            yield skeleton_.places[at], skeleton_.places[last] + 1
        at = skeleton_.text.find(needle, at + 1)
