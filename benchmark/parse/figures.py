"""Figures written in other ways become plain ones: 2.85 × 10², 28½, 1 234, 1.234,5.

In: a text. Out: the same text with 2.85e2, 28.5, 1234, 1234.5. What may be two numbers (120 130) stays.
Source: SI Brochure, 5.4.4 (groups of three digits are parted by a thin space).
"""

import re
import unicodedata

_RAISED = re.compile(r"(?<=10)([⁺⁻]?)([⁰¹²³⁴-⁹]{1,3})")
_FRACTION = re.compile(r"(?<![\d.,])(?:(\d{1,6})[ \u00a0\u2009\u202f]?)?([¼-¾⅐-⅞])")
_GROUPS = re.compile(r"(?<![\d.,])\d{1,3}(?:[\u00a0\u2009\u202f]\d{3})+(?!\d)")
_TIMES = r"(?:[x×*·⋅]|\\times|\\cdot)"
_EXPONENT = r"(?:\^|\*\*)\s*\{?\s*([-+−]?)\s*(\d{1,3})(?!\d)\s*\}?"
_POWER = re.compile(rf"(\d)\s*{_TIMES}\s*10\s*{_EXPONENT}|(?<![\w.,^])10\s*{_EXPONENT}", re.IGNORECASE)

#: A number and a fraction behind it, before a unit (28 1/2 cm).
_MIXED = re.compile(r"(?<![\d.,/])(?:(\d{1,6})\s+)?([1-9])/([2-9]|1[06])(?=\s*(?:[a-z%μ毫厘公]))", re.IGNORECASE)
_EUROPEAN = re.compile(r"(?<![\d.,])(\d{1,3}(?:\.\d{3})+),(\d+)(?![\d,]|\.\d)")
#: A number alone or said to be one: three digits first may as well be two numbers.
_SPACED = re.compile(
    r"((?:^|[:=(≈~为是约]|\b(?:is|was|are|of|about|around|approximately|roughly|at|be|equals?))\s*)"
    r"(\d{1,2}(?: \d{3})+)(?![\d/]|[.,]\d{3}|\s*(?:[x×*]|by\b|\d|mm\s*[x×*]|cm\s*[x×*]))",
    re.IGNORECASE,
)


def with_plain_signs(text: str) -> str:
    """Write powers, fractions and thin-spaced groups as digits: before NFKC, which takes raised digits for others."""
    text = _RAISED.sub(lambda one: "^" + unicodedata.normalize("NFKC", one.group()), text)
    text = _FRACTION.sub(lambda one: f"{int(one[1] or 0) + unicodedata.numeric(one[2]):g}", text)
    text = _GROUPS.sub(lambda one: re.sub(r"\s", "", one.group()), text)
    return _POWER.sub(_power, text)


def _power(one: re.Match[str]) -> str:
    digit, *signs = one.groups()
    sign, size = signs[:2] if digit else signs[2:]
    return f"{digit or 1}e{'-' if sign in ('-', '−') else ''}{size}"


def with_plain_digits(text: str) -> str:
    """Write mixed fractions, European and spaced groups as digits."""
    text = _MIXED.sub(lambda one: f"{int(one[1] or 0) + int(one[2]) / int(one[3]):g}", text)
    text = _EUROPEAN.sub(lambda one: f"{one[1].replace('.', '')}.{one[2]}", text)
    return _SPACED.sub(lambda one: one[1] + one[2].replace(" ", ""), text)
