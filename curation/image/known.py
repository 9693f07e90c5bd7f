"""Known PHI of a case against text of a frame: names in any order and script, ids, dates in any format, phones.

Flows in: lists of strings by kind. Flows out: yes or no; the strings never leave the object.
Source: spec rule 4 (known PHI overrides every keep) and rule 8 (fuzzy search, partial ratio >= 85).
"""

import re
from collections.abc import Iterable, Mapping

from rapidfuzz.fuzz import partial_ratio, ratio

from curation.image.lexicon import fold, has_hanzi

_FUZZY = 85.0
_TITLES = frozenset({"dr", "mr", "mrs", "ms", "md", "prof", "miss", "jr", "sr", "phd", "rdms", "the", "of", "and"})
_HANZI_RUN = re.compile(r"[\u3400-\u9fff]+")
_ROLES = re.compile(r"(主任|副主任|医师|医生|教授|主治|护士|技师|先生|女士)+$")


class KnownPhi:
    """Identifiers of one case in every spelling we expect on a screen."""

    def __init__(self, known: Mapping[str, Iterable[str] | None]) -> None:
        self._words: set[str] = set()
        self._initials: set[str] = set()
        self._phrases: set[str] = set()
        self._codes: set[str] = set()
        for kind, texts in known.items():
            for text in texts or ():
                self._add(kind, str(text))

    def __repr__(self) -> str:
        return f"KnownPhi({len(self._words) + len(self._phrases) + len(self._codes)} strings)"

    def _add(self, kind: str, text: str) -> None:
        if kind in ("names", "physicians"):
            self._add_name(text)
        elif kind == "dates":
            self._codes |= set(_date_spellings(text))
        elif kind in ("ids", "phones"):
            code = _squeeze(text)
            self._codes |= {code} if len(code) >= 3 else set()
        else:
            phrase = _squeeze(text)
            self._phrases |= {phrase} if len(phrase) >= 3 else set()

    def _add_name(self, text: str) -> None:
        for part in re.split(r"[=;、/|]", text):
            words = [w for w in re.split(r"[\s^,.\-_()（）]+", fold(part)) if w and w not in _TITLES]
            for run in _HANZI_RUN.findall(part):
                self._add_hanzi(_ROLES.sub("", run))
            latin = [w for w in words if w.isascii() and not any(c.isdigit() for c in w)]
            self._add_latin(latin)
            if "".join(words).isdigit():
                self._codes.add("".join(words))

    def _add_hanzi(self, name: str) -> None:
        if not name:
            return
        self._phrases.add(name)
        syllables = _syllables(name)
        family, given = syllables[0], "".join(syllables[1:])
        self._add_latin([w for w in (family, given) if w])
        self._add_latin(syllables)

    def _add_latin(self, words: list[str]) -> None:
        self._words |= {w for w in words if len(w) >= 2}
        if len(words) >= 2:
            joined = {"".join(words), "".join(reversed(words)), "".join([*words[1:], words[0]])}
            self._phrases |= joined
            letters = [w[0] for w in words]
            self._initials |= {"".join(letters), "".join(reversed(letters)), "".join([*letters[1:], letters[0]])}
            self._initials |= {letters[0] + letters[-1], letters[-1] + letters[0]}
            self._initials |= {words[0][0] + words[1][0], words[1][0] + words[0][0]}

    def hits(self, text: str, *, valued: bool = False) -> bool:
        """Say whether a text holds known PHI; in a proven value, initials are the measurement's own letters."""
        folded = fold(text)
        words = set(re.findall(r"[a-z]+", folded))
        if words & self._words or (not valued and words & self._initials):
            return True
        squeezed = _squeeze(text)
        if any(phrase in squeezed for phrase in self._phrases):
            return True
        digits = re.sub(r"\D", "", squeezed)
        if any(code in squeezed or (len(code) >= 5 and code in digits) for code in self._codes):
            return True
        return any(self._sounds_known(run) for run in _HANZI_RUN.findall(text))

    def _sounds_known(self, run: str) -> bool:
        """Compare Chinese characters with a name known in Latin letters."""
        return len(run) >= 2 and "".join(_syllables(run)) in self._phrases

    def nearly_hits(self, text: str) -> bool:
        """Say whether a text holds known PHI or something OCR may have made of it.

        Words are compared with words (of the same length where they are short, so that TRAN is not found in TRANS),
        phrases and codes with the whole text.
        """
        if self.hits(text):
            return True
        squeezed = _squeeze(text)
        for phrase in self._phrases | self._codes:
            comparable = len(phrase) >= 4 and len(squeezed) >= len(phrase) - 1 and not has_hanzi(phrase)
            if comparable and partial_ratio(phrase, squeezed) >= _FUZZY:
                return True
        return any(_alike(known, word) for known in self._words for word in re.findall(r"[a-z0-9]+", fold(text)))


def _alike(known: str, word: str) -> bool:
    if len(known) < 4 or (len(known) < 6 and len(word) != len(known)):
        return False
    return ratio(known, word) >= _FUZZY


def _squeeze(text: str) -> str:
    """Fold a text and leave only letters, digits and Chinese characters."""
    return re.sub(r"[\W_]+", "", fold(text))


def _date_spellings(text: str) -> Iterable[str]:
    """Spell a date as the digit runs that screens show: ymd, dmy, mdy, two-digit years, short months and days."""
    match = re.match(r"\D*(\d{4})\D?(\d{1,2})\D?(\d{1,2})", text) or None
    if match is None:
        digits = re.sub(r"\D", "", text)
        return [digits] if len(digits) >= 6 else []
    year, month, day = match.groups()
    months, days = {month.zfill(2), month.lstrip("0")}, {day.zfill(2), day.lstrip("0")}
    years = {year, year[2:]}
    spelled = [f for y in years for m in months for d in days for f in (y + m + d, d + m + y, m + d + y)]
    return [s for s in spelled if len(s) >= 6]


def _syllables(name: str) -> list[str]:
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - 0.4 s, and only for Chinese names

    return [str(syllable) for syllable in lazy_pinyin(name)]
