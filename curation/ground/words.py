"""The words of grounded data: categories, keypoints, diagnoses and measures, in both languages.

In: names as a hospital or a data set writes them. Out: words of ours; a name that is none is not let through, because a
label of an annotation tool may hold anything, also a patient's name. Source: curation/vocabulary/grounded.csv.
Raises: ConfigError naming the word that the config uses and nobody knows.
"""

import csv
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from schemas.annotated import Annotate
from schemas.case import Language
from schemas.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its key, what kind of thing it names, and how it is said."""

    key: str
    kind: str
    en: str
    zh: str
    system: str | None = None

    def text(self, language: Language) -> str:
        """Say the word in a language."""
        return self.zh if language is Language.ZH else self.en


class Words:
    """All words, found by any of their names."""

    def __init__(self, config: Annotate) -> None:
        """Read the vocabulary; the config adds words and names.

        Raises: ConfigError.
        """
        known, names = _vocabulary()
        self._known = dict(known)
        self._names = dict(names)
        for new in config.words:
            if new.key in known and known[new.key].kind != new.kind:
                raise ConfigError(f"annotate.words: {new.key} is known as {known[new.key].kind}: take another key")
            self._known[new.key] = Word(new.key, new.kind, new.en, new.zh)
            self._names |= {(new.kind, _folded(name)): new.key for name in (new.key, new.en, new.zh)}
        for name, key in config.labels.items():
            self._names[self._word(key, "annotate.labels").kind, _folded(name)] = key
        for one in config.measures:
            self._check(one.name, "measure")
            for point in one.points:
                self._check(point, "keypoint")

    def find(self, name: str | None, kind: str) -> str | None:
        """Give the key of a name, None where it is no word of this kind."""
        return self._names.get((kind, _folded(name))) if name else None

    def say(self, key: str, language: Language) -> str:
        """Say a word.

        Raises: ConfigError.
        """
        return self._word(key, "vocabulary").text(language)

    def system_of(self, key: str) -> str | None:
        """Give the anatomical system of a word, None where it has none or more than one."""
        word = self._known.get(key)
        return word.system if word else None

    def _word(self, key: str, place: str) -> Word:
        if word := self._known.get(key):
            return word
        raise ConfigError(f"{place}: {key} is no word of the vocabulary: add it to annotate.words")

    def _check(self, key: str, kind: str) -> None:
        if self._word(key, "annotate.measures").kind != kind:
            raise ConfigError(f"annotate.measures: {key} is no {kind} but a word for something else")


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").replace("-", " ").split())


@cache
def _vocabulary() -> tuple[Mapping[str, Word], Mapping[tuple[str, str], str]]:
    text = files("curation").joinpath("vocabulary/grounded.csv").read_text(encoding="utf-8")
    known, names = {}, {}
    for row in csv.DictReader(text.splitlines()):
        word = Word(row["word"], row["kind"], row["en"], row["zh"], row["system"] or None)
        known[word.key] = word
        for name in (word.key, word.en, word.zh, *filter(None, row["aliases"].split(";"))):
            names[word.kind, _folded(name)] = word.key
    return known, names
