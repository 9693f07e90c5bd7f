"""The bilingual lexicon: structures, findings, attributes and statuses, each with its spellings.

In: ``lexicon.csv`` beside this file; the landmarks and organs of `curation/vocabulary`; the diagnoses of
`prompts/vocabulary`. Out: spelling -> entities. A diagnosis that is made of entities (hepatic cyst: liver, cyst) stands
for these in all its spellings; any other is a finding of its own.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any

import re2

from curation.generate.template import library
from curation.tries import letters, one_of


class Kind(StrEnum):
    """What an entity is. Source: EchoVLM, entity-level evaluation."""

    STRUCTURE = "structure"
    FINDING = "finding"
    ATTRIBUTE = "attribute"
    STATUS = "status"


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """One entity by its English name."""

    kind: Kind
    name: str


Entities = tuple[Entity, ...]
#: Regions of landmarks that are no structures.
_NOT_ORGANS = ("laterality", "plane", "position", "maneuver", "view", "lesion", "quadrant", "patient")
_NOT_STRUCTURES = frozenset(
    [
        "AF",
        "CI",
        "TWIN A",
        "CLOCK",
        "CMFN",
        "RAD",
        "ARAD",
        "PE",
        "MR",
        "TR",
        "AR",
        "PL EFF",
        "LEVEL I",
        "AX",
        "RUQ",
        "LUQ",
        "RLQ",
        "LLQ",
        "LL",
        "RL",
    ]
)
_BRITISH = (
    ("haem", "hem"),
    ("oedema", "edema"),
    ("tumour", "tumor"),
    ("colour", "color"),
    ("calibre", "caliber"),
    ("artefact", "artifact"),
    ("gynaec", "gynec"),
    ("fibre", "fiber"),
    ("localis", "localiz"),
    ("visualis", "visualiz"),
)
#: Bytes that the automaton of all spellings may take.
_MEMORY = 256 << 20
_HAN = re.compile("[\u4e00-\u9fff]")
#: A side and 乳 mean the breast; in longer words 乳 does not.
_BREAST = re.compile(r"(?<=[左右双侧])乳(?![头腺房晕突沟糜汁]|内[动静淋])")
#: What may stand between the parts of a name that is made of entities.
_GLUE = re.compile(r"[\s,/\-]|\b(?:of|the|in|and|with|a|an)\b|的|性|型|样|形|伴|与|及")


def fold(text: str) -> str:
    """Make spellings alike: width, case, hyphens, British English."""
    flat = unicodedata.normalize("NFKC", text).casefold()
    for one, other in _BRITISH:
        flat = flat.replace(one, other)
    flat = _BREAST.sub("乳房", flat)
    return re.sub(r"\s+", " ", re.sub(r"(?<=[a-z])[-_/](?=[a-z])", " ", flat))


@lru_cache(maxsize=1)
def spellings() -> Mapping[str, Entities]:
    """Map every folded spelling to what it names."""
    found: dict[str, Entities] = {}
    for kind, english, chinese in _own():
        _add(found, (Entity(kind, english[0]),), (*english, *chinese))
    for english, chinese in _organs():
        known = _equal(english[:1], found)
        _add(found, known or (Entity(Kind.STRUCTURE, english[0]),), (*english, *chinese))
    tile = compiled(pattern_of(found))
    for english, chinese in _landmarks():
        names = (*english, *chinese)
        known = _made_of(names, tile, found) or _equal(names, found)
        _add(found, known or (Entity(Kind.STRUCTURE, english[0]),), names)
    atoms = dict(found)
    tile = compiled(pattern_of(atoms))
    for terms in _diagnoses():
        known = _equal(terms, atoms) or _made_of(terms, tile, atoms)
        whole = [term for term in terms if not _made_of([term], tile, atoms)]
        _add(found, known or (Entity(Kind.FINDING, terms[0]),), whole)
    return found


def entries() -> frozenset[Entity]:
    """List the distinct entities."""
    return frozenset(one for entities in spellings().values() for one in entities)


def pattern_of(words: Iterable[str]) -> str:
    """Match any of the folded spellings, longer ones first; English ones as whole words, also in the plural."""
    words = list(words)
    chinese = one_of(letters(word) for word in words if _HAN.search(word))
    english = one_of(letters(word) for word in words if not _HAN.search(word))
    return rf"(?:{chinese})|\b{english}(?:'?s|es)?\b"


def compiled(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
    """Compile a pattern of many words: leftmost, then longest."""
    options = re2.Options()
    options.longest_match, options.max_mem = True, _MEMORY
    return re2.compile(pattern, options)


def _add(found: dict[str, Entities], entities: Entities, words: Iterable[str]) -> None:
    for word in words:
        if word.strip():
            found.setdefault(fold(word.strip()), entities)


def _equal(names: Iterable[str], known: Mapping[str, Entities]) -> Entities | None:
    """Find what the first known of several names stands for."""
    return next((known[fold(name)] for name in names if fold(name) in known), None)


def _made_of(names: Iterable[str], tile: Any, atoms: Mapping[str, Entities]) -> Entities | None:  # noqa: ANN401
    """Split the first name that can be split into entities; None where something of each is left over."""
    for name in map(fold, names):
        places = [place.group() for place in tile.finditer(name)]
        if len(places) > 1 and not _GLUE.sub("", tile.sub(" ", name)):
            return tuple(dict.fromkeys(one for place in places for one in named(place, atoms)))
    return None


def named(word: str, known: Mapping[str, Entities]) -> Entities:
    """Look a matched word up, without its plural ending."""
    for ending in ("", "'s", "es", "s"):
        stem = word.removesuffix(ending) if ending else word
        if stem in known:
            return known[stem]
    return ()


def _own() -> Iterator[tuple[Kind, list[str], list[str]]]:
    with (files("benchmark") / "entities" / "lexicon.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield Kind(row["kind"]), row["en"].split(";"), row["zh"].split(";")


def _organs() -> Iterator[tuple[list[str], list[str]]]:
    """Give the organs of the vocabulary of deduplication."""
    for row in _vocabulary("slots.csv"):
        if row["kind"] == "organ":
            terms = row["terms"].split(";")
            chinese = [term for term in terms if _HAN.search(term)]
            yield [row["value"], *(term for term in terms if term not in chinese)], chinese


def _landmarks() -> Iterator[tuple[list[str], list[str]]]:
    """Give the landmarks that are structures; their labels on the screen are too short to be words of a report."""
    for row in _vocabulary("landmarks.csv"):
        if row["label"] in _NOT_STRUCTURES or any(word in row["region"] for word in _NOT_ORGANS):
            continue
        english = re.sub(r"\s*\(.*?\)", "", row["meaning_en"]).split(",")[0].strip()
        aliases = [alias for alias in row["aliases"].split(";") if _HAN.search(alias) and len(alias) > 1]
        aliases = [alias for alias in aliases if alias[0] not in "左右双" or row["meaning_zh"][0] in "左右双"]
        long_names = [
            alias for alias in row["aliases"].split(";") if alias.isascii() and len(alias) > 5 and alias.isalpha()
        ]
        yield [english, *long_names], [*row["meaning_zh"].split("/"), *aliases]


def _vocabulary(name: str) -> Iterator[dict[str, str]]:
    with (files("curation") / "vocabulary" / name).open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _diagnoses() -> Iterator[list[str]]:
    for vocabulary in library().vocabularies:
        for term in vocabulary.diagnoses:
            yield [term.en, term.zh, *term.also_en, *term.also_zh]
