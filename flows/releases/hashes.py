"""Perceptual hashes of published frames: computed once per picture, kept in table `frame_hashes`.

Flows in: table `images`. Flows out: hashes by the content of a frame.
"""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curation.dedup.picture import picture_hashes
from flows.progress import Track
from schemas.image_hash import FRAME_HASH
from warehouse.shards import Source
from warehouse.tables import Commit, Shelf, Tables

TABLE = "frame_hashes"
#: Frames that are hashed and committed together.
CHUNK = 500


def hash_frames(shelf: Shelf) -> None:
    """Hash every frame of `images` that was never hashed; a run that was cut down goes on where it stopped."""
    frames = shelf.read("images", ["frame_id", "sha256"])
    new = frames.filter(pc.invert(pc.is_in(frames["sha256"], shelf.read(TABLE, ["sha256"])["sha256"].unique())))
    if not new.num_rows:
        return
    first = new.group_by("sha256").aggregate([("frame_id", "min")])["frame_id_min"].combine_chunks()
    ids = first.take(pc.sort_indices(first))
    with Track("hash frames", len(ids), unit="frames") as track:
        for rows in Source(shelf, "images", "frame_id").batches(ids, CHUNK, ["sha256", "image"]):
            made = [_row(row["sha256"], row["image"]["bytes"]) for row in rows.to_pylist()]
            chunk = hashlib.sha256("\n".join(str(row["sha256"]) for row in made).encode()).hexdigest()[:16]
            shelf.append(TABLE, pa.Table.from_pylist(made, schema=FRAME_HASH), Commit("hash", 0, "", chunk))
            track.advance(rows.num_rows)


def hashes_of(tables: Tables, sha256: pa.ChunkedArray) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Give dHash and pHash of frames by their content.

    Shapes: both uint64[n].
    """
    known = tables.read(TABLE, FRAME_HASH.names)
    at = pc.index_in(sha256, value_set=known["sha256"].combine_chunks())
    columns = (known[name].take(at).to_numpy().astype(np.int64).view(np.uint64) for name in ("dhash", "phash"))
    dhash, phash = columns
    return dhash, phash


def _row(sha256: str, png: bytes) -> dict[str, Any]:
    dhash, phash = (value - (1 << 64) if value >= 1 << 63 else value for value in picture_hashes(png))
    return {"sha256": sha256, "dhash": dhash, "phash": phash}
