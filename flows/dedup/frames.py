"""`sonocurate duplicates images`: key frames that look alike, reported with their distances; nothing is dropped.

Flows in: table `images`. Flows out: for each frame the earliest one (by id) whose dHash differs in at most so many
bits, with the distance of the pHash beside it. Hashes are kept in table `frame_hashes`, so only new frames are read.
"""

import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation.dedup.engine import new_engine
from curation.dedup.kept import LocalPool
from curation.dedup.picture import picture_hashes
from curation.dedup.rows import NONE, WORDS, Rows, Rule
from flows.progress import Track
from schemas.errors import ConfigError
from schemas.image_hash import FRAME_HASH, NEAR_FRAME
from warehouse.shards import Source
from warehouse.tables import Commit, Shelf

TABLE = "frame_hashes"
#: Frames that are hashed and committed together.
_CHUNK = 500
#: Frames that are compared at a time.
_BATCH = 4096


def near_frames(root: Path, *, distance: int) -> pa.Table:
    """List frames that look like an earlier one. Rows: ``NEAR_FRAME``.

    Raises: ConfigError when there is no warehouse.
    """
    if not root.is_dir():
        raise ConfigError(f"no warehouse at {root}: run `sonocurate run` first")
    shelf = Shelf(root)
    frames = shelf.read("images", ["frame_id", "case_id", "site", "sha256"]).sort_by("frame_id").to_pylist()
    hashes = _hashes(shelf, frames)
    return pa.Table.from_pylist(list(_pairs(frames, hashes, distance)), schema=NEAR_FRAME)


def _hashes(shelf: Shelf, frames: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """Hash what was never hashed, and give the hashes by the content of the frame."""
    known = set(shelf.read(TABLE, ["sha256"])["sha256"].to_pylist())
    new = {frame["sha256"]: frame["frame_id"] for frame in frames if frame["sha256"] not in known}
    source = Source(shelf, "images", "frame_id")
    waiting = iter(sorted(new.values()))
    with Track("hash", len(new), unit="frames") as track:
        while ids := list(islice(waiting, _CHUNK)):
            rows = []
            for row in source.rows(ids, ["frame_id", "sha256", "image"]).to_pylist():
                dhash, phash = (_signed(value) for value in picture_hashes(row["image"]["bytes"]))
                rows.append({"sha256": row["sha256"], "dhash": dhash, "phash": phash})
            chunk = hashlib.sha256("\n".join(row["sha256"] for row in rows).encode()).hexdigest()[:16]
            shelf.append(TABLE, pa.Table.from_pylist(rows, schema=FRAME_HASH), Commit("hash", 0, "", chunk))
            track.advance(len(ids))
    table = shelf.read(TABLE, FRAME_HASH.names, pc.field("sha256").is_valid()).to_pylist()
    return {row["sha256"]: (row["dhash"] % (1 << 64), row["phash"] % (1 << 64)) for row in table}


def _pairs(frames: list[dict[str, Any]], hashes: dict[str, tuple[int, int]], distance: int) -> Iterator[dict[str, Any]]:
    rule = Rule(1.0, distance, protect=False, against_all=True)
    engine = new_engine(len(frames))
    pool = LocalPool(engine, rule)
    values = np.array([hashes[frame["sha256"]][0] for frame in frames], np.uint64)
    for start in range(0, len(frames), _BATCH):
        rows = _rows(values, start, min(start + _BATCH, len(frames)))
        found = pool.search(rows)
        rest = np.flatnonzero(found.best == NONE)
        inside = found.take(np.arange(rows.size))
        engine.greedy(rows, np.ones(rows.size, np.bool_), rule, inside)
        found.put(rest, inside.take(rest))
        pool.add(rows)
        for at, best in enumerate(found.best.tolist(), start):
            if best != NONE:
                yield _pair(frames[at], frames[best], hashes)


def _rows(values: np.ndarray[tuple[int], np.dtype[np.uint64]], start: int, end: int) -> Rows:
    """Show frames to the engine as texts of one token: only their hashes differ."""
    n, numbers = end - start, np.arange(start, end)
    return Rows(
        numbers,
        np.ones(n, np.int64),
        np.full(n, -1, np.int64),
        np.zeros(n, np.int64),
        np.zeros((WORDS, n), np.uint64),
        values[start:end],
        np.zeros(n, np.uint64),
        np.stack([numbers.astype(np.uint64)] * 2),
        np.arange(n + 1),
        numbers.astype(np.uint32),
    )


def _pair(frame: dict[str, Any], other: dict[str, Any], hashes: dict[str, tuple[int, int]]) -> dict[str, Any]:
    (dhash, phash), (other_dhash, other_phash) = hashes[frame["sha256"]], hashes[other["sha256"]]
    return {
        "frame_id": frame["frame_id"],
        "like": other["frame_id"],
        "same_case": frame["case_id"] == other["case_id"],
        "site": frame["site"],
        "dhash_bits": (dhash ^ other_dhash).bit_count(),
        "phash_bits": (phash ^ other_phash).bit_count(),
    }


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
