"""Which one number an answer states, in the unit that was asked for.

In: an answer, the unit, what is measured. Out: a float, or None where the answer may be null and is. Ranges,
inequalities and several different numbers are no answer; normal ranges, pixel sizes, list numbers and uncertainties
(65 ± 5) are not the value. Units of length and area are converted.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from benchmark.parse.asked import SEVERAL, ask
from benchmark.parse.clean import alike
from benchmark.parse.figures import with_plain_digits
from benchmark.parse.spelled import spelled_out
from benchmark.records import Parsed, answered, unparsable

#: Unit -> (dimension, factor to its base).
UNITS: dict[str, tuple[str, float]] = {
    **{
        "mm": ("length", 1.0),
        "cm": ("length", 10.0),
        "m": ("length", 1000.0),
        "um": ("length", 0.001),
        "μm": ("length", 0.001),
    },
    **{"毫米": ("length", 1.0), "厘米": ("length", 10.0), "公分": ("length", 10.0), "微米": ("length", 0.001)},
    **{
        "millimeter": ("length", 1.0),
        "millimetre": ("length", 1.0),
        "centimeter": ("length", 10.0),
        "centimetre": ("length", 10.0),
    },
    **{"in": ("length", 25.4), "inch": ("length", 25.4), "inches": ("length", 25.4)},
    **{"%": ("share", 1.0), "percent": ("share", 1.0), "per cent": ("share", 1.0), "pct": ("share", 1.0)},
    **{
        "mm2": ("area", 1.0),
        "cm2": ("area", 100.0),
        "mm^2": ("area", 1.0),
        "cm^2": ("area", 100.0),
        "平方毫米": ("area", 1.0),
        "平方厘米": ("area", 100.0),
    },
    **{
        "ml": ("volume", 1.0),
        "cc": ("volume", 1.0),
        "cm3": ("volume", 1.0),
        "毫升": ("volume", 1.0),
        "l": ("volume", 1000.0),
    },
    **{"cm/s": ("speed", 1.0), "m/s": ("speed", 100.0), "mm/s": ("speed", 0.1)},
    **{"px": ("pixels", 1.0), "pixel": ("pixels", 1.0), "像素": ("pixels", 1.0)},
    **{"bpm": ("rate", 1.0), "次/分": ("rate", 1.0), "mmhg": ("pressure", 1.0), "kpa": ("stiffness", 1.0)},
    **{
        "year": ("age", 1.0),
        "岁": ("age", 1.0),
        "week": ("time", 1.0),
        "周": ("time", 1.0),
        "°": ("angle", 1.0),
        "degree": ("angle", 1.0),
        "度": ("angle", 1.0),
    },
    **{"g": ("weight", 1.0), "kg": ("weight", 1000.0), "mhz": ("frequency", 1.0)},
}
_UNIT = "|".join(sorted((re.escape(unit) for unit in UNITS), key=len, reverse=True))
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.])(?:(?P<sign>[-−+])\s?)?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|"
    r"\d+,\d{1,2}(?![\d,])|\d+(?:\.\d+)?|\.\d+)(?P<exp>[eE][-+]?\d+)?(?!\d)(?!s\b)"
    rf"\s*(?:(?P<unit>{_UNIT})(?:s|eter(?:s)?)?(?![A-Za-z²³\d/])(?P<power>[²³])?)?",
    re.IGNORECASE,
)
_RANGE = re.compile(
    rf"(?:(?:between|from|介于|从)\s*)?(?<![A-Za-z0-9_.])(\d+(?:\.\d+)?)\s*(?:{_UNIT})?\s*(?:-|–|—|−|~|～|to|and|至|到|与|和)\s*(\d+(?:\.\d+)?)(?![\d.]*\d)\s*(?:{_UNIT})?",
    re.IGNORECASE,
)
_ONE = rf"\d+(?:[.,]\d+)?\s*(?:(?:{_UNIT})(?![A-Za-z\d]))?"
#: Sizes side by side (20 x 30 mm, 20 30 mm) and shares of a count (3 out of 10): neither is one number.
_JOINT = re.compile(
    rf"(?<![A-Za-z0-9_.,/])(?:{_ONE}(?:\s*(?:[x×*]|\bby\b)\s*{_ONE}|(?<=\d) +{_ONE}(?![.\d]))+"
    rf"|\d+(?:\.\d+)?\s*(?:/|\bout of\b)\s*\d+(?:\.\d+)?)\s*(?:{_UNIT})?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\b(?:between|from|range[sd]?)\b|介于|之间|范围", re.IGNORECASE)
_ASIDE = re.compile(
    r"\b(?:normal|reference|typical|healthy|expected|average|usual|standard|possible|valid|allowed|"
    r"plausible|given|specified|permissible|requested)"
    r"(?:\s+\w+){0,3}?\s*(?:range|values?|limits?|interval|adults?|cut-?offs?|thresholds?)\b|"
    r"\branges?\s+(?:of|from|is|are|between)\b|\b(?:normal|reference)\b\s*[:(]|\bnormal (?:is|being|"
    r"should|would)\b"
    r"|\b(?:upper|lower) limit|\bcut-?off|\bthreshold|\bpixel (?:size|spacing)|\bper pixel|mm/(?:px|"
    r"pixel)|\bconfidence\b|\b(?:95|90|99)\s*% ?ci\b|\bmargin of error\b|\berror of\b"
    r"|正常(?:值|范围|参考|成人|人|上限|下限)|参考(?:值|范围)|阈值|像素(?:大小|间距|尺寸)|置信|临界值|误差",
    re.IGNORECASE,
)
_UNEQUAL = re.compile(
    r"(?:[<>≤≥]=?|\b(?:less|more|greater|higher|lower|smaller|larger|fewer|"
    r"bigger) than(?: or equal to)?|\b(?:at least|at most|no more than|not more than|no less than|"
    r"up to|over|above|below|under|exceed(?:s|ing)?|beyond)"
    r"|大于(?:等于)?|小于(?:等于)?|高于|低于|超过|不足|不到|至少|至多|最多|不超过|不低于)\s*(?:about|约)?\s*$",
    re.IGNORECASE,
)
_UNEQUAL_AFTER = re.compile(
    r"^\s*(?:or (?:more|less|higher|lower|above|below|greater)|and above|以上|以下|\+(?!\d))", re.IGNORECASE
)
#: What stands where no value is read.
_BLANK = " \x00 "
_UNSURE = re.compile(r"(?:±|\+/-|\+-|plus or minus|正负)\s*$", re.IGNORECASE)
_NULL = re.compile(
    r"^\W*(?:null|none|nan|n/?a|nil|not (?:available|applicable|measurable|visible|assessable|"
    r"reported|determined|given|provided)|空|无|无值|空值|不可测量?|未测量?|不适用|未提供)\W*$",
    re.IGNORECASE,
)
_NULL_FIRST = re.compile(r"^\W*(?:null|none|n/a)\b\D*$", re.IGNORECASE)
_NO_VALUE = re.compile(
    r"\b(?:cannot|can't|could not|can not) be (?:\w+ )?(?:measured|assessed|visuali[sz]ed|seen|"
    r"estimated)|\bnot (?:measurable|assessable|visuali[sz]ed)\b|\b(?:is|are|answer|"
    r"value)\W{0,3}null\b"
    r"|无法测量|不能测量|未显示|不可测",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"(?:\b(?:is|was|are|equals?|equal to|approximately|approx\.?|about|around|roughly|"
    r"estimated?(?: (?:at|as|to be))?|measur(?:es|ed|ing)(?: at)?|of|at|be|gives?|yields?|value)\b|"
    r"[=:≈~]|为|是|约为?|大约|等于|估计|测得|得)\s*(?:at|about|approximately|around|roughly|as|to be|"
    r"约|大约)?\s*[(\[]?\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A number in a text, with its unit and whether something says that it is the value."""

    value: float
    unit: str | None
    cued: bool
    named: bool


def parse_number(text: str, *, unit: str | None = None, names: Sequence[str] = (), null_ok: bool = False) -> Parsed:
    """Find the one number that an answer states.

    ``unit`` is what was asked for, ``names`` how the measurement is called (EF, 射血分数), ``null_ok`` whether an
    answer may say that there is no value.
    """
    text = alike(text)
    if null_ok and (_NULL.match(text) or _NULL_FIRST.match(text)):
        return answered(None)
    parsed = ask(text, lambda candidate: read_number(candidate, unit=unit, names=names, null_ok=null_ok))
    if null_ok and parsed.status.value in ("refused", "unparsable") and _NO_VALUE.search(text):
        return answered(None)
    return parsed


def read_number(text: str, *, unit: str | None, names: Sequence[str], null_ok: bool) -> Parsed:
    """Read a short text."""
    if null_ok and _NULL.match(text):
        return answered(None)
    written = _without_asides(with_plain_digits(spelled_out(text)))
    joint = _JOINT.search(written) is not None
    written = _JOINT.sub(_BLANK, written)
    ranges = [one for one in _RANGE.finditer(written) if _is_range(written, one)]
    body = _RANGE.sub(lambda one: _BLANK if _is_range(written, one) else one.group(), written)
    found = list(_numbers(body, names))
    found = _of_unit(found, unit)
    if not found:
        return unparsable("range" if ranges else SEVERAL if joint else "no number")
    for chosen in (found, [one for one in found if one.named], [one for one in found if one.cued]):
        values = {round(_converted(one, unit), 9) for one in chosen}
        if len(values) == 1:
            return answered(_converted(chosen[0], unit))
    return unparsable(SEVERAL)


def _is_range(text: str, one: re.Match[str]) -> bool:
    low, high = float(one.group(1)), float(one.group(2))
    joint = text[one.end(1) : one.start(2)]
    if re.search(r"and|和|与", joint):
        return bool(_BETWEEN.search(text[max(0, one.start() - 15) : one.end() + 5]))
    return low < high


def _without_asides(text: str) -> str:
    """Take away the sentences and brackets that are about normal ranges, pixel sizes and the like."""
    text = re.sub(r"[(\[]([^()\[\]]*)[)\]]", lambda one: " " if _ASIDE.search(one.group(1)) else one.group(), text)
    parts = re.split(r"(?<=[.;。；\n])(?!\d)|(?<=[,，])(?=\s|[^\d\s])", text)
    return "".join(part for part in parts if not _ASIDE.search(part)) if len(parts) > 1 else text


def _numbers(text: str, names: Sequence[str]) -> Iterator[Found]:
    for one in _NUMBER.finditer(text):
        before, after = text[max(0, one.start() - 40) : one.start()], text[one.end() : one.end() + 20]
        digits = one.group("digits")
        if _is_bound(before) or _UNEQUAL_AFTER.match(after):
            continue
        first = not before.rpartition("\n")[2].strip() and ("\n" in before or one.start() <= len(before))
        if first and re.match(r"[.)、]\s*\D", after) and not one.group("unit"):
            continue
        unit = one.group("unit")
        if unit and one.group("power"):
            unit += {"²": "2", "³": "3"}[one.group("power")]
        value = float(_plain_digits(digits) + (one.group("exp") or ""))
        if not math.isfinite(value):
            continue
        sign = -1.0 if one.group("sign") in ("-", "−") else 1.0
        named = any(
            re.search(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])[^.;。；,，\d]{{0,30}}$", before, re.IGNORECASE)
            for name in names
        )
        yield Found(sign * value, unit.lower() if unit else None, _is_cued(before), named)


@lru_cache(maxsize=1024)
def _is_bound(before: str) -> bool:
    return bool(_UNSURE.search(before) or _UNEQUAL.search(before))


@lru_cache(maxsize=1024)
def _is_cued(before: str) -> bool:
    return bool(_CUE.search(before))


def _plain_digits(digits: str) -> str:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        return digits.replace(",", "")
    return digits.replace(",", ".")


def _of_unit(found: list[Found], unit: str | None) -> list[Found]:
    """Keep the numbers of the dimension that was asked for; those without a unit where there are none."""
    if unit is None or unit.lower() not in UNITS:
        return found
    dimension = UNITS[unit.lower()][0]
    same = [one for one in found if one.unit is not None and UNITS.get(one.unit, ("", 1.0))[0] == dimension]
    return same or [one for one in found if one.unit is None]


def _converted(found: Found, unit: str | None) -> float:
    if unit is None or found.unit is None or unit.lower() not in UNITS or found.unit not in UNITS:
        return found.value
    (own, factor), (asked, base) = UNITS[found.unit], UNITS[unit.lower()]
    return found.value * factor / base if own == asked else found.value
