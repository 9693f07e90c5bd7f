"""Numbers of a text with their units and places.

In: folded text. Out: ``Quantity`` rows in order; sizes such as 18 x 15 mm share a group and their last unit.
Lengths are mm, areas cm2, volumes ml, velocities cm/s, pressures mmHg or kPa, times days, short times ms.
Source: SI; UCUM spellings of units that ultrasound reports use.
"""

import re
from decimal import Decimal
from typing import NamedTuple

_SCALES: dict[str, dict[str, str]] = {
    "mm": {
        "mm": "1", "millimeter": "1", "millimetre": "1", "毫米": "1", "cm": "10", "centimeter": "10",
        "centimetre": "10", "厘米": "10", "公分": "10", "m": "1000", "meter": "1000", "metre": "1000", "米": "1000",
        "dm": "100", "分米": "100", "um": "0.001", "μm": "0.001", "µm": "0.001", "微米": "0.001", "nm": "0.000001",
        "km": "1000000", "公里": "1000000", "inch": "25.4", "inches": "25.4", "英寸": "25.4",
    },
    "cm2": {"cm2": "1", "cm²": "1", "cm^2": "1", "mm2": "0.01", "mm²": "0.01", "m2": "10000", "m²": "10000",
            "平方厘米": "1"},
    "ml": {"ml": "1", "milliliter": "1", "millilitre": "1", "毫升": "1", "cc": "1", "cm3": "1", "cm³": "1",
           "cm^3": "1", "立方厘米": "1", "l": "1000", "liter": "1000", "litre": "1000", "升": "1000", "dl": "100",
           "mm3": "0.001", "mm³": "0.001", "μl": "0.001"},
    "ml/m2": {"ml/m2": "1", "ml/m²": "1"},
    "g/m2": {"g/m2": "1", "g/m²": "1"},
    "cm/s": {"cm/s": "1", "cm/sec": "1", "cm per second": "1", "m per second": "100",
             "厘米/秒": "1", "m/s": "100", "m/sec": "100", "米/秒": "100", "mm/s": "0.1",
             "cm·s-1": "1"},
    "mmhg": {"mmhg": "1", "毫米汞柱": "1", "cmh2o": "0.7356"},
    "kpa": {"kpa": "1", "千帕": "1", "mpa": "1000"},
    "%": {"%": "1", "percent": "1", "per cent": "1"},
    "bpm": {"bpm": "1", "次/分": "1", "次/分钟": "1", "beats/min": "1", "beats per minute": "1", "/min": "1"},
    "ms": {"ms": "1", "毫秒": "1", "msec": "1", "s": "1000", "sec": "1000", "second": "1000", "秒": "1000"},
    "day": {"day": "1", "天": "1", "日": "1", "week": "7", "周": "7", "星期": "7", "wk": "7", "w": "7", "d": "1",
            "month": "30",
            "个月": "30",
            "月": "30", "year": "365", "年": "365", "hour": "0.04", "小时": "0.04", "minute": "0.0007",
            "分钟": "0.0007"},
    "age": {"岁": "1", "years old": "1", "year-old": "1"},
    "g": {"g": "1", "克": "1", "kg": "1000", "公斤": "1000", "千克": "1000", "mg": "0.001", "毫克": "0.001",
          "μg": "0.000001", "ug": "0.000001"},
    "clock": {"点钟": "1", "点": "1", "点位": "1", "o'clock": "1", "o clock": "1", ":00": "1"},
    "db": {"db": "1"}, "hz": {"hz": "1", "khz": "1000", "mhz": "1000000"}, "°": {"°": "1", "degree": "1"},
    "℃": {"℃": "1"}, "mmol": {"mmol": "1", "mmol/l": "1"}, "iu": {"iu": "1", "u/l": "1"},
}  # fmt: skip
_PLURAL = re.compile(r"(?:eter|etre|iter|itre|day|week|month|year|hour|minute|second|degree)$")
#: Spelling -> (base unit, factor).
UNITS: dict[str, tuple[str, Decimal]] = {
    spelling + ending: (base, Decimal(factor))
    for base, spellings in _SCALES.items()
    for spelling, factor in spellings.items()
    for ending in (("", "s") if _PLURAL.search(spelling) else ("",))
}
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
#: Number words; 两 only before a counter, because 两侧 is a side.
_WORDS = {word: Decimal(value) for value, word in enumerate(_ONES)}
_HAN = {word: Decimal(value) for value, word in enumerate("零一二三四五六七八九十")} | {
    "两": Decimal(2),
    "俩": Decimal(2),
}
_COUNTER = r"(?=\s*(?:个|枚|处|颗|条|块|支|团|粒|根|倍|年|周|天|小时|次(?!数)))"
_NUMBER = re.compile(
    rf"(?<![\d.])(?<![A-Za-z_])(?P<digits>\d+(?:\.\d+)?)(?P<gap>\s*-?\s*)(?:(?P<unit>{_UNIT})(?![A-Za-z\d²³^]|/[a-z]))?"
    rf"|(?<![A-Za-z])(?P<word>{'|'.join(_ONES)})(?:(?:\s|-)(?P<word_unit>{_UNIT})(?![A-Za-z]))?(?![A-Za-z])"
    rf"|(?P<han>[一二三四五六七八九十两俩]){_COUNTER}(?P<han_unit>个月|周|年|天|小时)?",
    re.IGNORECASE,
)
#: The times sign written as a letter.
_CROSS = re.compile(r"(?<=[\dm\s米分])x(?=\s*\d)", re.IGNORECASE)
_TIMES = re.compile(r"\s*(?:x|X|\*|by)\s*")
#: Between two numbers that share the unit of the second.
_JOINT = re.compile(r"\s*(?:x|X|\*|by|to|-|~|～|至|到|、|,|，|and|or|和|或|与|及|/|,\s*and)\s*", re.IGNORECASE)


#: A limit in brackets behind a value has its unit: 4.6 mm (N <3).
_LIMIT = re.compile(r"\s*\((?:N|normal|正常值?)?\s*[<>≤≥]\s*$", re.IGNORECASE)
_BETWEEN = re.compile(r"(?:between|from)\s*$", re.IGNORECASE)
_RANGE = {"-", "to", "~", "至", "到"}


class Quantity(NamedTuple):
    """A number. ``value`` is in ``unit``, a base unit or empty; ``step`` is the last written place in that unit.

    ``raw`` is the number as written; ``group`` counts sizes, whose factors share it. ``start``, ``end``: half-open.
    """

    value: Decimal
    unit: str
    step: Decimal
    raw: Decimal
    start: int
    end: int
    group: int
    is_word: bool


class _Found(NamedTuple):
    raw: Decimal
    unit: str
    step: Decimal
    start: int
    end: int
    is_word: bool


def quantities(text: str, skip: tuple[tuple[int, int], ...] = ()) -> list[Quantity]:
    """Read every number of a folded text; places in ``skip`` (categories) hold none."""
    text = _CROSS.sub("*", text)
    found = [
        _read(match)
        for match in _NUMBER.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end in skip)
    ]
    found = _with_shared_units(text, found)
    group, out = 0, []
    for place, one in enumerate(found):
        if place and not _TIMES.fullmatch(text[found[place - 1].end : one.start]):
            group += 1
        base, factor = UNITS[one.unit] if one.unit else ("", Decimal(1))
        out.append(Quantity(one.raw * factor, base, one.step * factor, one.raw, one.start, one.end, group, one.is_word))
    return out


def _read(match: re.Match[str]) -> _Found:
    digits, word = match["digits"], match["word"] or match["han"]
    if digits is not None:
        places = len(digits.partition(".")[2])
        unit = (match["unit"] or "").lower()
        end = match.end() if unit else match.end("digits")
        return _Found(Decimal(digits), unit, Decimal(1).scaleb(-places), match.start(), end, is_word=False)
    value = _WORDS.get(word.lower(), _HAN.get(word, Decimal(0)))
    unit = (match["word_unit"] or match["han_unit"] or "").lower()
    return _Found(value, unit, Decimal(1), match.start(), match.end(), is_word=True)


def _with_shared_units(text: str, found: list[_Found]) -> list[_Found]:
    """Give a number without a unit that of the number behind it (18 x 15 mm, 2 to 9 mm)."""
    out = list(found)
    for place in range(len(out) - 2, -1, -1):
        one, later = out[place], out[place + 1]
        joint = _JOINT.fullmatch(text[one.end : later.start])
        apart = later.unit == "%" and joint and joint.group().strip() not in _RANGE
        if one.unit or not later.unit or not joint or (apart and not _BETWEEN.search(text[: one.start])):
            continue
        out[place] = one._replace(unit=later.unit)
    for place, one in enumerate(out[1:], 1):
        if not one.unit and out[place - 1].unit and _LIMIT.search(text, out[place - 1].end, one.start):
            out[place] = one._replace(unit=out[place - 1].unit)
    return out
