"""Write plain Parquet shards: rows in id order, a fixed number per file, the same bytes for the same rows.

In: a Delta table's current files and the ids to publish. Out: shard files. Memory holds one shard at a time.
Source: Hugging Face datasets, Parquet schema metadata key ``huggingface``.
"""

import json
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.errors import ConfigError
from schemas.shelf import shelved
from warehouse.damage import broken_file
from warehouse.tables import Tables

IMAGE_ROWS_PER_GROUP = 64
TEXT_ROWS_PER_GROUP = 10_000
#: Files that a source keeps open.
OPEN_FILES = 64
#: Ids are searched one by one where a source has so many times as many: one takes some 10 us, a hash 0.1 us.
_SEARCHED = 100


class Source:
    """Tables of one schema with an index id -> row of a file, so that a read opens only the row groups it needs.

    The index is three arrays, sorted by id: a million ids take some 70 MB.
    Raises: ConfigError naming a file that is missing or damaged.
    """

    def __init__(self, shelf: Tables, name: str, key: str, *others: str) -> None:
        self.key, self.name, self._schema = key, name, shelved(name)
        self._paths = [path for table in (name, *others) for path in shelf.files(table)]
        self._opened: OrderedDict[int, pq.ParquetFile] = OrderedDict()
        self._begins: dict[int, npt.NDArray[np.int64]] = {}
        self._columns: dict[int, frozenset[str]] = {}
        ids = [self._keys(place) for place in range(len(self._paths))]
        every = pa.concat_arrays(ids) if ids else pa.array([], pa.string())
        order = pc.sort_indices(every)
        self._ids = every.take(order)
        places = [np.full(len(some), at, np.int32) for at, some in enumerate(ids)]
        rows = [np.arange(len(some), dtype=np.int32) for some in ids]
        nothing = np.zeros(0, np.int32)
        self._places = np.concatenate([*places, nothing])[order.to_numpy()]
        self._rows = np.concatenate([*rows, nothing])[order.to_numpy()]

    def ids(self) -> pa.Array:
        """List the ids in order."""
        return self._ids

    def rows(self, ids: pa.Array | Sequence[str], columns: Sequence[str]) -> pa.Table:
        """Read the rows with these ids, in this order.

        Raises: ConfigError naming a file that is missing or damaged.
        """
        wanted = ids if isinstance(ids, pa.Array) else pa.array(ids, pa.string())
        return self._read(self._located(wanted), columns)

    def batches(self, ids: pa.Array, size: int, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Read the rows with these ids, in this order, so many at a time.

        Raises: as ``rows``.
        """
        located = self._located(ids)
        for start in range(0, len(ids), size):
            yield self._read(located[start : start + size], columns)

    def _located(self, ids: pa.Array) -> npt.NDArray[np.int64]:
        if len(ids) * _SEARCHED < len(self._ids):  # a table of hashes would be made of every id, to look up a few
            return np.asarray([self._found(row_id) for row_id in ids.to_pylist()], np.int64)
        found = pc.index_in(ids, value_set=self._ids)
        if found.null_count:
            raise IndexError(f"table {self.name} has no row for {found.null_count} ids")
        return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)

    def _found(self, row_id: str) -> int:
        at = bisect_left(self._ids, row_id, key=_plain)
        if at == len(self._ids) or self._ids[at].as_py() != row_id:
            raise IndexError(f"table {self.name} has no row {row_id}")
        return at

    def _keys(self, place: int) -> pa.Array:
        return self._from_file(place, None, [self.key])[self.key].combine_chunks()

    def _read(self, located: npt.NDArray[np.int64], columns: Sequence[str]) -> pa.Table:
        places, rows = self._places[located], self._rows[located]
        if len(located) == 1:
            return self._from_file(int(places[0]), rows, columns)
        order = np.lexsort((rows, places))
        parts = [self._schema.empty_table().select(list(columns))]
        for place in np.unique(places):
            parts.append(self._from_file(int(place), rows[order][places[order] == place], columns))
        found = pa.concat_tables(parts)
        return found if np.all(order[:-1] < order[1:]) else found.take(pa.array(np.argsort(order)))

    def _from_file(self, place: int, rows: npt.NDArray[np.int32] | None, columns: Sequence[str]) -> pa.Table:
        """Read rows of a file (all for None), by their place in it; columns that it does not have are null."""
        try:
            file = self._open(place)
            own = [name for name in columns if name in self._names(place, file)]
            if rows is None:
                return self._fit(file.read(own), columns)
            groups, at = _placed(rows, self._starts(place, file))
            found = file.read_row_groups(groups, own, use_threads=len(groups) > 1 or len(own) > 1)
            return self._fit(found, columns).take(at)
        except (OSError, pa.ArrowInvalid):
            raise ConfigError(broken_file(self.name, [self._paths[place]])) from None

    def _names(self, place: int, file: pq.ParquetFile) -> frozenset[str]:
        """Give the columns that a file has."""
        if place not in self._columns:
            self._columns[place] = frozenset(file.schema_arrow.names)
        return self._columns[place]

    def _starts(self, place: int, file: pq.ParquetFile) -> npt.NDArray[np.int64]:
        """Give the first row of every row group of a file, and its end."""
        if place not in self._begins:
            sizes = [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)]
            self._begins[place] = np.concatenate([[0], np.cumsum(sizes)])
        return self._begins[place]

    def _fit(self, table: pa.Table, columns: Sequence[str]) -> pa.Table:
        """Give a file's rows the types of the table: files that a delete rewrote hold string views."""
        wanted = pa.schema([self._schema.field(name) for name in columns])
        if table.schema.equals(wanted):
            return table
        for field in (field for field in wanted if field.name not in table.column_names):
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
        return table.select(list(columns)).cast(wanted)

    def _open(self, place: int) -> pq.ParquetFile:
        file = self._opened.pop(place, None) or pq.ParquetFile(self._paths[place])
        self._opened[place] = file
        if len(self._opened) > OPEN_FILES:
            self._opened.popitem(last=False)[1].close()
        return file


def _plain(value: pa.StringScalar) -> str:
    return str(value.as_py())


def _placed(rows: npt.NDArray[np.int32], starts: npt.NDArray[np.int64]) -> tuple[list[int], pa.Array]:
    """Give the row groups that rows of a file lie in, and the place of every row in these groups together."""
    of_row = np.searchsorted(starts, rows, side="right") - 1
    if len(rows) == 1:
        return [int(of_row[0])], pa.array(rows - starts[of_row])
    groups = np.unique(of_row)
    before = np.concatenate([[0], np.cumsum(np.diff(starts)[groups])])
    return groups.tolist(), pa.array(before[np.searchsorted(groups, of_row)] + rows - starts[of_row])


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
    compression = {name: "NONE" if name.startswith("image.") else "ZSTD" for name in _leaves(table.schema)}
    size = IMAGE_ROWS_PER_GROUP if pictures else TEXT_ROWS_PER_GROUP
    with pq.ParquetWriter(path, table.schema, compression=compression, use_dictionary=not pictures) as writer:
        for start in range(0, table.num_rows, size):
            # in one piece: pages end where pieces do, and those depend on the files that the rows were read from
            writer.write_table(table.slice(start, size).combine_chunks(), size)


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
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    names = {
        pa.string(): "string",
        pa.int32(): "int32",
        pa.int16(): "int16",
        pa.float64(): "float64",
        pa.bool_(): "bool",
    }
    return {"dtype": names[kind], "_type": "Value"}
