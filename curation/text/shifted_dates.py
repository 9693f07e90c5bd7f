"""Move a written date by days and write it as it was written; what is not understood is not written at all.

In: a date in folded text and a number of days. Out: the moved date in the same form, or None.
Source: own forms; years of two digits are 1930 to 2029; a day without a year moves in a year of 365 days.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTH = rf"(?P<word>{'|'.join(_FULL)}|sept|{'|'.join(_MONTHS)})"
_YEAR = r"(?P<y>(?:19|20)\d{2}|'?\d{2})"
_TIME = r"(?P<rest>[T\s,]{0,3}(?:at\s)?\d{1,2}:\d{2}.*)?"
#: A year for days without one, and the middle of a year or month for what has no day.
_PLAIN_YEAR, _MID_MONTH, _MID_DAY = 2023, 7, 15
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?P<y>(?:19|20)\d{{2}})(?P<s1>\s?[-/.年]\s?)(?P<m>\d{{1,2}})(?P<s2>\s?[-/.月]\s?)(?P<d>\d{{1,2}})(?P<s3>\s?[日号]?){_TIME}",
        r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})",
        rf"(?P<a>\d{{1,2}})(?P<s1>[-/.])(?P<b>\d{{1,2}})(?P<s2>[-/.]){_YEAR}{_TIME}",
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?P<s1>[\s.-]{{0,2}}(?:of\s)?){_MONTH}(?P<s2>[\s.,-]{{0,2}}){_YEAR}{_TIME}",
        rf"{_MONTH}(?P<s1>\.?[\s-]{{1,2}})(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?P<s2>[\s,.-]{{1,2}}){_YEAR}{_TIME}",
        rf"{_MONTH}(?P<s1>\.?[\s,-]{{1,2}})(?P<y>(?:19|20)\d{{2}})",
        rf"{_MONTH}(?P<s1>\.?[\s-]{{1,2}})(?P<d>\d{{1,2}})",
        rf"(?P<d>\d{{1,2}})(?P<s1>[\s.-]{{1,2}}){_MONTH}",
        r"(?P<y>(?:19|20)\d{2})(?P<s1>\s?年\s?)(?P<m>\d{1,2})(?P<s2>\s?月份?)",
        r"(?P<m>\d{1,2})(?P<s1>\s?月\s?)(?P<d>\d{1,2})(?P<s2>\s?[日号]?)",
        r"(?P<y>(?:19|20)\d{2})(?P<s1>\s?年?)",
    )
)


def shift_date(text: str, days: int) -> str | None:
    """Move a date; None when its form is not known or it is no day of the calendar."""
    for form in _FORMS:
        match = form.fullmatch(text.strip())
        moved = _moved(match, days) if match else None
        if match and moved:
            return _written(match, moved)
    return None


def _moved(match: re.Match[str], days: int) -> date | None:
    found = match.groupdict()
    year = _PLAIN_YEAR if not found.get("y") else _year(str(found["y"]))
    if found.get("a"):
        day, month = _order(match)
    else:
        month = _month(str(found["word"])) if found.get("word") else int(found.get("m") or _MID_MONTH)
        day = int(found.get("d") or _MID_DAY)
    try:
        return date(year, month, day) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None


def _order(match: re.Match[str]) -> tuple[int, int]:
    """Return day and month of two numbers; months come first where both orders are possible and a slash parts them."""
    first, second = int(match["a"]), int(match["b"])
    day_first = first > 12 or (second <= 12 and match["s1"] == ".")
    return (first, second) if day_first else (second, first)


def _year(text: str) -> int:
    plain = int(text.lstrip("'"))
    return plain if plain > 99 else plain + (1900 if plain >= 30 else 2000)


def _month(word: str) -> int:
    return _MONTHS.index(word.lower()[:3]) + 1


def _written(match: re.Match[str], moved: date) -> str:
    """Write a date in the form of another: the same order, separators, padding, and names of months."""
    out, at = [], match.start()
    text, width = match.string, _width(match)
    values: dict[str, Callable[[str], str]] = {
        "y": lambda old: _as_year(old, moved.year),
        "m": lambda _old: f"{moved.month:0{width}d}",
        "d": lambda _old: f"{moved.day:0{width}d}",
        "word": lambda old: _as_word(old, moved.month),
    }
    if match.groupdict().get("a"):
        day_first = _order(match)[0] == int(match["a"])
        values["a"] = values["d"] if day_first else values["m"]
        values["b"] = values["m"] if day_first else values["d"]
    places = sorted((match.start(name), match.end(name), name) for name in values if match.groupdict().get(name))
    for start, end, name in places:
        out += [text[at:start], values[name](text[start:end])]
        at = end
    written = "".join([*out, text[at : match.end()]])
    return re.sub(r"(?<=\d)(?:st|nd|rd|th)(?![a-z])", "", written)


def _width(match: re.Match[str]) -> int:
    """Return how many digits days and months have at least: two where a zero leads one, or all have two."""
    found = match.groupdict()
    parts = [str(found[name]) for name in ("m", "d", "a", "b") if found.get(name)]
    spelled = "年" in match.string or "月" in match.string or found.get("word")
    led = any(part[0] == "0" for part in parts)
    return 2 if led or (not spelled and all(len(part) == 2 for part in parts)) else 1


def _as_year(old: str, year: int) -> str:
    return f"{year}" if len(old.lstrip("'")) > 2 else f"{'' if old[0] != chr(39) else chr(39)}{year % 100:02d}"


def _as_word(old: str, month: int) -> str:
    word = _FULL[month - 1] if len(old) > 4 or old.lower() in ("june", "july") else _MONTHS[month - 1]
    return word.upper() if old.isupper() else word.lower() if old.islower() else word.capitalize()
