"""`sonocurate status`: what every stage has done, is doing, has still to do, and what failed and why.

Flows in: receipts and the log. Flows out: a row per stage. Reads only; a server is not needed.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from flows.alone import is_held
from flows.stage import STAGES
from flows.watch.log import read
from warehouse.tables import Shelf


@dataclass(frozen=True, slots=True)
class StageState:
    """One stage: chunks done, being worked on, waiting for a run, failed at their last try; rows of those done."""

    stage: str
    done: int
    doing: int
    waiting: int
    failed: int
    kept: int
    rejected: int
    why: str


def states_of(root: Path) -> list[StageState]:
    """Read the state of every stage; of its newest configuration."""
    receipts = Shelf(root).read("receipts", ["stage", "stage_epoch", "chunk_id", "state", "kept", "rejected"])
    failures = failures_of(root)
    held = is_held(root)
    return [_state(name, receipts, failures, held=held) for name in STAGES]


def failures_of(root: Path) -> dict[str, dict[str, Any]]:
    """Read the chunks whose last try failed, with the line that says why."""
    last: dict[str, dict[str, Any]] = {}
    for line in read(root):
        if line["event"] == "chunk.failed":
            last[line["chunk"]] = line
        elif line["event"] == "chunk.done":
            last.pop(line["chunk"], None)
    return last


def _state(name: str, receipts: pa.Table, failures: dict[str, dict[str, Any]], *, held: bool) -> StageState:
    rows = [row for row in receipts.to_pylist() if row["stage"] == name]
    epoch = max((row["stage_epoch"] for row in rows), default=-1)
    rows = [row for row in rows if row["stage_epoch"] == epoch]
    done = [row for row in rows if row["state"] == "done"]
    planned = {row["chunk_id"] for row in rows if row["state"] == "planned"}
    rest = planned - {row["chunk_id"] for row in done}
    failed = sorted(rest & set(failures))
    open_chunks = len(rest) - len(failed)
    why = Counter(str(failures[chunk].get("message") or failures[chunk].get("error")) for chunk in failed)
    return StageState(
        name,
        len(done),
        open_chunks if held else 0,
        0 if held else open_chunks,
        len(failed),
        sum(row["kept"] for row in done),
        sum(row["rejected"] for row in done),
        "; ".join(text for text, _ in why.most_common(1)),
    )
