"""Parts of organs, with their places: of one family, something lies in one part and not in another.

In: folded text. Out: ``Part`` rows. Words are rows of ``curation/vocabulary/parts.csv`` (regular expressions); segments
of the liver and levels of the neck are read by their numbers, Roman or Arabic.
Source: Couinaud's segments of the liver; levels of the neck of the AJCC; terms of the systems' reporting guidelines.
"""

import csv
import re
from importlib.resources import files
from typing import NamedTuple

from curation.facts.categories import ROMAN

_TABLE = files("curation").joinpath("vocabulary/parts.csv").read_text(encoding="utf-8")
_ROWS = [(row["family"], row["part"], row["en"], row["zh"]) for row in csv.DictReader(_TABLE.splitlines())]
_PART = [
    (family, part, re.compile(rf"(?<![a-z])(?:{en})(?![a-z])|{zh}", re.IGNORECASE)) for family, part, en, zh in _ROWS
]
_NUMBER = r"(?P<number>[1-8](?![\d.]*\d)|viii|vii|vi|iv|v|i{1,3}|[ⅠⅡⅢⅣⅤⅥⅦⅧ])[ab]?(?![a-z])"
_NUMBERED = {
    "liver segment": re.compile(
        rf"(?<![a-z])(?:segments?|segs?\.?|s(?=[\dⅠⅡⅢⅣⅤⅥⅦⅧiv]))\s*{_NUMBER}(?:\s?段)?"
        rf"|(?<=[肝叶第])(?P<zh>[1-8ⅠⅡⅢⅣⅤⅥⅦⅧ])\s?段",
        re.IGNORECASE,
    ),
    "neck level": re.compile(rf"(?<![a-z])levels?\s*{_NUMBER}|(?P<zh>[1-6ⅠⅡⅢⅣⅤⅥ])[ab]?\s?区(?!域)", re.IGNORECASE),
}

#: Before a part: something lies near it, not in it.
_BESIDE = re.compile(
    r"(?:\b(?:above|below|beyond|near|beside|from|abutting|(?:adjacent|close|distal|proximal|next) to)(?: the)? "
    r"|[距近邻])$",
    re.IGNORECASE,
)
#: Characters before a part in which such a word may stand.
_REACH = 20


class Part(NamedTuple):
    """A part of an organ by its family; ``start`` and ``end`` are half-open offsets."""

    family: str
    name: str
    start: int
    end: int


def parts(text: str) -> list[Part]:
    """Read parts of organs."""
    found = [
        Part(family, part, *m.span())
        for family, part, pattern in _PART
        for m in pattern.finditer(text)
        if not _BESIDE.search(text[max(0, m.start() - _REACH) : m.start()])
    ]
    for family in _NUMBERED:
        found += numbered(family, text)
    return sorted(found, key=lambda one: (one.start, one.family))


def numbered(family: str, text: str) -> list[Part]:
    """Read the parts of one family that are told by numbers; Roman ones become Arabic."""
    found = []
    for match in _NUMBERED[family].finditer(text):
        written = (match["number"] or match["zh"]).lower()
        found.append(Part(family, ROMAN.get(written, written), *match.span()))
    return found
