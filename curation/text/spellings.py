"""Spellings of one piece of known PHI: name orders, initials, pinyin, id and telephone shapes, date formats.

In: a value as written. Out: its spellings.
Source: own; GB/T 16159 (pinyin), formats of curation/vocabulary/patterns.csv.
"""

import calendar
import re
from datetime import date
from functools import lru_cache
from itertools import product

from curation.text.folding import fold, is_han
from curation.text.lexicon import clinical_en, clinical_zh, surnames_zh
from curation.text.skeleton import skeleton

_MONTHS = tuple(calendar.month_name)[1:]
_ZH_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")
_TITLED = re.compile(
    r"^(?:dr|mr|mrs|ms|miss|prof)\.?\s+|,?\s*(?:m\.?d\.?|do|rdms|rvt|ph\.?d\.?|jr\.?|sr\.?)$|主任医师|副主任医师|医师|医生|主任|教授$",
    re.IGNORECASE,
)
_ZH_TITLES = ("女士", "先生", "小姐", "医生", "医师", "主任", "大夫", "教授", "老师", "某", "某某", "阿姨", "护士")
_SHORTEST_ID = 4


@lru_cache(maxsize=65536)
def reduced(form: str) -> str:
    """Reduce a spelling to what a search compares."""
    return skeleton(form).text


@lru_cache(maxsize=8192)
def name_parts(name: str) -> tuple[str, ...]:
    """Split a written name; a comma or caret puts the family name first."""
    plain = _TITLED.sub("", fold(name)).strip()
    return tuple(part for part in re.split(r"[\s,^=·•・.]+", plain) if part)


@lru_cache(maxsize=8192)
def name_forms(name: str) -> tuple[str, ...]:
    """Spell a name in the orders, initials and scripts it is written in."""
    plain = "".join(name_parts(name))
    if plain and all(map(is_han, plain)):
        return _han_forms(plain)
    parts = name_parts(name)
    forms = {name, " ".join(parts), " ".join(reversed(parts))}
    if len(parts) > 1:
        first, last = parts[0], parts[-1]
        forms |= {
            f"{first} {last}",
            f"{last}, {first}",
            " ".join((*parts[1:], first)),
            f"{last} {' '.join(parts[:-1])}",
        }
        for family, given in ((first, parts[1:]), (last, parts[:-1])):
            initials = "".join(part[0] for part in given)
            if len(family) > 2:
                forms |= {
                    f"{initials} {family}",
                    f"{family} {initials}",
                    f"{initials[0]}. {family}",
                    f"{family} {initials[0]}.",
                }
    return tuple(forms)


def surname(name: str) -> str:
    """Return the family name of a Chinese name."""
    return name[:2] if name[:2] in surnames_zh("compound") and len(name) > 2 else name[:1]


def _han_forms(name: str) -> tuple[str, ...]:
    family = surname(name)
    given = name[len(family) :]
    forms = {name, *(family + title for title in _ZH_TITLES)}
    if len(given) > 1 and given not in clinical_zh():
        forms.add(given)
    for family_sound, given_sounds in sounds(family, given):
        joined = "".join(given_sounds)
        forms |= {f"{family_sound} {joined}", f"{joined} {family_sound}", " ".join((family_sound, *given_sounds))}
        if len(given_sounds) > 1:
            initials = "".join(sound[0] for sound in given_sounds)
            forms |= {
                f"{family_sound} {initials}",
                f"{initials} {family_sound}",
                f"{family_sound[0]}{initials}".upper(),
            }
    return tuple(form for form in forms if reduced(form) not in clinical_en())


@lru_cache(maxsize=8192)
def sounds(family: str, given: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Romanize a Chinese name; family names read as such, given names in every reading (at most 8)."""
    from pypinyin import Style, pinyin  # noqa: PLC0415 - 0.35 s, and only for Chinese names

    def readings(text: str) -> list[list[str]]:
        found: list[list[str]] = pinyin(text, style=Style.NORMAL, heteronym=True)
        return [
            [sound.replace("ü", "v") for sound in sounds if sound.isascii() or "ü" in sound] or ["?"]
            for sounds in found
        ]

    families = ["".join(sounds) for sounds in product(*readings(family))]
    givens = list(product(*readings(given))) if given else []
    return tuple((family_sound, sounds) for family_sound in families[:3] for sounds in givens[:8])


@lru_cache(maxsize=8192)
def id_forms(value: str) -> tuple[str, ...]:
    """Spell an id: whole, its digits, without leading zeros."""
    plain = reduced(value)
    if len(plain) < _SHORTEST_ID and not (len(plain) == 3 and re.search(r"[a-z]", plain) and re.search(r"\d", plain)):
        return ()
    forms = {value}
    tail = re.search(r"\d+$", plain)
    if tail and len(tail.group()) >= _SHORTEST_ID + 1:
        forms.add(tail.group())
        if len(tail.group().lstrip("0")) >= _SHORTEST_ID + 1:
            forms.add(tail.group().lstrip("0"))
    return tuple(forms)


@lru_cache(maxsize=8192)
def phone_forms(value: str) -> tuple[str, ...]:
    """Spell a telephone number with and without country code."""
    digits = re.sub(r"\D", "", fold(value))
    forms = {value, digits} if len(digits) >= 5 else set()
    if len(digits) > 11 and digits.startswith("86"):
        forms.add(digits[2:])
    if len(digits) == 11 and digits.startswith("1"):
        forms.add(digits[1:])
    return tuple(forms)


@lru_cache(maxsize=8192)
def parse_dates(value: str) -> tuple[date, ...]:
    """Read a date cell in any common style; day-month and month-day readings are both given."""
    text = fold(value).strip()
    found = re.match(r"(\d{4})\D{0,3}?(\d{1,2})\D{1,3}(\d{1,2})(?!\d)", text) or re.match(
        r"(\d{4})(\d{2})(\d{2})(?!\d)", text
    )
    if found:
        return _dates((int(found[1]), int(found[2]), int(found[3])))
    found = re.match(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?!\d)", text)
    if found:
        year = int(found[3]) + (0 if len(found[3]) == 4 else 2000)
        return _dates((year, int(found[1]), int(found[2])), (year, int(found[2]), int(found[1])))
    words = {month[:3].lower(): number for number, month in enumerate(_MONTHS, 1)}
    found = re.search(r"([A-Za-z]{3})[a-z]*\.?[-\s,]*(\d{1,2})[-\s,]+(\d{4})", text)
    if found and found[1].lower() in words:
        return _dates((int(found[3]), words[found[1].lower()], int(found[2])))
    found = re.search(r"(\d{1,2})[-\s]*([A-Za-z]{3})[a-z]*\.?[-\s,]*(\d{4})", text)
    return (
        _dates((int(found[3]), words[found[2].lower()], int(found[1]))) if found and found[2].lower() in words else ()
    )


def _dates(*triples: tuple[int, int, int]) -> tuple[date, ...]:
    out: list[date] = []
    for year, month, day in triples:
        try:
            out.append(date(year, month, day))
        except ValueError:
            continue
    return tuple(dict.fromkeys(out))


@lru_cache(maxsize=8192)
def date_forms(value: str) -> tuple[str, ...]:
    """Spell a date in the styles of reports; never so short that a measurement could match."""
    forms = {value}
    for day in parse_dates(value):
        y, m, d = f"{day.year}", day.month, day.day
        month = _MONTHS[m - 1]
        for mm, dd in {(f"{m:02}", f"{d:02}"), (f"{m}", f"{d}"), (f"{m:02}", f"{d}"), (f"{m}", f"{d:02}")}:
            forms |= {f"{y}-{mm}-{dd}", f"{dd}/{mm}/{y}", f"{mm}/{dd}/{y}", f"{mm}月{dd}日", f"{mm}月{dd}号"}
        forms |= {
            f"{y[2:]}-{m:02}-{d:02}",
            f"{d:02}/{m:02}/{y[2:]}",
            f"{m:02}/{d:02}/{y[2:]}",
            f"{m}/{d}/{y[2:]}",
            f"{d}/{m}/{y[2:]}",
        }
        for name in {month, month[:3]}:
            forms |= {
                f"{name} {d}, {y}",
                f"{name} {d:02}, {y}",
                f"{d} {name} {y}",
                f"{d:02} {name} {y}",
                f"{name} {y}",
                f"{name} {d}",
                f"{d} {name}",
            }
        forms |= {f"{y}年{m}月", f"{y.translate(_ZH_DIGITS)}年{_zh_number(m)}月{_zh_number(d)}日"}
    # lone "3月9日" would become "39": a needle of digits must have at least five of them
    return tuple(form for form in forms if len(reduced(form)) >= 5 or not reduced(form).isdigit())


def _zh_number(number: int) -> str:
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else "一二三"[tens - 1] + "十"
    return head + ("" if not ones else "一二三四五六七八九"[ones - 1])


@lru_cache(maxsize=8192)
def place_forms(value: str) -> tuple[str, ...]:
    """Spell an address or institution: whole, and its long parts."""
    parts = [part.strip() for part in re.split(r"[,，;；\n]", value)]
    long_enough = [part for part in parts if len(part) >= (4 if re.search(r"[\u4e00-\u9fff]", part) else 8)]
    forms = {value, *long_enough}
    for part in (value, *long_enough):
        tail = re.sub(r"^[\u4e00-\u9fff]{2,8}?(?:省|自治区)", "", part)
        tail = re.sub(r"^[\u4e00-\u9fff]{2,8}?市", "", tail)
        if len(tail) >= 5 and re.search(r"[\u4e00-\u9fff]", tail):
            forms.add(tail)
    return tuple(form for form in forms if len(reduced(form)) >= 3)
