"""Phrases of the console: word files in, random phrases out.

In: the CSV and TOML files of ``words/``. Out: filled phrases, drawn by weight.
The small language of a phrase: ``{a|b}`` one of, ``{1.5..9.0}`` a number with the decimals of its lower end,
``{#6}`` six digits, ``{@}`` a capital letter; it may nest.
"""

import csv
import re
import tomllib
from functools import lru_cache
from importlib.resources import files
from random import Random
from typing import Any, NamedTuple

_HOLE = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)")


class Statement(NamedTuple):
    """One measurement as its cells; empty cells are not shown."""

    label: str
    value: str
    unit: str
    extra: tuple[str, ...]


def fill(phrase: str, rng: Random) -> str:
    """Fill every hole of a phrase and close up double spaces."""
    while True:
        filled = _HOLE.sub(lambda match: _hole(match[1], rng), phrase)
        if filled == phrase:
            return re.sub(r" {2,}", " ", filled).strip()
        phrase = filled


def _hole(inner: str, rng: Random) -> str:
    if inner == "@":
        return rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ")
    if inner.startswith("#"):
        return "".join(rng.choice("0123456789") for _ in range(int(inner[1:])))
    span = _RANGE.fullmatch(inner)
    if span is None:
        return rng.choice(inner.split("|"))
    decimals = len(span[1].partition(".")[2])
    value = rng.uniform(*sorted((float(span[1]), float(span[2]))))
    width = len(span[1]) if span[1].startswith("0") and decimals == 0 and len(span[1]) > 1 else 0
    return f"{value:0{width}.{decimals}f}"


@lru_cache(maxsize=1)
def people() -> dict[str, Any]:
    """Read the parts of invented people."""
    return _toml("people.toml")


@lru_cache(maxsize=1)
def settings() -> dict[str, dict[str, list[str]]]:
    """Read the settings of each family of consoles."""
    return _toml("settings.toml")


@lru_cache(maxsize=4)
def landmarks(language: str) -> dict[str, list[tuple[float, str]]]:
    """Read landmark phrases with their weights, by anatomical system; ``any`` fits every system."""
    table: dict[str, list[tuple[float, str]]] = {}
    for row in _rows(f"landmarks_{language}.csv"):
        table.setdefault(row["system"], []).append((float(row["weight"]), row["phrase"]))
    return table


@lru_cache(maxsize=4)
def measures(language: str) -> dict[str, dict[str, list[dict[str, str]]]]:
    """Read measurement sets: system, set, rows."""
    table: dict[str, dict[str, list[dict[str, str]]]] = {}
    for row in _rows(f"measures_{language}.csv"):
        table.setdefault(row["system"], {}).setdefault(row["set"], []).append(row)
    return table


def landmark(system: str, language: str, rng: Random) -> str:
    """Draw one landmark phrase of a system, now and then one that fits any system."""
    table = landmarks(language)
    chosen = table[system] if system in table and ("any" not in table or rng.random() < 0.85) else table["any"]
    weights = [weight for weight, _ in chosen]
    return fill(rng.choices([phrase for _, phrase in chosen], weights)[0], rng)


def statements(system: str, language: str, rng: Random, most: int) -> list[Statement]:
    """Draw one set of measurements of a system, in the order a report screen lists them."""
    table = measures(language)
    sets = {**table.get(system, {}), **(table["any"] if rng.random() < 0.35 else {})}
    names = list(sets)
    rows = sets[rng.choices(names, [float(sets[name][0]["weight"]) for name in names])[0]]
    count = min(most, len(rows), rng.choice((1, 2, 3, 3, 4, 4, 5, 6, 8)))
    start = rng.randrange(len(rows) - count + 1)
    return [_statement(row, rng) for row in rows[start : start + count]]


def _statement(row: dict[str, str], rng: Random) -> Statement:
    extra = tuple(part for part in fill(row["extra"], rng).split(";") if part)
    return Statement(fill(row["label"], rng), fill(row["value"], rng), fill(row["unit"], rng), extra)


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((files("flows.planted") / "words" / name).read_text(encoding="utf-8"))


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("flows.planted") / "words" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
