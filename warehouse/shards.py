"""Write plain Parquet shards: rows in id order, a fixed number per file, the same bytes for the same rows.

In: a Delta table's current files and the ids to publish. Out: shard files. Memory holds one shard at a time.
Source: Hugging Face datasets, Parquet schema metadata key ``huggingface``.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from warehouse.tables import Shelf

IMAGE_ROWS_PER_GROUP = 64
TEXT_ROWS_PER_GROUP = 10_000


class Source:
    """Tables of one schema with an index id -> file, so that a shard opens only the files it needs."""

    def __init__(self, shelf: Shelf, name: str, key: str, *others: str) -> None:
        self.key = key
        self._files: dict[str, str] = {}
        for path in (path for table in (name, *others) for path in shelf.files(table)):
            for row_id in pq.read_table(path, columns=[key])[key].to_pylist():
                self._files[row_id] = path

    def ids(self) -> list[str]:
        """List the ids in order."""
        return sorted(self._files)

    def rows(self, ids: Sequence[str], columns: Sequence[str]) -> pa.Table:
        """Read the rows with these ids, in this order."""
        paths = sorted({self._files[row_id] for row_id in ids})
        found = ds.dataset(paths, format="parquet").to_table(
            columns=list(columns), filter=pc.field(self.key).isin(pa.array(ids, pa.string()))
        )
        position = pc.index_in(pa.array(ids, pa.string()), value_set=found[self.key].combine_chunks())
        return found.take(position)


def write_shards(
    folder: Path, split: str, tables: Iterable[pa.Table], *, total: int, features: Mapping[str, Any] | None = None
) -> list[Path]:
    """Write one file per table as ``split-NNNNN-of-NNNNN.parquet``; ``total`` files will come."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, table in enumerate(tables):
        path = folder / f"{split}-{number:05d}-of-{total:05d}.parquet"
        _write(path, table, features)
        paths.append(path)
    return paths


def groups(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Cut ids into groups of one shard each."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _write(path: Path, table: pa.Table, features: Mapping[str, Any] | None) -> None:
    if features is not None:
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
