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


@dataclass(frozen=True, slots=True)
class Tries:
    """What the log knows of chunks: the line of those whose last try failed; those that were begun and not ended."""

    failed: dict[str, dict[str, Any]]
    begun: frozenset[str]


def states_of(root: Path) -> list[StageState]:
    """Read the state of every stage; of its newest configuration."""
    receipts = Shelf(root).read("receipts", ["stage", "stage_epoch", "chunk_id", "state", "kept", "rejected"])
    tries = tries_of(root)
    if not is_held(root):  # what a killed run had begun is done by nobody
        tries = Tries(tries.failed, frozenset())
    return [_state(name, receipts, tries) for name in STAGES]


def tries_of(root: Path) -> Tries:
    """Read the last try of every chunk; what earlier runs had begun does not count."""
    failed, begun = dict[str, dict[str, Any]](), set[str]()
    for line in read(root):
        event, chunk = line["event"], str(line.get("chunk"))
        if event == "run.started":
            begun.clear()
        elif event == "chunk.started":
            begun.add(chunk)
        elif event in ("chunk.failed", "chunk.done"):
            begun.discard(chunk)
            failed.pop(chunk, None)
            if event == "chunk.failed":
                failed[chunk] = line
    return Tries(failed, frozenset(begun))


def _state(name: str, receipts: pa.Table, tries: Tries) -> StageState:
    rows = [row for row in receipts.to_pylist() if row["stage"] == name]
    epoch = max((row["stage_epoch"] for row in rows), default=-1)
    rows = [row for row in rows if row["stage_epoch"] == epoch]
    done = [row for row in rows if row["state"] == "done"]
    planned = {row["chunk_id"] for row in rows if row["state"] == "planned"}
    rest = planned - {row["chunk_id"] for row in done}
    doing = rest & tries.begun
    failed = sorted(rest & set(tries.failed) - doing)
    why = Counter(str(tries.failed[chunk].get("message") or tries.failed[chunk].get("error")) for chunk in failed)
    return StageState(
        name,
        len(done),
        len(doing),
        len(rest) - len(failed) - len(doing),
        len(failed),
        sum(row["kept"] for row in done),
        sum(row["rejected"] for row in done),
        "; ".join(text for text, _ in why.most_common(1)),
    )
