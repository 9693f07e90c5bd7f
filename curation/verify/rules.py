"""Facts that an answer may only take from its report: numbers, sides, grades.

In: text. Out: sets of comparable facts; a fact of the answer that the report does not hold fails the pair.
Lengths are compared in mm, velocities in cm/s, volumes in ml, so that 1.2 cm and 12 mm are the same fact.
"""

import re
import unicodedata
from decimal import Decimal
from typing import NamedTuple

UNITS: dict[str, tuple[str, Decimal]] = {
    "mm": ("mm", Decimal(1)),
    "毫米": ("mm", Decimal(1)),
    "cm": ("mm", Decimal(10)),
    "厘米": ("mm", Decimal(10)),
    "cm/s": ("cm/s", Decimal(1)),
    "m/s": ("cm/s", Decimal(100)),
    "ml": ("ml", Decimal(1)),
    "毫升": ("ml", Decimal(1)),
    "cc": ("ml", Decimal(1)),
    "l": ("ml", Decimal(1000)),
    "%": ("%", Decimal(1)),
    "mmhg": ("mmhg", Decimal(1)),
    "bpm": ("bpm", Decimal(1)),
    "次/分": ("bpm", Decimal(1)),
    "ms": ("ms", Decimal(1)),
    "s": ("ms", Decimal(1000)),
    "kpa": ("kpa", Decimal(1)),
}
_UNIT = "|".join(sorted((re.escape(unit) for unit in UNITS), key=len, reverse=True))
_NUMBER = r"\d+(?:\.\d+)?"
#: One size: 12 x 8 x 5 mm gives every factor the last unit.
_SIZE = re.compile(
    rf"(?<![A-Za-z0-9_.])((?:{_NUMBER}\s*(?:{_UNIT})?\s*[x*]\s*)*{_NUMBER})\s*({_UNIT})?(?![\d])(?!\.\d)",
    re.IGNORECASE,
)
_FACTOR = re.compile(rf"({_NUMBER})\s*({_UNIT})?", re.IGNORECASE)
_GRADE = re.compile(
    r"(bi-?rads|(?:acr|c|k|eu)?-?\s?ti-?rads|o-?rads|li-?rads)\s*(?:category|class|grade"
    r"|us)?\s*[:=]?\s*(?:us-?)?(\d\s?[abc]?|m)(?:类|级)?",
    re.IGNORECASE,
)
_LEFT = re.compile(r"(?<![a-z])left(?![a-z])|左", re.IGNORECASE)
_RIGHT = re.compile(r"(?<![a-z])right(?![a-z])|右", re.IGNORECASE)
_BOTH = re.compile(r"(?<![a-z])(?:bilateral(?:ly)?|both)(?![a-z])|双|两侧|双侧|左右", re.IGNORECASE)


class Quantity(NamedTuple):
    """A number with its base unit; the unit is empty for a bare number."""

    value: Decimal
    unit: str


def numbers(text: str) -> list[tuple[str, str]]:
    """Find every number of a text as it is written, with its unit or none; risk grades are left to ``grades``."""
    sizes = _SIZE.finditer(_GRADE.sub(" ", plain(text)))
    return [(number, own or size[2] or "") for size in sizes for number, own in _FACTOR.findall(size[1])]


def quantities(text: str) -> set[Quantity]:
    """Find every number of a text, in base units."""
    return {_quantity(number, unit) for number, unit in numbers(text)}


def unsupported_quantities(answer: str, report: str) -> set[Quantity]:
    """Give the numbers of an answer that the report does not hold; a bare number may have any unit there."""
    known = quantities(report)
    bare = {quantity.value for quantity in known if not quantity.unit} | _raw_numbers(report)
    return {
        quantity
        for quantity in quantities(answer)
        if quantity not in known and not (not quantity.unit and quantity.value in bare)
    }


def sides(text: str) -> set[str]:
    """Find the sides a text names."""
    found = {"left"} if _LEFT.search(text) else set()
    if _RIGHT.search(text):
        found.add("right")
    return found | {"left", "right"} if _BOTH.search(text) else found


def grades(text: str) -> set[str]:
    """Find risk grades such as ``birads4a`` in a text."""
    return {
        re.sub(r"[^a-z]|^(?:acr|c|k|eu)(?=-?\s?ti)", "", system.lower()) + re.sub(r"\s", "", grade.lower())
        for system, grade in _GRADE.findall(plain(text))
    }


def plain(text: str) -> str:
    """Write full-width characters, times signs and squares plainly."""
    return unicodedata.normalize("NFKC", text).replace("×", "x").replace("²", "2").replace("³", "3")


def _raw_numbers(text: str) -> set[Decimal]:
    return {Decimal(number).normalize() for number in re.findall(_NUMBER, plain(text))}


def _quantity(number: str, unit: str) -> Quantity:
    base, factor = UNITS[unit.lower()] if unit else ("", Decimal(1))
    return Quantity((Decimal(number) * factor).normalize(), base)
