"""`sonocurate duplicates images`: key frames that look alike, reported with their distances; nothing is dropped.

Flows in: table `images`. Flows out: for each frame the earliest one (by id) whose dHash differs in at most so many
bits, with the distance of the pHash beside it. Hashes are kept in table `frame_hashes`, so only new frames are read.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curation.dedup.engine import new_engine
from curation.dedup.kept import LocalPool
from curation.dedup.rows import NONE, WORDS, Rows, Rule
from flows.releases.hashes import TABLE, hash_frames, hashes_of
from schemas.errors import ConfigError
from schemas.image_hash import NEAR_FRAME
from warehouse.tables import Shelf

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
    hashes = _hashes(shelf)
    return pa.Table.from_pylist(list(_pairs(frames, hashes, distance)), schema=NEAR_FRAME)


def _hashes(shelf: Shelf) -> dict[str, tuple[int, int]]:
    """Hash what was never hashed, and give the hashes by the content of the frame."""
    hash_frames(shelf)
    known = shelf.read(TABLE, ["sha256"])["sha256"]
    dhash, phash = hashes_of(shelf, known)
    return dict(zip(known.to_pylist(), zip(dhash.tolist(), phash.tolist(), strict=True), strict=True))


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
