"""Can an answer's values be read on a picture? A model may then read the screen instead of the anatomy.

In: an answer and the measurement texts that stay on its key frames. Out: yes or no.
Measured values are numbers with a unit, decimals ("RI 0.65"), durations ("22w3d"), risk categories ("BI-RADS 4A"), and
a text that is nothing but a number of two digits or more; other whole numbers (segment 6, 3 o'clock, caliper 1) not.
An answer is visible when it has measured values and each of them stands on any of its frames, whatever its label:
in another unit of the same kind, with more or fewer zeros, or with more digits than the answer, which then rounds it.
A value that was read without its unit is compared as a bare number.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from curation.facts.written import UNITS, grades, numbers, plain

_DAYS_A_WEEK = 7
#: With fewer digits than this a value is compared exactly: 2 cm is no rounding of 1.8 cm (own choice).
_LEAST_DIGITS = 2
_DURATION = re.compile(
    r"(?<![\d.])(?:(?P<weeks>\d{1,2})\s*(?:w(?:ee)?k?s?|周)(?:\s*\+?\s*(?P<days>[0-6])\s*(?:days?|d|天)|\+?(?P<short>[0-6])(?![\d.]))?"
    r"|(?P<whole>\d{1,2})\s?\+\s?(?P<rest>[0-6])(?![\d.]))(?![a-z])",
    re.IGNORECASE,
)
_BARE_POINT = re.compile(r"(?<![\d.])\.(?=\d)")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d{1,2}\s?(?:[cm]m|m/s|ml|%))", re.IGNORECASE)
_LONE = re.compile(r"\d{2,4}")
_BARE = ("", Decimal(1))


@dataclass(frozen=True, slots=True)
class Value:
    """A number as it is written, and what one of its unit is in the base unit (``unit`` is empty: a bare number)."""

    number: Decimal
    unit: str = ""
    factor: Decimal = Decimal(1)

    def is_shown_by(self, shown: "Value") -> bool:
        """Say whether this value can be read off another one: it is the same, or that one rounded to its digits."""
        both = bool(self.unit and shown.unit)
        if both and self.unit != shown.unit:
            return False
        own, other = (self.factor, shown.factor) if both else (Decimal(1), Decimal(1))
        parts = self.number.as_tuple()
        last = Decimal((0, (1,), int(parts.exponent)))
        reach = own * last / 2 if len(parts.digits) >= _LEAST_DIGITS else Decimal(0)
        return abs(shown.number * other - self.number * own) <= reach


def is_visible(answer: str, value_texts: Iterable[str]) -> bool:
    """Say whether every measured value of an answer can be read in the texts; False for an answer without any."""
    wanted, categories = values(answer), grades(answer)
    if not wanted and not categories:
        return False
    texts = list(value_texts)
    shown = [value for text in texts for value in values(text)]
    return categories <= {grade for text in texts for grade in grades(text)} and all(
        any(value.is_shown_by(other) for other in shown) for value in wanted
    )


def values(text: str) -> list[Value]:
    """Find the measured values of a text, without risk categories."""
    line = _DECIMAL_COMMA.sub(".", _BARE_POINT.sub("0.", plain(text)))
    durations = [_duration(match) for match in _DURATION.finditer(line)]
    rest = _DURATION.sub(" ", line)
    lone = _LONE.fullmatch(rest.strip(" .。")) is not None
    found = [_value(number, unit) for number, unit in numbers(rest) if unit or "." in number or lone]
    return durations + found


def _value(number: str, unit: str) -> Value:
    base, factor = UNITS[unit.lower()] if unit else _BARE
    return Value(Decimal(number), base, factor)


def _duration(match: re.Match[str]) -> Value:
    """Count weeks and days in days; without days it is a number of weeks."""
    weeks, days = match["weeks"] or match["whole"], match["days"] or match["short"] or match["rest"]
    if days is None:
        return Value(Decimal(weeks), "d", Decimal(_DAYS_A_WEEK))
    return Value(Decimal(int(weeks) * _DAYS_A_WEEK + int(days)), "d")
