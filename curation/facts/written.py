"""Numbers and risk grades as they are written, without places: what deduplication and answers in view compare.

In: text. Out: numbers with their unit, grades such as ``birads4a``. Lengths are mm, velocities cm/s, volumes ml.
"""

import re
import unicodedata
from decimal import Decimal

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
#: A risk grade: BI-RADS 4a, TI-RADS 3 …
GRADE = re.compile(
    r"(bi-?rads|(?:acr|c|k|eu)?-?\s?ti-?rads|o-?rads|li-?rads)\s*(?:category|class|grade"
    r"|us)?\s*[:=]?\s*(?:us-?)?(\d\s?[abc]?|m)(?:类|级)?",
    re.IGNORECASE,
)


def numbers(text: str) -> list[tuple[str, str]]:
    """Find every number of a text as it is written, with its unit or none; risk grades are left to ``grades``."""
    sizes = _SIZE.finditer(GRADE.sub(" ", plain(text)))
    return [(number, own or size[2] or "") for size in sizes for number, own in _FACTOR.findall(size[1])]


def grades(text: str) -> set[str]:
    """Find risk grades such as ``birads4a`` in a text."""
    return {
        re.sub(r"[^a-z]|^(?:acr|c|k|eu)(?=-?\s?ti)", "", system.lower()) + re.sub(r"\s", "", grade.lower())
        for system, grade in GRADE.findall(plain(text))
    }


def plain(text: str) -> str:
    """Write full-width characters, times signs and squares plainly."""
    return unicodedata.normalize("NFKC", text).replace("×", "x").replace("²", "2").replace("³", "3")
