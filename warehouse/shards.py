"""Write plain Parquet shards: rows in id order, a fixed number per file, the same bytes for the same rows.

In: a Delta table's current files and the ids to publish. Out: shard files. Memory holds one shard at a time.
Source: Hugging Face datasets, Parquet schema metadata key ``huggingface``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warehouse.tables import Tables, read_files

IMAGE_ROWS_PER_GROUP = 64
TEXT_ROWS_PER_GROUP = 10_000


class Source:
    """Tables of one schema with an index id -> file, so that a shard opens only the files it needs.

    The index is two arrays, sorted by id: a million ids take some 60 MB.
    Raises: ConfigError naming a file that is missing or damaged.
    """

    def __init__(self, shelf: Tables, name: str, key: str, *others: str) -> None:
        self.key, self.name = key, name
        found = [(table, path) for table in (name, *others) for path in shelf.files(table)]
        self._paths = [path for _, path in found]
        ids = [read_files(table, [path], [key])[key].combine_chunks() for table, path in found]
        places = [np.full(len(some), at, np.int32) for at, some in enumerate(ids)]
        every = pa.concat_arrays(ids) if ids else pa.array([], pa.string())
        order = pc.sort_indices(every)
        self._ids = every.take(order)
        self._places = np.concatenate(places)[order.to_numpy()] if places else np.zeros(0, np.int32)

    def ids(self) -> pa.Array:
        """List the ids in order."""
        return self._ids

    def rows(self, ids: pa.Array | Sequence[str], columns: Sequence[str]) -> pa.Table:
        """Read the rows with these ids, in this order.

        Raises: ConfigError naming a file that is missing or damaged.
        """
        wanted = ids if isinstance(ids, pa.Array) else pa.array(ids, pa.string())
        return self._read(wanted, self._located(wanted), columns)

    def batches(self, ids: pa.Array, size: int, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Read the rows with these ids, in this order, so many at a time.

        Raises: as ``rows``.
        """
        places = self._located(ids)
        for start in range(0, len(ids), size):
            yield self._read(ids.slice(start, size), places[start : start + size], columns)

    def _located(self, ids: pa.Array) -> npt.NDArray[np.int32]:
        places: npt.NDArray[np.int32] = self._places[
            pc.index_in(ids, value_set=self._ids).to_numpy(zero_copy_only=False)
        ]
        return places

    def _read(self, wanted: pa.Array, places: npt.NDArray[np.int32], columns: Sequence[str]) -> pa.Table:
        paths = [self._paths[place] for place in np.unique(places)]
        ends = pc.min_max(wanted)
        key = pc.field(self.key)  # the range lets the reader leave out row groups by their statistics
        where = (key >= ends["min"]) & (key <= ends["max"]) & key.isin(wanted)
        found = read_files(self.name, paths, list(dict.fromkeys((*columns, self.key))), where)
        return found.take(pc.index_in(wanted, value_set=found[self.key].combine_chunks())).select(list(columns))


def shard_path(folder: Path, split: str, number: int, total: int) -> Path:
    """Name one of ``total`` shards of a split."""
    return folder / f"{split}-{number:05d}-of-{total:05d}.parquet"


def groups(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Cut ids into groups of one shard each."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def write_shard(path: Path, table: pa.Table, features: Mapping[str, Any]) -> None:
    """Write one shard; ``features`` are those of `datasets` that do not follow from the column's type."""
    metadata = {"huggingface": json.dumps({"info": {"features": _all_features(table.schema, features)}})}
    # `datasets` takes a feature from the metadata only where the column is nullable, as its own columns are
    nullable = [field.with_nullable(True) for field in table.schema]
    table = table.cast(pa.schema(nullable, metadata))
    pictures = "image" in table.column_names
    pq.write_table(
        table,
        path,
        compression={name: "NONE" if name.startswith("image.") else "ZSTD" for name in _leaves(table.schema)},
        use_dictionary=not pictures,
        row_group_size=IMAGE_ROWS_PER_GROUP if pictures else TEXT_ROWS_PER_GROUP,
    )


def _leaves(schema: pa.Schema) -> list[str]:
    """Name the Parquet leaf columns (``image.bytes``, ``systems.list.element``)."""
    return [column.path for column in pq.ParquetFile(_empty(schema)).schema]


def _empty(schema: pa.Schema) -> pa.BufferReader:
    sink = pa.BufferOutputStream()
    pq.write_table(schema.empty_table(), sink)
    return pa.BufferReader(sink.getvalue())


def _all_features(schema: pa.Schema, features: Mapping[str, Any]) -> dict[str, Any]:
    return {field.name: features.get(field.name) or _feature(field.type) for field in schema}


def _feature(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        return {"feature": _feature(kind.value_type), "_type": "List"}
    names = {
        pa.string(): "string",
        pa.int32(): "int32",
        pa.int16(): "int16",
        pa.float64(): "float64",
        pa.bool_(): "bool",
    }
    return {"dtype": names[kind], "_type": "Value"}
