"""Redact one text: default deny for numbers, lines and words, then recognizers, fields and known PHI.

In: a text, its language if known, known PHI of the case. Out: the redacted text and what was replaced.
Source: deidentification spec, Reports (listing what PHI looks like does not generalise: deny by default).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from curation.text import words_en, words_zh
from curation.text.digits import denied_numbers, protected_numbers
from curation.text.engine import PresidioRedactor, Redactor
from curation.text.fields import Label, field_spans, find_labels
from curation.text.folding import fold
from curation.text.known import KnownPhi, find_known
from curation.text.lexicon import names_en
from curation.text.lines import denied_words, split_lines
from curation.text.positions_en import english_names
from curation.text.positions_zh import chinese_names
from curation.text.skeleton import occurrences, skeleton
from curation.text.spans import Replacement, Span, Strength, replace, resolve
from curation.text.spellings import reduced
from curation.text.trim import trimmed
from schemas.case import Language

#: Tag of each kind of known PHI.
KNOWN_ENTITY = {
    "names": "NAME",
    "physicians": "NAME",
    "ids": "ID",
    "dates": "DATE",
    "phones": "PHONE",
    "addresses": "ADDRESS",
    "institutions": "HOSPITAL",
}
_ENGINE = PresidioRedactor()
#: Gives what is written in the place of an entity and its text.
Writer = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Redaction:
    """A redacted text. ``spans`` are half-open code-point offsets into the original; neither shows in a repr."""

    text: str = field(repr=False)
    spans: tuple[Replacement, ...] = field(repr=False)


def redact(
    text: str, language: Language | None = None, known_phi: KnownPhi | None = None, *, engine: Redactor = _ENGINE
) -> Redaction:
    """Redact one text; ``output = input with spans replaced``."""
    return redact_all([text], language, known_phi, engine=engine)[0]


def redact_all(
    texts: Sequence[str],
    language: Language | None = None,
    known_phi: KnownPhi | None = None,
    *,
    engine: Redactor = _ENGINE,
    write: Writer | None = None,
) -> list[Redaction]:
    """Redact the texts of one report; a name that a cue gives away in one of them goes in all.

    ``write`` gives what stands in the place of an entity and its text; tags without it.
    """
    del language  # both rule sets run on every text: reports mix languages
    folded = [fold(text) for text in texts]
    labels = [find_labels(plain) for plain in folded]
    proofs = [
        [*protected_numbers(plain), *((label.start, label.end) for label in found)]
        for plain, found in zip(folded, labels, strict=True)
    ]
    spans = [_find(*parts, engine) for parts in zip(folded, labels, proofs, strict=True)]
    names = _cued_names(folded, spans)
    out: list[Redaction] = []
    for text, plain, found, proof in zip(texts, folded, spans, proofs, strict=True):
        known = [Span(a, b, KNOWN_ENTITY[kind], Strength.KNOWN) for a, b, kind in find_known(text, known_phi or {})]
        replacements = resolve(text, [*found, *_repeated(plain, names), *known], proof)
        replacements = trimmed(text, replacements, [(span.start, span.end) for span in known])
        if write:
            replacements = [r._replace(replacement=write(r.entity, text[r.start : r.end])) for r in replacements]
        out.append(Redaction(replace(text, replacements), tuple(replacements)))
    return out


def _find(folded: str, labels: list[Label], proofs: list[tuple[int, int]], engine: Redactor) -> list[Span]:
    """Collect what rules, fields and denial say about one text."""
    spans = engine.find(folded) + field_spans(folded, labels)
    spans += [*denied_numbers(folded, proofs), *chinese_names(folded), *english_names(folded)]
    for line in split_lines(folded, labels):
        if not line.body:
            spans += denied_words(folded, line, labels)
        for span in (
            *words_en.unknown_words(folded[line.start : line.end]),
            *words_zh.unknown_words(folded[line.start : line.end]),
        ):
            spans.append(span._replace(start=span.start + line.start, end=span.end + line.start))
    return spans


def _cued_names(folded: Sequence[str], spans: Sequence[Iterable[Span]]) -> frozenset[str]:
    """Collect the names that a cue or label gave away, whole and (Latin) part by part."""
    out: set[str] = set()
    for plain, found in zip(folded, spans, strict=True):
        for span in found:
            value = plain[span.start : span.end].strip()
            if span.entity != "NAME" or (span.strength < Strength.STRONG and not words_zh.surname_length(value)):
                continue
            if words_zh.HAN.search(value):
                joined = re.sub(r"\s", "", value)
                if 2 <= len(joined) <= 4 and not words_zh.is_clinical(joined) and "某" not in joined:
                    out.add(joined)
            else:
                out.update(word for word in words_en.TOKEN.findall(value) if _repeatable(word))
    return frozenset(out)


def _repeatable(word: str) -> bool:
    if len(word) < 3 or words_en.is_clinical(word) or word.lower() in names_en("weak"):
        return False
    return words_en.is_name(word) or words_en.frequency(word.lower()) < words_en.COMMON * 10


def _repeated(folded: str, names: frozenset[str]) -> list[Span]:
    """Find cued names again, also where no cue stands and in another typing."""
    if not names:
        return []
    body = skeleton(folded)
    places = (place for name in names for place in occurrences(body, reduced(name)))
    return [Span(start, end, "NAME") for start, end in places if not words_en.is_eponym(folded[start:end], folded, end)]
