"""Clinical slots: the facts of a text that must be equal before two texts may be duplicates (option ``protect``).

In: a text. Out: its facts in their order: numbers with units (lengths in mm, velocities in cm/s, volumes in ml, so that
1.2 cm is 12 mm), sides, organs, places, grades, diagnoses, negations; a fact that is repeated at once counts once. The
words are those of ``curation/vocabulary/slots.csv``, English and Chinese.
"""

import csv
import re
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from typing import NamedTuple

from curation.facts.written import GRADE, UNITS, grades, plain
from curation.tries import letters, one_of

#: Changes whenever the same text would get other slots; kept pools record it.
SLOTS_VERSION = 1
#: Longer numbers are compared as they are written.
_DIGITS = 20
#: Units that no length, velocity or volume is, beside those of ``verify``.
_MORE_UNITS = [
    "mm2",
    "cm2",
    "m2",
    "mm3",
    "cm3",
    "mm/s",
    "khz",
    "mhz",
    "hz",
    "db",
    "kg",
    "g",
    "weeks",
    "week",
    "w",
    "days",
    "day",
    "孕周",
    "周",
    "天",
    "岁",
    "个月",
    "级",
    "期",
    "度",
    "型",
    "类",
    "枚",
    "个",
    "处",
]
_UNIT = "|".join(
    re.escape(unit) + ("(?![a-z0-9])" if unit.isascii() else "")
    for unit in sorted({*UNITS, *_MORE_UNITS}, key=lambda unit: (-len(unit), unit))
)
# no pattern begins with a look behind: the engine then skips to the first characters that can begin a match
_NUMBER = re.compile(rf"(\d+(?:\.\d+)?)\s*({_UNIT})?")
_ORDINAL = re.compile(
    r"(?:grade|stage|type|class|category|degree|segment|level)\s?(?:[ivx]+|\d)[a-c]?(?![a-z0-9])|[ivx一二三四五]+[级期度型类]"
)


class _Words(NamedTuple):
    facts: dict[str, str]
    latin: re.Pattern[str]
    han: re.Pattern[str]


@lru_cache(maxsize=1)
def _words() -> _Words:
    text = (files("curation") / "vocabulary" / "slots.csv").read_text(encoding="utf-8")
    facts = {
        term: f"{row['kind']} {row['value']}"
        for row in csv.DictReader(text.splitlines())
        for term in row["terms"].split(";")
    }
    latin = one_of(letters(term) for term in facts if term.isascii())
    han = one_of(letters(term) for term in facts if not term.isascii())
    return _Words(facts, re.compile(rf"{latin}(?![a-z0-9])"), re.compile(han))


def slots(text: str) -> tuple[str, ...]:
    """List the clinical facts of a text in their order."""
    plainly = plain(text).lower()
    facts: list[tuple[int, str]] = []
    if "rads" in plainly:
        facts += [(match.start(), f"grade {''.join(sorted(grades(match[0])))}") for match in GRADE.finditer(plainly)]
        plainly = GRADE.sub(_blank, plainly)
    for match in _ORDINAL.finditer(plainly):
        if not _inside_word(match):
            facts.append((match.start(), f"grade {''.join(match[0].split())}"))
    plainly = _ORDINAL.sub(_blank, plainly)
    facts += [(match.start(), _quantity(match[1], match[2] or "")) for match in _NUMBER.finditer(plainly)]
    words = _words()
    facts += [(match.start(), words.facts[match[0]]) for match in words.han.finditer(plainly)]
    facts += [(m.start(), words.facts[m[0]]) for m in words.latin.finditer(plainly) if not _inside_word(m)]
    ordered = [fact for _, fact in sorted(facts)]
    return tuple(fact for at, fact in enumerate(ordered) if at == 0 or fact != ordered[at - 1])


def slots_key(text: str) -> int:
    """Hash the clinical facts of a text to 64 bits."""
    joined = "|".join(slots(text)).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(joined, digest_size=8).digest(), "big")


def _blank(match: re.Match[str]) -> str:
    return match[0] if _inside_word(match) else " " * len(match[0])


def _inside_word(match: re.Match[str]) -> bool:
    """Say whether a letter or digit of the Latin script stands right before a match that begins with one."""
    before = match.string[match.start() - 1 : match.start()]
    return match[0][0].isascii() and before.isascii() and before.isalnum()


def _quantity(number: str, unit: str) -> str:
    base, factor = UNITS.get(unit, (unit, Decimal(1)))
    if len(number) > _DIGITS:
        return f"{number} {unit}"
    return f"{(Decimal(number) * factor).normalize():f} {base}"
