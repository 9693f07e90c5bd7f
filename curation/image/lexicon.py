"""The vocabulary of burned-in text, matched exactly.

Flows in: ``curation/vocabulary/*.csv`` and ``words.csv`` (words of phrases). Flows out: sets of folded terms.
Source: spec: at similarity 0.75, 28 of 86 common pinyin surnames would be kept; exact matching leaves LONG and PAN.
"""

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

_HANZI = re.compile(r"[\u3400-\u9fff]")
_ACCENT = re.compile(r"(?<=[A-Za-z])[\u0300-\u0344]+")
_PARENTHESIS = re.compile(r"\(.*?\)|,.*$")
#: Symbols that OCR and vendors write in several ways.
_SAME = str.maketrans(
    {"²": "2", "³": "3", "×": "x", "–": "-", "—": "-", "′": "'", "’": "'", "‘": "'", "`": "'", "巣": "巢"}
)


@dataclass(frozen=True)
class Lexicon:
    """Folded terms by what they are.

    ``landmarks`` prove a phrase, ``fillers`` may stand in it, ``sites`` only in a label before a value, ``collisions``
    are terms that are also names.
    """

    landmarks: frozenset[str]
    fillers: frozenset[str]
    sites: frozenset[str]
    measurements: frozenset[str]
    settings: frozenset[str]
    presets: frozenset[str]
    setting_names: frozenset[str]
    setting_codes: frozenset[str]
    setting_words: frozenset[str]
    units: frozenset[str]
    collisions: frozenset[str]
    cues: frozenset[str]
    date_labels: frozenset[str]


def fold(text: str) -> str:
    """Fold width, case, spaces and look-alike symbols: two spellings of one term become equal."""
    flat = unicodedata.normalize("NFKC", text.translate(_SAME)).translate(_SAME)
    flat = _ACCENT.sub("", unicodedata.normalize("NFD", flat))  # OCR puts accents on plain letters
    return re.sub(r"\s+", " ", flat).strip().casefold()


def has_hanzi(text: str) -> bool:
    """Say whether a text has Chinese characters."""
    return bool(_HANZI.search(text))


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """Read the tables once per process."""
    words: dict[str, frozenset[str]] = {}
    for row in _rows("words.csv"):
        more = frozenset(fold(word.replace("_", " ")) for word in row["words"].split())
        words[row["class"]] = words.get(row["class"], frozenset()) | more
    collisions = words["collision"] | {fold(row["term"]) for row in _rows("collisions.csv")}
    measurement_rows, setting_rows = _rows("measurements.csv"), _rows("settings.csv")
    dates = [row for row in measurement_rows if row["units"] == "date"]
    return Lexicon(
        landmarks=_terms(_rows("landmarks.csv")) | words["anchor"] | words["zh_anchor"],
        fillers=words["filler"] | (words["zh_filler"] - words["zh_anchor"]),
        sites=words["site"] | words["zh_measure_site"],
        measurements=_terms([row for row in measurement_rows if row["units"] != "date"])
        | words["measurement"]
        | words["zh_measure"],
        settings=_terms(setting_rows) | words["setting"] | words["zh_setting"],
        presets=words["preset"] | words["zh_preset"],
        setting_names=words["setting_name"] | words["zh_ui"],
        setting_codes=words["setting_code"],
        setting_words=words["zh_word"],
        units=_units([*measurement_rows, *setting_rows]),
        collisions=frozenset(collisions),
        cues=frozenset(fold(row["cue"]) for row in _rows("phi_cues.csv")),
        date_labels=_terms(dates),
    )


def _rows(name: str) -> list[dict[str, str]]:
    folder = files("curation") / ("image" if name == "words.csv" else "vocabulary")
    with (folder / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _terms(rows: list[dict[str, str]]) -> frozenset[str]:
    """Collect labels, aliases and short meanings in both languages."""
    found: set[str] = set()
    for row in rows:
        meaning = _PARENTHESIS.sub("", row.get("meaning_en", "")).strip()
        texts = [row["label"], *row.get("aliases", "").split(";"), *row.get("meaning_zh", "").split("/")]
        if len(meaning.split()) <= 4:
            texts.append(meaning)
        found |= {fold(text) for text in texts if text.strip()}
    return frozenset(found)


def _units(rows: list[dict[str, str]]) -> frozenset[str]:
    """Collect units of measure; words such as "none", "index" and "date" are notes, not units."""
    notes = {"none", "index", "date", "mode", "text", "count", "category", "factor", "model code", "ratio", "unit"}
    texts = {fold(unit) for row in rows for unit in row["units"].split(";") if unit.strip()}
    return frozenset(texts - notes - {"w+d", "lb oz", "frame/total", "n/m"})
