"""Which systems a case covers, and whether a report is about ultrasound at all.

Rule (tested): a report is relevant when it holds a sonographic term, or an organ term together with a status term and
no term of another modality. Everything else is IRRELEVANT_REPORT (EchoVLM section 3.1: irrelevant reports removed).
"""

import csv
import re
from functools import cache
from importlib.resources import files

from schemas.case import AnatomicalSystem


def is_relevant(text: str) -> bool:
    """Say whether a report is about an ultrasound examination."""
    groups = _relevance()
    if groups["sonographic"].search(text):
        return True
    organ = any(pattern.search(text) for pattern in _keywords().values())
    return organ and bool(groups["status"].search(text)) and not groups["other_modality"].search(text)


def named_systems(labels: list[str]) -> list[str]:
    """Map the table's labels to systems, in the order of the enum; an unknown label is `other`."""
    aliases = _aliases()
    found = {aliases.get(label.strip().casefold(), AnatomicalSystem.OTHER) for label in labels if label.strip()}
    return [system.value for system in AnatomicalSystem if system in found]


def mentioned_systems(text: str) -> list[str]:
    """Find the systems whose organs a report mentions; `other` when there are none."""
    found = [system.value for system, pattern in _keywords().items() if pattern.search(text)]
    return found or [AnatomicalSystem.OTHER.value]


def _pattern(terms: list[str]) -> re.Pattern[str]:
    """Match any term; Latin terms as whole words, Han terms anywhere."""
    latin = sorted((re.escape(term) for term in terms if term.isascii()), key=len, reverse=True)
    han = sorted((re.escape(term) for term in terms if not term.isascii()), key=len, reverse=True)
    parts = ([rf"(?<![a-z0-9])(?:{'|'.join(latin)})s?(?![a-z])"] if latin else []) + han
    return re.compile("|".join(parts), re.IGNORECASE)


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("curation") / "vocabulary" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _relevance() -> dict[str, re.Pattern[str]]:
    return {row["group"]: _pattern(row["terms"].split(";")) for row in _rows("relevance.csv")}


@cache
def _keywords() -> dict[AnatomicalSystem, re.Pattern[str]]:
    return {AnatomicalSystem(row["system"]): _pattern(row["keywords"].split(";")) for row in _rows("systems.csv")}


@cache
def _aliases() -> dict[str, AnatomicalSystem]:
    names = {system.value: system for system in AnatomicalSystem}
    for row in _rows("systems.csv"):
        names.update(
            dict.fromkeys((alias.casefold() for alias in row["aliases"].split(";")), AnatomicalSystem(row["system"]))
        )
    return names
