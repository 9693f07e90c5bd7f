"""Word lists of the scrubber: clinical words, names, field labels, eponyms, word frequencies.

In: ``curation/vocabulary/*.csv`` and ``lexicon/``. Out: cached sets and dicts.
Source: each list says where it comes from; frequencies are wordfreq's (large lists, CC BY-SA 4.0).
"""

import csv
import re
from collections import defaultdict
from functools import cache
from importlib.resources import files

from schemas.case import Language

_LATIN = re.compile(r"[A-Za-zÀ-ɏ]+")
_HAN = re.compile(r"[\u4e00-\u9fff]+")


def _rows(folder: str, name: str) -> list[dict[str, str]]:
    path = files("curation").joinpath(folder, name)
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def _lines(name: str) -> list[str]:
    text = files("curation").joinpath("text/lexicon", name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _keyed(name: str) -> dict[str, frozenset[str]]:
    """Read ``key: word word …`` lines; equal keys add up."""
    out: dict[str, set[str]] = defaultdict(set)
    for line in _lines(name):
        key, _, words = line.partition(":")
        out[key].update(words.split() if " " in words.strip() else words.strip())
    return {key: frozenset(words) for key, words in out.items()}


@cache
def word_set(name: str) -> frozenset[str]:
    """Return a named set of ``lexicon/word_sets.txt``."""
    return _keyed("word_sets.txt")[name]


@cache
def _vocabulary_terms() -> frozenset[str]:
    """Every label, alias and meaning of the clinical vocabulary tables."""
    terms: set[str] = set()
    for name in ("landmarks.csv", "measurements.csv", "settings.csv"):
        for row in _rows("vocabulary", name):
            for key in ("label", "aliases", "meaning_en", "meaning_zh"):
                terms.update(part.strip() for part in (row.get(key) or "").split(";"))
    return frozenset(terms - {""})


@cache
def labels() -> frozenset[str]:
    """Labels and aliases of measurements and settings (``RI``, ``峰值流速``)."""
    out: set[str] = set()
    for name in ("measurements.csv", "settings.csv"):
        for row in _rows("vocabulary", name):
            out.update(part.strip() for part in [row["label"], *(row["aliases"] or "").split(";")])
            out.update(part for part in re.split(r"[/、]", row["meaning_zh"] or "") if len(part) > 1)
    return frozenset(out - {""})


@cache
def clinical_en() -> frozenset[str]:
    """Lower-case English words of ultrasound reports."""
    words = {word.lower() for term in _vocabulary_terms() for word in _LATIN.findall(term)}
    for name in ("clinical_en.txt", "diseases_en.txt", "drugs_en.txt"):
        words.update(word for line in _lines(name) for word in line.split())
    for row in _rows("text/lexicon", "eponyms.csv"):
        words.update(_LATIN.findall(row["nouns"]))
    return frozenset(words)


@cache
def clinical_zh() -> frozenset[str]:
    """Chinese words of ultrasound reports."""
    words = {word for term in _vocabulary_terms() for word in _HAN.findall(term)}
    for line in _lines("clinical_zh.txt"):
        words.update(line.split())
    return frozenset(words)


@cache
def clinical_chars() -> frozenset[str]:
    """Characters that clinical words are written with."""
    return frozenset(char for word in clinical_zh() for char in word)


@cache
def names_en(kind: str) -> frozenset[str]:
    """English-script given and family names: ``strong`` or ``weak`` (also words)."""
    names = _keyed("names_en.txt")
    return names["strong"] - names["weak"] if kind == "strong" else names["weak"]


def _census(name: str) -> frozenset[str]:
    text = files("names").joinpath(name).read_text(encoding="ascii")
    return frozenset(line.split()[0].lower() for line in text.splitlines() if line.strip())


@cache
def surnames_en() -> frozenset[str]:
    """Family names of the 1990 United States census (88,799; package ``names``)."""
    return _census("dist.all.last")


@cache
def given_en() -> frozenset[str]:
    """Given names of the 1990 United States census (5,163; package ``names``)."""
    return _census("dist.female.first") | _census("dist.male.first")


@cache
def surnames_zh(kind: str) -> frozenset[str]:
    """Chinese family names: ``strong``, ``weak`` (also common characters) or ``compound``."""
    names = _keyed("surnames_zh.txt")
    return names["strong"] - names["weak"] if kind == "strong" else names[kind]


@cache
def surnames_pinyin() -> frozenset[str]:
    """Romanized Chinese family names."""
    return frozenset(word for line in _lines("surnames_pinyin.txt") for word in line.split())


@cache
def fields() -> dict[str, str]:
    """Field label (lower case, no blanks in Chinese ones) to entity or ``KEEP``."""
    out: dict[str, str] = {}
    for row in _rows("text/lexicon", "fields.csv"):
        for label in row["labels"].split(";"):
            out.setdefault(label.strip().lower(), row["entity"])
    return out


@cache
def eponyms() -> dict[str, frozenset[str]]:
    """Eponym (lower case) to the nouns that must follow it; ``*``: none needed."""
    out: dict[str, frozenset[str]] = {}
    for row in _rows("text/lexicon", "eponyms.csv"):
        key = row["eponym"].lower()
        out[key] = out.get(key, frozenset()) | frozenset(row["nouns"].split("|"))
    return out


@cache
def frequencies(language: Language) -> dict[str, float]:
    """Word frequencies (large lists); reads the packed file once per process."""
    from wordfreq import get_frequency_dict  # noqa: PLC0415 - 0.1 s, and only where words are judged

    table: dict[str, float] = get_frequency_dict(language.value, "large")
    return table
