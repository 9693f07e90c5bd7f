"""Findings of a text by concept, in Chinese and English, with their places and what the text says of them.

In: folded text. Out: ``Finding`` rows. The words are rows of ``curation/vocabulary/findings.csv``: a concept, its kind,
its words (regular expressions), what else in a report supports it and what contradicts it.
Source: terms of the BI-RADS, TI-RADS, O-RADS, LI-RADS and ASE lexicons and of the project's bilingual vocabulary.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from curation.facts.scope import Status, status


@dataclass(frozen=True, slots=True)
class Concept:
    """A row of the table."""

    name: str
    kind: str
    pattern: re.Pattern[str]
    supported_by: frozenset[str]
    contrary: frozenset[str]


class Finding(NamedTuple):
    """A concept that a text names. ``start`` and ``end`` are half-open offsets."""

    name: str
    start: int
    end: int
    status: Status


@cache
def concepts() -> dict[str, Concept]:
    """Read the table once per process."""
    table = files("curation").joinpath("vocabulary/findings.csv").read_text(encoding="utf-8")
    return {
        row["name"]: Concept(
            row["name"],
            row["kind"],
            _pattern(row["en"], row["zh"]),
            frozenset(filter(None, row["supported_by"].split(";"))),
            frozenset(filter(None, row["contrary"].split(";"))),
        )
        for row in csv.DictReader(table.splitlines())
    }


def _pattern(english: str, chinese: str) -> re.Pattern[str]:
    parts = [rf"(?<![a-z])(?:{english})(?![a-z])" if english else "", chinese]
    return re.compile("|".join(filter(None, parts)), re.IGNORECASE)


def findings(text: str) -> list[Finding]:
    """Read findings; a word inside a longer one (cyst in chocolate cyst) counts for the longer one only."""
    found = sorted(
        (
            (match.start(), -match.end(), name)
            for name, one in concepts().items()
            for match in one.pattern.finditer(text)
        )
    )
    out: list[Finding] = []
    for start, minus_end, name in found:
        if any(
            one.start <= start and -minus_end <= one.end and one.end - one.start > -minus_end - start for one in out
        ):
            continue
        out.append(Finding(name, start, -minus_end, status(text, start, -minus_end)))
    return out
