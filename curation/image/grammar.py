"""Words to patterns: the building blocks of the keep rules.

Flows in: the lexicon. Flows out: regular expressions over folded text. Latin terms need letter boundaries.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from curation.image.lexicon import Lexicon, has_hanzi, load_lexicon
from curation.tries import one_of

#: At most four digits before the point and three behind: longer runs are identifiers, never measurements.
NUMBER = r"(?:[-+±<>~≈]\s?)?(?<![\d.])(?!0\d)(?:\d{1,4}(?:\.\d{1,3})?|\.\d{1,3})(?![\d]|\.\d)"
#: Caliper index: 1, 1., +1, #2, x.
INDEX = r"(?:[1-9]\s?[.):=]?|[+x*#:\-.·]\s?[1-9]?)"
#: Weeks and days: 22w3d, 22w, 22周3天, 22周+3. A bare 22+3 only counts behind its label.
DURATION = r"(?:[1-3]?\d|4[0-5])\s?(?:w(?:k|ks)?|周)\s?\+?\s?(?:[0-6]\s?(?:d|天)?)?(?![a-z\d])"
#: Authors of growth and volume formulas that stand in brackets behind a label (eponyms, not people of the case).
EPONYM = (
    r"\s?\((?:hadlock\s?\d?|hansmann|jeanty|tokyo|osaka|campbell|merz|chitty|rempen|robinson|hellman|shepard|warsof|"
    r"teich(?:holz)?|mm-teich|hadl|hadi|had\s?[il]|had\s?lock|jean\s?ty|hansm|ase|mm|2d|3d|m-mode|hc|diam(?:eter)?|area|a|d|直径|面积|[1-9]|cube|mod|simpson|bi-?plane|a4c|a2c|4ch|2ch|lmp|aua|us|vti|pht|bazett|auto|manual|avg|mean|max|min)\)"
)
#: Liver segments: S6, SEG 6, S VI.
SEGMENT = (
    r"(?:(?<![a-z])(?:lev|lvl|level|seg|segment|zone)\s?(?:[1-8]|i{1,3}|iv|vi{0,3})[ab]?(?![a-z\d])"
    r"|(?<![a-z])s(?:eg(?:ment)?)?\s?(?:[1-8]|i{1,3}|iv|vi{0,3})(?![a-z\d]))"
)
#: Transducer names: C5-1, RAB6-D, 9L, 3C5A, i11LX3.
PROBE = (
    r"(?:(?:la|ca|pa|ec|sl|sc)\d{3,4}|p[lsvc][tuvi]?-\d{2,4}[a-z]{2}|eu[pb]-[a-z]?\d{2,4}[a-z]{0,2}|ust-\d{3,4}|m5sc?(?:-d)?|[a-z]\d-\d{1,2}[clpsv]|[a-z]{1,4}\d{1,2}-\d{1,2}[a-z]{0,3}(?:-[a-z]{1,2})?|i?\d{1,2}[clpsv](?:-[a-z]{1,2})?"
    r"|[a-z]?\d{1,2}[clpsv][a-z]?\d{1,2}[a-z]?)(?![a-z\d])(?:\shd(?![a-z\d]))?"
)
CLOCK_WORD = r"(?:1[0-2]|0?[1-9])(?::[03]0)?\s?(?:o'?\s?clock|ocl(?![a-z])|点钟?(?:方向|位)?)"
CLOCK_DIGITS = r"(?:1[0-2]|0?[1-9]):[03]0"
GAP = r"[\s/,;:.&+\-()|]{0,3}"


def any_of(terms: Iterable[str]) -> str:
    """Match one of many terms, the longest that fits first; one shared trie keeps it fast."""
    latin = one_of([_escape(char) for char in term] for term in terms if not has_hanzi(term))
    hanzi = one_of([_escape(char) for char in term] for term in terms if has_hanzi(term))
    parts = [rf"(?<![a-z]){latin}(?![a-z])"] if latin else []
    return "(?:" + "|".join([*parts, *([hanzi] if hanzi else [])]) + ")"


def _escape(char: str) -> str:
    """Escape a character; spaces inside a term are optional, as OCR loses them."""
    return r"[\s.\-]?" if char in " -" else re.escape(char)


class Parts:
    """Patterns of the vocabulary, built once."""

    def __init__(self, lexicon: Lexicon) -> None:
        weak = lexicon.collisions | {t for t in lexicon.measurements | lexicon.settings if len(t) == 1}
        self.term = rf"(?:{any_of(lexicon.landmarks | lexicon.fillers)}|{SEGMENT})"
        self.site = any_of(lexicon.sites)
        self.anchor = re.compile(rf"{any_of(lexicon.landmarks)}|{SEGMENT}")
        self.preset = any_of(lexicon.presets - lexicon.collisions)
        self.code = any_of(lexicon.setting_codes)
        self.setting_word = any_of(lexicon.setting_words | {"high", "low", "med", "mid", "off", "on", "auto"})
        self.shown = any_of(lexicon.setting_names - lexicon.collisions)
        self.unit = _units(lexicon.units)
        self.label = any_of(lexicon.measurements - weak)
        self.weak_label = any_of(lexicon.measurements & weak)
        self.setting = any_of(lexicon.settings - weak - {"carotid", "thyroid"})
        self.weak_setting = any_of(lexicon.settings & weak)
        names = {t for t in lexicon.settings - weak if len(t) >= 2 and not t[-1].isdigit()}
        self.setting_name = any_of(names | {"2d", "3d"})
        self.label_name = any_of({t for t in lexicon.measurements - weak if len(t) >= 3 or has_hanzi(t)})
        self.measure_end = any_of({t for t in lexicon.measurements if len(t) == 1 and has_hanzi(t)})
        self.date_label = any_of(lexicon.date_labels)


def _units(units: frozenset[str]) -> str:
    """Match units as OCR reads them: cm 2, cm^2, cm/sec, degree sign."""
    longest_first = sorted(units - {"kg"}, key=lambda unit: (-len(unit), unit))
    spelled = "|".join(re.sub(r"([23])", r"\\s?\^?\1", re.escape(unit)) for unit in longest_first)
    misread = r"am|om|cn|qn|crn|mrn|cm/\$|cm/se|am/s|om/s|ng/m\s?l"
    more = r"个|次/分|次|deg|mom|cc|ul|μl|u/s|ml/m\s?2|mm\s?/\s?s|sd|cm/sec|m/sec|sec|°|l/m|f/s"
    fading = r"db/cm(?:/mhz)?|db/m"  # attenuation of the liver
    return rf"(?:(?:{spelled}|{more}|{fading}|{misread})(?![a-z\d])|%)"


@lru_cache(maxsize=1)
def load_parts() -> Parts:
    """Build the patterns once per process."""
    return Parts(load_lexicon())


#: What labels begin with that OCR glues to the rest.
_LABEL_HEADS = frozenset(
    {"av", "mv", "tv", "pv", "tr", "mr", "ar", "rk", "lk", "ut", "bl", "la", "lv", "rv", "hl", "fl", "lt", "rt", "pl"}
)


def split_glued(text: str) -> str:
    """Part words that OCR glued together: "RTKIDNEY" -> "RT KIDNEY", "SagLiver" -> "Sag Liver".

    A run of letters is parted only when all of it is vocabulary and every part has 4 letters or names a side or plane.
    """
    parted = re.sub(r"(?<=[a-z]{3})(?=[A-Z])", " ", text)
    return re.sub(r"[A-Za-z]{3,40}", lambda run: " ".join(_parted(run.group())), parted)


def _parted(run: str) -> list[str]:
    lexicon = load_lexicon()
    words = lexicon.landmarks | lexicon.fillers
    short = {
        "lt",
        "rt",
        "sag",
        "trv",
        "tra",
        "left",
        "mid",
        "ln",
        "hip",
        "ata",
        "pta",
        "ica",
        "cca",
        "eca",
        "cbd",
        "ov",
    }
    folded = run.casefold()
    if folded in words:
        return [run]
    if folded[0] in "lr" and len(run) >= 5 and folded[1:] in words:  # RAXILLA, LLOBE
        return [run[0], run[1:]]
    if folded[:2] in _LABEL_HEADS and folded[2:] in lexicon.measurements and (len(run) >= 5 or run.isupper()):
        return [run[:2], run[2:]]  # AVPGmean, RKW
    if folded[0] in "lr" and len(run) >= 8 and len(parts := _parted(run[1:])) > 1:  # LAXILLALONG
        return [run[0], *parts]
    if folded[:2] in _LABEL_HEADS and len(run) >= 6 and folded[2:] in words:
        return [run[:2], run[2:]]  # PLFUNDAL, BLLONG
    best: list[list[str] | None] = [[]] + [None] * len(run)
    for end in range(1, len(run) + 1):
        for start in range(end):
            part, head = folded[start:end], best[start]
            if head is not None and part in words and (len(part) >= 4 or part in short):
                candidate = [*head, run[start:end]]
                current = best[end]
                if current is None or len(candidate) < len(current):
                    best[end] = candidate
    return best[-1] or [run]
