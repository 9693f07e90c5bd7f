"""Views of a release: `stage1` (align frames with reports), `stage2` (tune on pairs), `test` (held out).

In: the shards of a release that is being written. Out: Parquet of ``VIEW_ROW``. Training rows repeat as often as the
weight of their systems says, so that a loader needs no weights: a fraction of a copy goes to that share of the rows,
by a hash of their ids.
Source: EchoVLM section 3.1 (two training stages; the long tail of vessel cases).
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.case import TWIN_FRAME
from schemas.publishing import Release
from schemas.released import VIEW_ROW
from warehouse.shards import shard_path, write_shard

ALIGNMENT = "alignment"
#: view: (component that its rows come from, splits); the test view has both.
VIEWS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "stage1": (("reports",), ("train", "validation")),
    "stage2": (("pairs",), ("train", "validation")),
    "test": (("pairs", "reports"), ("test",)),
}


def write_views(folder: Path, config: Release, *, systems: pa.Table) -> dict[str, int]:
    """Write the views of a release from its shards; ``systems`` has case_id and systems. Returns their rows."""
    frames = _frames_of(folder)
    of_case = dict(zip(systems["case_id"].to_pylist(), systems["systems"].to_pylist(), strict=True))
    counts = {}
    for view, (components, splits) in VIEWS.items():
        (folder / view).mkdir()
        counts[view] = 0
        for split in splits:
            paths = [path for name in components for path in sorted((folder / name).glob(f"{split}-*.parquet"))]
            for number, path in enumerate(paths):
                rows = _rows(pq.read_table(path), frames, of_case)
                rows = _repeated(rows, config) if split == "train" else rows
                write_shard(shard_path(folder / view, split, number, len(paths)), rows, {})
                counts[view] += rows.num_rows
    return counts


def copies(row_id: str, systems: Sequence[str], weights: Mapping[str, float]) -> int:
    """Say how often a training row stands in a view: the largest weight of its systems decides."""
    weight = max((weights.get(system, 1.0) for system in systems), default=1.0)
    part = int.from_bytes(hashlib.sha256(f"copies|{row_id}".encode()).digest()[:8], "big") / 2**64
    return int(weight) + (part < weight - int(weight))


def _frames_of(folder: Path) -> dict[str, list[str]]:
    """List the published frames of every case, without twins."""
    found: dict[str, list[str]] = {}
    for path in sorted((folder / "images").glob("*.parquet")):
        table = pq.read_table(path, columns=["case_id", "frame_id"])
        for case_id, frame_id in zip(*(table[name].to_pylist() for name in table.column_names), strict=True):
            if not frame_id.endswith(TWIN_FRAME):
                found.setdefault(case_id, []).append(frame_id)
    return found


def _rows(table: pa.Table, frames: Mapping[str, list[str]], systems: Mapping[str, list[str]]) -> pa.Table:
    made = _of_pairs(table) if "instance_id" in table.column_names else _of_reports(table, frames, systems)
    return pa.Table.from_pylist(list(made), schema=VIEW_ROW)


def _of_pairs(table: pa.Table) -> Iterator[dict[str, Any]]:
    columns = [name for name in VIEW_ROW.names if name not in ("row_id", "repeat")]
    for row in table.select(["instance_id", *columns]).to_pylist():
        yield {"row_id": row["instance_id"], **row, "repeat": 0}


def _of_reports(
    table: pa.Table, frames: Mapping[str, list[str]], systems: Mapping[str, list[str]]
) -> Iterator[dict[str, Any]]:
    for row in table.to_pylist():
        case_id = row["case_id"]
        yield {
            "row_id": case_id,
            **{name: row[name] for name in ("case_id", "site", "language")},
            "systems": systems.get(case_id, []),
            "task": ALIGNMENT,
            "answer": "\n".join(text for text in (row["findings"], row["impression"]) if text),
            "frame_ids": frames.get(case_id, []),
            "repeat": 0,
        }


def _repeated(rows: pa.Table, config: Release) -> pa.Table:
    weights = {system.value: weight for system, weight in config.system_weights.items()}
    if not weights:
        return rows
    ids, systems = rows["row_id"].to_pylist(), rows["systems"].to_pylist()
    times = [copies(row_id, its, weights) for row_id, its in zip(ids, systems, strict=True)]
    at = [place for place, n in enumerate(times) for _ in range(n)]
    numbers = pa.array([number for n in times for number in range(n)], pa.int32())
    taken = rows.take(pa.array(at, pa.int64()))
    return taken.set_column(taken.schema.get_field_index("repeat"), VIEW_ROW.field("repeat"), numbers)
