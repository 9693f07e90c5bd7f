"""A folder of results: written by `sonocurate bench score --out`, read by `compare` and `leaderboard`.

In and out: scores.parquet, statuses.parquet, items.parquet, result.json. The last is written last: a folder that has it
is whole. No path of this machine and no text of a report is in it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmark.metrics.columns import Figure
from benchmark.metrics.known import BINARY, combine_of, higher_is_better
from benchmark.records import Item, Mode, Parsed, Status
from benchmark.rows import SCORE
from benchmark.score import Result, counts_of
from benchmark.statistics.groups import Block
from schemas.errors import ConfigError

MANIFEST = "result.json"


@dataclass(frozen=True, slots=True)
class Stored:
    """Results that were read."""

    name: str
    facts: dict[str, Any]
    scores: list[dict[str, Any]]
    statuses: list[dict[str, Any]]
    items: list[dict[str, Any]]

    @property
    def model(self) -> str:
        """The model that answered."""
        return str(self.facts["model"])

    @property
    def mode(self) -> Mode:
        """How it was scored."""
        return Mode(self.facts["mode"])


def score_table(result: Result) -> pa.Table:
    """Give one row per figure and group."""
    return pa.Table.from_pylist(result.scores, schema=SCORE)


def write_result(result: Result, folder: Path) -> None:
    """Write a result into a new or empty folder; an interrupted one is written over.

    Raises: ConfigError when the folder holds other results, or cannot be written.
    """
    if (folder / MANIFEST).exists():
        raise ConfigError(f"{folder} holds results: name a new folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(score_table(result), folder / "scores.parquet")
        pq.write_table(result.status_table(), folder / "statuses.parquet")
        pq.write_table(result.item_table(), folder / "items.parquet")
        aside = folder / f".{MANIFEST}"
        aside.write_text(json.dumps(_facts(result), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        aside.replace(folder / MANIFEST)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written: {error.strerror}") from None


def _facts(result: Result) -> dict[str, Any]:
    asked = result.asked
    return {
        **{"model": asked.model, "suite": asked.suite.value, "mode": asked.mode.value},
        **{"gold": asked.gold.name, "answers": asked.answers.name, "resamples": asked.resamples, "seed": asked.seed},
        **{"statuses": dict(counts_of(result)), "faults": result.faults.table(), "notes": result.notes},
        "u2_figures": result.u2_figures,
    }


def read_result(folder: Path) -> Stored:
    """Read a folder of results.

    Raises: ConfigError when it is none.
    """
    try:
        facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        tables = [pq.read_table(folder / f"{name}.parquet").to_pylist() for name in ("scores", "statuses", "items")]
    except (OSError, ValueError, pa.ArrowException):
        raise ConfigError(
            f"{folder} holds no results: `sonocurate bench score … --out {folder.name}` writes them"
        ) from None
    return Stored(folder.name, facts, *tables)


def blocks_of(stored: Stored, item_ids: Sequence[str]) -> list[Block]:
    """Make blocks of some items again, in a fixed order."""
    by_id = {row["item_id"]: row for row in stored.items}
    members: dict[tuple[str, str, tuple[str, ...]], list[dict[str, Any]]] = {}
    for item_id in item_ids:
        row = by_id[item_id]
        names = tuple(pair["figure"] for pair in row["sums"])
        members.setdefault((row["task"], row["dataset"], names), []).append(row)
    return [
        Block(
            task,
            dataset,
            [*_items(rows)],
            [Parsed(Status(row["status"])) for row in rows],
            _figures(names, rows, stored.mode),
        )
        for (task, dataset, names), rows in sorted(members.items(), key=lambda one: one[0])
    ]


def _items(rows: Sequence[dict[str, Any]]) -> Iterator[Item]:
    for row in rows:
        yield Item(row["item_id"], row["task"], row["dataset"], None, row["patient"], row["anatomy"])


def _figures(names: Sequence[str], rows: Sequence[dict[str, Any]], mode: Mode) -> list[Figure]:
    figures = []
    for place, name in enumerate(names):
        sums = np.array([row["sums"][place]["sums"] for row in rows], dtype=np.float64)
        figures.append(Figure(name, sums, combine_of(name, mode), higher_is_better(name), name in BINARY))
    return figures
