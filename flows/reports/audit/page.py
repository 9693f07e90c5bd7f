"""The page of a text audit: what each method finds, what it destroys, and by which kinds of identifiers.

Flows in: figures. Flows out: one self-contained HTML file. No report text stands in it.
"""

from collections.abc import Sequence
from html import escape
from typing import Any

from flows.page import page, percent, table

SCOPE = (
    "Measured on the labelled reports of this file; the figures hold for reports like them. A label counts as found "
    "when every letter and digit of it is redacted. Intervals: 95 %, reports drawn anew 1,000 times."
)
_MEASURES = ("recall", "precision", "clinical_lost", "protected_survived")


def render_page(numbers: dict[str, Any]) -> str:
    """Render the report."""
    parts = ["<h1>Scrubbing audit</h1>", f"<p class=note>{escape(SCOPE)}</p>"]
    for language in languages_of(numbers):
        parts += [
            f"<h2>{escape(language)}</h2>",
            table(*methods_table(numbers, language)),
            _entities(numbers, language),
        ]
    return page("Scrubbing audit", parts)


def languages_of(numbers: dict[str, Any]) -> list[str]:
    """List the languages of the audit."""
    return list(next(iter(numbers["methods"].values())))


def methods_table(numbers: dict[str, Any], language: str) -> tuple[Sequence[str], list[Sequence[str]]]:
    """Give head and rows: one row per method."""
    rows: list[Sequence[str]] = [
        (name, *(with_interval(found[language][measure]) for measure in _MEASURES))
        for name, found in numbers["methods"].items()
    ]
    first = next(iter(numbers["methods"].values()))[language]
    head = (f"{first['reports']} reports, {first['spans']} labels", *(m.replace("_", " ") for m in _MEASURES))
    return head, rows


def with_interval(share: dict[str, float | None]) -> str:
    """Write a share with its interval."""
    if share["value"] is None:
        return "–"
    return f"{percent(share['value'], 2)} ({percent(share['low'], 1)}–{percent(share['high'], 1)})"


def _entities(numbers: dict[str, Any], language: str) -> str:
    methods = {name: found[language]["by_entity"] for name, found in numbers["methods"].items()}
    kinds = next(iter(methods.values()))
    rows = [
        (kind, str(kinds[kind]["spans"]), *(percent(by[kind]["recall"]) for by in methods.values())) for kind in kinds
    ]
    return table(("entity", "labels", *methods), rows)
