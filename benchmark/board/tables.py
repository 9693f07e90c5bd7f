"""The tables of a leaderboard, as plain rows; HTML and Markdown write the same ones.

In: results of models. Out: titled tables.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmark.metrics.u2_score import WEIGHTS, u2_score
from benchmark.records import Status
from benchmark.statistics.difficulty import difficulty, summary
from benchmark.statistics.ranks import random_ranks, rank_table
from benchmark.stored import Stored

#: Failures that are shown per model, and hard items per leaderboard.
MOST_SHOWN = 12
_PARTS = (
    ("dataset", "By dataset"),
    ("anatomy", "By anatomy"),
    ("visible", "By whether the answer stands in the picture"),
)


@dataclass(frozen=True, slots=True)
class Titled:
    """A table with its title and a line that says how to read it."""

    title: str
    note: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def tables_of(results: Sequence[Stored]) -> Iterator[Titled]:
    """Give all tables that have rows."""
    tables = [
        _main(results),
        *(
            _scores(results, scope, title)
            for scope, title in (
                ("task", "By task"),
                ("pooled", "All items of a task"),
                ("prompts", "Spread over prompts"),
            )
        ),
        _statuses(results),
        *(_scores(results, scope, title) for scope, title in _PARTS),
        *_ranks(results),
        *_difficulty(results),
        _faults(results),
        _failures(results),
    ]
    yield from (table for table in tables if table.rows)


def u2_models(results: Sequence[Stored]) -> dict[str, dict[str, float | None]]:
    """Give the U2 figures of the models that have them."""
    return {one.model: one.facts["u2_figures"] for one in results if one.facts.get("u2_figures")}


def number(value: float | None, digits: int = 4) -> str:
    """Write a figure."""
    return "–" if value is None else f"{value:.{digits}f}"


def interval(row: dict[str, Any]) -> str:
    """Write a figure with its interval."""
    if row["value"] is None:
        return "–"
    digits = 2 if abs(row["value"]) >= 2 else 4
    return f"{row['value']:.{digits}f} [{number(row['low'], digits)}, {number(row['high'], digits)}]"


def _main(results: Sequence[Stored]) -> Titled:
    models = u2_models(results)
    overall = {one.model: row for one in results for row in one.scores if row["scope"] == "overall"}
    order = sorted(models, key=lambda model: -u2_score(models[model]))
    rows = [
        (str(rank), model, interval(overall[model]), *(number(models[model][name]) for name in WEIGHTS))
        for rank, model in enumerate(order, 1)
    ]
    note = "U2-Score with its 95 % interval (patients resampled within datasets), and the figures it is made of."
    return Titled("U2-Score", note, ("rank", "model", "U2-Score", *WEIGHTS), rows)


def _scores(results: Sequence[Stored], scope: str, title: str) -> Titled:
    keys = dict.fromkeys(
        (row["task"], row["name"], row["figure"]) for one in results for row in one.scores if row["scope"] == scope
    )
    held = [
        {(row["task"], row["name"], row["figure"]): row for row in one.scores if row["scope"] == scope}
        for one in results
    ]
    rows = []
    for key in keys:
        own = [rows_of.get(key) for rows_of in held]
        first = next(row for row in own if row is not None)
        items = f"{first['n_scored']} of {first['n_items']}"
        rows.append((*key, items, *(interval(row) if row else "–" for row in own)))
    note = "Value with its 95 % interval; items: in the denominator, of all (of the first model)."
    return Titled(title, note, ("task", "of", "figure", "items", *(one.model for one in results)), rows)


def what_became(one: Stored) -> Counter[str]:
    """Count the items of a model as right, wrong, scored (no right or wrong), refused, unparsable, missing."""
    counts: Counter[str] = Counter()
    for row in one.statuses:
        known = {True: "right", False: "wrong", None: "scored"}[row["right"]]
        counts[known if row["status"] == Status.ANSWERED.value else row["status"]] += row["n_items"]
    return counts


def _statuses(results: Sequence[Stored]) -> Titled:
    names = ("right", "wrong", "scored", "refused", "unparsable", "missing")
    rows = [(one.model, *(str(what_became(one)[name]) for name in names)) for one in results]
    note = (
        "Refusals, answers that state nothing (or several things) and missing answers are kept apart from wrong ones."
    )
    return Titled("What became of the answers", note, ("model", *names), rows)


def _ranks(results: Sequence[Stored]) -> Iterator[Titled]:
    models = u2_models(results)
    if len(models) < 2:
        return
    rows = rank_table(models)
    names = list(dict.fromkeys(row["weights"] for row in rows))
    placed = {(row["weights"], row["model"]): row for row in rows}
    table = [
        (
            name,
            number(placed[name, next(iter(models))]["tau"], 3),
            *(f"{placed[name, model]['rank']} ({placed[name, model]['score']:.4f})" for model in models),
        )
        for name in names
    ]
    yield Titled(
        "Ranks under other task weights",
        "Rank (score); tau: Kendall's, with the published order.",
        ("weights", "tau", *models),
        table,
    )
    drawn = [
        (row["model"], f"{100 * row['first']:.1f} %", str(row["best"]), f"{row['median']:g}", str(row["worst"]))
        for row in random_ranks(models)
    ]
    yield Titled(
        "Ranks under 1,000 random weights",
        "Weights uniform over all that add up to 1.",
        ("model", "leads", "best", "median", "worst"),
        drawn,
    )


def _difficulty(results: Sequence[Stored]) -> Iterator[Titled]:
    rows = difficulty(results)
    if not rows:
        return
    found = [
        (
            row["task"],
            str(row["n_items"]),
            str(row["all right"]),
            str(row["none right"]),
            number(row["mean share right"], 3),
        )
        for row in summary(rows)
    ]
    yield Titled(
        "How hard the items are",
        "Items that every model, or none, gets right.",
        ("task", "items", "all right", "none right", "mean share right"),
        found,
    )
    hard = [
        (
            row["item_id"],
            row["task"],
            row["dataset"],
            row["anatomy"],
            number(row["share_right"], 2),
            number(row["correlation"], 2),
        )
        for row in rows[:MOST_SHOWN]
    ]
    note = "Correlation: being right here with accuracy elsewhere (from 4 models on)."
    yield Titled("The hardest items", note, ("item", "task", "dataset", "anatomy", "share right", "correlation"), hard)


def _faults(results: Sequence[Stored]) -> Titled:
    rows = [
        (
            one.model,
            fault["fault"],
            str(fault["count"]),
            ", ".join(fault["ids"][:5]) + (", …" if fault["count"] > 5 else ""),
        )
        for one in results
        for fault in one.facts["faults"]
    ]
    rows += [(one.model, note, "", "") for one in results for note in one.facts["notes"]]
    return Titled("What was wrong with the input, and what was skipped", "", ("model", "what", "count", "ids"), rows)


def _failures(results: Sequence[Stored]) -> Titled:
    rows = []
    for one in results:
        failed = [
            row
            for row in one.items
            if row["status"] != Status.ANSWERED.value or (row["score"] == 0 and row["gold"] is not None)
        ]
        step = max(1, len(failed) // MOST_SHOWN)
        for row in failed[::step][:MOST_SHOWN]:
            became = row["status"] if row["status"] != Status.ANSWERED.value else "wrong"
            rows.append(
                (
                    one.model,
                    row["item_id"],
                    row["task"],
                    row["anatomy"],
                    became,
                    row["stated"] or row["why"] or "",
                    row["gold"] or "",
                )
            )
    note = "Spread over the items in their order; texts of reports are not shown."
    return Titled("Examples of failures", note, ("model", "item", "task", "anatomy", "became", "stated", "gold"), rows)
