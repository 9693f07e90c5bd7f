"""Prepared texts as columns of the kept pool, and back: what is stored is the same on every machine.

Tokens are stored by their keys, and every row says under which rule and versions it was kept.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation.dedup.engine import Engine
from curation.dedup.rows import LENGTH_BITS, WORDS, Int64, Rows, UInt64, han_counts
from curation.dedup.simhash import SIMHASH_VERSION
from curation.dedup.slots import SLOTS_VERSION
from curation.dedup.tokens import TOKENIZER_VERSION
from schemas.config import Deduplicate

#: Changes whenever the same tokens would get another bitmap, or the same text another digest.
BITMAP_VERSION = 1
#: Columns of ``KEPT`` that hold a prepared text.
PREPARED = ("scope_key", "digest", "simhash", "bitmap", "tokens", "slots")


def rule_name(config: Deduplicate) -> str:
    """Say in one line what decisions depend on; pools of another rule are not gone on with."""
    slots = f"protect (slots {SLOTS_VERSION})" if config.protect else "no protect"
    return (
        f"rouge {config.rouge_threshold:g}, simhash {config.simhash_distance}, against {config.against}, "
        f"scope {config.scope}, {slots}; tokenizer {TOKENIZER_VERSION}, simhash {SIMHASH_VERSION}, "
        f"bitmap {BITMAP_VERSION}"
    )


def to_columns(rows: Rows, scopes: list[str], engine: Engine) -> dict[str, pa.Array]:
    """Give the columns ``PREPARED`` of n texts."""
    keys = engine.keys(rows.tokens).view(np.int64)
    offsets = pa.array(rows.start, pa.int32())
    return {
        "scope_key": pa.array(scopes, pa.string()),
        "digest": _binary(rows.digest),
        "simhash": pa.array(rows.simhash.view(np.int64)),
        "bitmap": _binary(rows.bitmap),
        "tokens": pa.ListArray.from_arrays(offsets, pa.array(keys)),
        "slots": pa.array(rows.slots.view(np.int64)),
    }


def from_table(table: pa.Table, groups: Int64, engine: Engine) -> Rows:
    """Read n texts with columns ``PREPARED`` and arrival, none of them null."""
    tokens = table["tokens"].combine_chunks()
    lengths = np.asarray(pc.list_value_length(tokens)).astype(np.int64)
    start = np.concatenate(([0], np.cumsum(lengths)))
    keys = np.asarray(tokens.flatten(), dtype=np.int64).view(np.uint64)
    return Rows(
        np.asarray(table["arrival"], dtype=np.int64),
        groups << LENGTH_BITS | lengths,
        np.full(table.num_rows, -1, np.int64),
        han_counts(keys, start),
        _words(table["bitmap"], WORDS),
        np.asarray(table["simhash"], dtype=np.int64).view(np.uint64),
        np.asarray(table["slots"], dtype=np.int64).view(np.uint64),
        _words(table["digest"], 2),
        start,
        engine.number(keys),
    )


def _binary(columns: UInt64) -> pa.Array:
    """Write uint64[words, n] as n values of words x 8 bytes, little-endian."""
    raw = np.ascontiguousarray(columns.T).astype("<u8").tobytes()
    size = 8 * columns.shape[0]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(size), columns.shape[1], [None, pa.py_buffer(raw)]).cast(
        pa.binary()
    )


def _words(column: pa.ChunkedArray, words: int) -> UInt64:
    raw = b"".join(column.to_pylist())
    return np.ascontiguousarray(np.frombuffer(raw, "<u8").astype(np.uint64).reshape(-1, words).T)
