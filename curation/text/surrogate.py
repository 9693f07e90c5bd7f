"""Surrogates: invented values in the place of real ones, of the same kind and form, the same for one patient each time.

In: what was found and a keyed source of numbers. Out: a replacement. Dates move by the patient's offset, so that
intervals survive ("compared with …"). What cannot be invented in its form becomes a tag.
Source: hide in plain sight (Carrell et al., JAMIA 20 (2013) 342); HIPAA Safe Harbor for ages over 89.
"""

import re
from dataclasses import dataclass, field

from curation.pseudonym import Pseudonymizer
from curation.text import words_zh
from curation.text.folding import fold
from curation.text.lexicon import word_set
from curation.text.shifted_dates import shift_date

_LATIN = re.compile(r"[A-Za-zÀ-ɏ]+")
_CLOCK = re.compile(r"\d{1,2}(?=\s?[:：时点])")


@dataclass(frozen=True, slots=True)
class Surrogates:
    """Gives surrogates of one patient. ``salt`` gives other ones when a first choice cannot be used."""

    keyed: Pseudonymizer = field(repr=False)
    site: str
    patient: str = field(repr=False)
    salt: int = 0

    def replace(self, entity: str, value: str) -> str:
        """Invent a value in the place of one; the same value gives the same surrogate."""
        kind = _KINDS.get(entity)
        invented = kind(self, fold(value)) if kind else None
        return f"[{entity}]" if invented is None else invented

    def number(self, domain: str, value: str, below: int) -> int:
        """Draw a number for a value: 0 or more, less than ``below``."""
        code = self.keyed.code(f"surrogate-{domain}-{self.salt}", self.site, f"{self.patient}|{value.casefold()}")
        return int(code[:12], 16) % below

    def choose(self, domain: str, value: str, words: str) -> str:
        """Choose a word of a named set for a value."""
        options = sorted(word_set(words))
        return options[self.number(domain, value, len(options))]


def _name(source: Surrogates, value: str) -> str:
    """Replace a name part by part, so that "John Smith", "SMITH^JOHN" and "Mr Smith" stay one person."""
    if words_zh.HAN.search(value):
        return _chinese_name(source, value)
    return _LATIN.sub(lambda found: _latin_part(source, found.group()), value)


def _latin_part(source: Surrogates, part: str) -> str:
    if len(part) == 1:
        letter = chr(ord("A") + source.number("initial", part, 26))
        return letter if part.isupper() else letter.lower()
    word = source.choose("name", part, "surrogate_latin")
    return word.upper() if part.isupper() else word.lower() if part.islower() else word.capitalize()


def _chinese_name(source: Surrogates, value: str) -> str:
    """Replace the family name and the rest apart; blanks between characters stay."""
    chars = [char for char in value if words_zh.HAN.match(char)]
    size = max(1, words_zh.surname_length("".join(chars[:2])))
    family = source.choose("family", "".join(chars[:size]), "surrogate_family")
    given = [
        source.choose(f"given-{at}", "".join(chars[size:]), "surrogate_given") if char not in "某" else char
        for at, char in enumerate(chars[size:])
    ]
    fresh = iter([family, *[""] * (size - 1), *given])
    return "".join(next(fresh) if words_zh.HAN.match(char) else char for char in value)


def _shape(source: Surrogates, value: str) -> str:
    """Replace digits by digits and letters by letters; the rest stays."""
    out = []
    for at, char in enumerate(value):
        if char.isascii() and char.isdigit():
            out.append(str(source.number(f"digit-{at}", value, 10)))
        elif char.isascii() and char.isalpha():
            letter = chr(ord("A") + source.number(f"letter-{at}", value, 26))
            out.append(letter if char.isupper() else letter.lower())
        else:
            out.append(char)
    return "".join(out)


def _digits_only(source: Surrogates, value: str) -> str | None:
    """Replace digits; what has none, or numbers in words, becomes a tag."""
    if not re.search(r"\d", value):
        return None
    return re.sub(r"\d", lambda d: str(source.number(f"digit-{d.start()}", value, 9) + 1), value)


def _date(source: Surrogates, value: str) -> str | None:
    return shift_date(value, source.keyed.date_shift_days(source.site, source.patient))


def _time(source: Surrogates, value: str) -> str | None:
    """Draw the hour anew; minutes stay as they are."""
    if not _CLOCK.search(value):
        return None
    return _CLOCK.sub(lambda found: f"{8 + source.number('hour', value, 4):0{len(found.group())}d}", value, count=1)


def _place(source: Surrogates, value: str) -> str:
    """Invent a hospital or a department in the language of the value."""
    if words_zh.HAN.search(value):
        if re.search(r"(?:科|室|组|门诊|病区|中心)$", value):
            return source.choose("department", value, "surrogate_department_zh")
        return source.choose("hospital", value, "surrogate_place_zh") + "医院"
    return source.choose("hospital", value, "surrogate_place_en").capitalize() + " Hospital"


def _address(source: Surrogates, value: str) -> str:
    number = 1 + source.number("house", value, 199)
    if words_zh.HAN.search(value):
        return f"{source.choose('street', value, 'surrogate_place_zh')}路{number}号"
    return f"{number} {source.choose('street', value, 'surrogate_place_en').capitalize()} Street"


def _mail(source: Surrogates, value: str) -> str:
    return f"user{source.number('mail', value, 9000) + 1000}@example.org"


def _link(source: Surrogates, value: str) -> str:
    return f"https://example.org/{source.number('link', value, 9000) + 1000}"


_KINDS = {
    "NAME": _name,
    "ID": _shape,
    "PHONE": _digits_only,
    "NUMBER": _digits_only,
    "ROOM": _digits_only,
    "DATE": _date,
    "TIME": _time,
    "AGE": lambda _source, _value: "90",
    "HOSPITAL": _place,
    "ADDRESS": _address,
    "EMAIL": _mail,
    "URL": _link,
}
