"""Known PHI of a case: its spellings, and where they stand in a text.

In: a ``KNOWN_PHI`` dict (kind -> strings as written). Out: spellings for byte scans, or places in a text.
Source: spec of the house: known PHI overrides every keep (name order, initials, pinyin <-> Hanzi, date formats).
"""

from collections.abc import Mapping, Sequence

from curation.text.folding import is_han
from curation.text.lexicon import clinical_en, clinical_zh, names_en, surnames_zh
from curation.text.skeleton import Skeleton, occurrences, skeleton
from curation.text.spellings import (
    date_forms,
    id_forms,
    name_forms,
    name_parts,
    phone_forms,
    place_forms,
    reduced,
    sounds,
    surname,
)

KnownPhi = Mapping[str, Sequence[str] | None]


def variants(known_phi: KnownPhi) -> list[str]:
    """List the spellings of known PHI that prove a leak when found in bytes (whole values, no lone initials)."""
    return sorted(
        {form for _, form in _forms(known_phi) if len(reduced(form)) > 1}, key=lambda form: (-len(form), form)
    )


def find_known(text: str, known_phi: KnownPhi) -> list[tuple[int, int, str]]:
    """Find known PHI in any spelling: half-open code-point offsets and the kind of ``KNOWN_PHI``, in order."""
    if not any(known_phi.values()):
        return []
    body = skeleton(text)
    found = {(start, end, kind) for kind, form in _needles(known_phi) for start, end in occurrences(body, form)}
    found.update(_lone_parts(body, known_phi))
    found.update(_as_hanzi(body, known_phi))
    return sorted(found)


def _values(known_phi: KnownPhi, kind: str) -> list[str]:
    return [value.strip() for value in known_phi.get(kind) or () if value and value.strip()]


def _forms(known_phi: KnownPhi) -> list[tuple[str, str]]:
    """Spell every value out: (kind, spelling)."""
    out: list[tuple[str, str]] = []
    for kind in ("names", "physicians"):
        out += [(kind, form) for name in _values(known_phi, kind) for form in name_forms(name)]
    out += [("ids", form) for value in _values(known_phi, "ids") for form in id_forms(value)]
    out += [("phones", form) for value in _values(known_phi, "phones") for form in phone_forms(value)]
    out += [("dates", form) for value in _values(known_phi, "dates") for form in date_forms(value)]
    for kind in ("addresses", "institutions"):
        out += [(kind, form) for value in _values(known_phi, kind) for form in place_forms(value)]
    return out


def _needles(known_phi: KnownPhi) -> set[tuple[str, str]]:
    return {(kind, needle) for kind, form in _forms(known_phi) if len(needle := reduced(form)) > 1}


def _lone_parts(body: Skeleton, known_phi: KnownPhi) -> set[tuple[int, int, str]]:
    """Find a single Latin name part; one that is also a word counts only with a capital inside small letters."""
    out: set[tuple[int, int, str]] = set()
    for kind in ("names", "physicians"):
        for name in _values(known_phi, kind):
            for part in name_parts(name):
                key = reduced(part)
                if len(key) < 3 or any(map(is_han, part)):
                    continue
                word = key in clinical_en() or key in names_en("weak")
                for start, end in occurrences(body, key):
                    piece = body.source[start:end]
                    if not word or (
                        piece[0].isupper() and piece[1:].islower() and _inside_sentence(body.source, start)
                    ):
                        out.add((start, end, kind))
    return out


def _inside_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" ")
    return bool(before) and before[-1] not in ".:;!?\n\r。：；" and start > 0


def _as_hanzi(body: Skeleton, known_phi: KnownPhi) -> set[tuple[int, int, str]]:
    """Find Chinese characters that read like a romanized known name (Zhang Wei -> 张伟)."""
    if not any(map(is_han, body.text)):
        return set()
    out: set[tuple[int, int, str]] = set()
    for kind in ("names", "physicians"):
        for name in _values(known_phi, kind):
            parts = [part.lower() for part in name_parts(name)]
            if len(parts) < 2 or not all(part.isascii() and part.isalpha() for part in parts):
                continue
            spoken = {"".join(parts), "".join((parts[-1], *parts[:-1]))}
            out.update((start, end, kind) for start, end in _read_alike(body, frozenset(spoken)))
    return out


def _read_alike(body: Skeleton, spoken: frozenset[str]) -> set[tuple[int, int]]:
    longest = max(map(len, spoken))
    out: set[tuple[int, int]] = set()
    families = surnames_zh("strong") | surnames_zh("weak")
    for at, char in enumerate(body.text):
        if char not in families and body.text[at : at + 2] not in surnames_zh("compound"):
            continue
        for size in (2, 3, 4):
            window = body.text[at : at + size]
            if len(window) < size or not all(map(is_han, window)) or size > longest or window in clinical_zh():
                break
            if any(
                "".join((family, *given)) in spoken
                for family, given in sounds(surname(window), window[len(surname(window)) :])
            ):
                out.add((body.places[at], body.places[at + size - 1] + 1))
    return out
