"""Delta tables: create, append exactly once, read, retire.

In: Arrow tables of a chunk. Out: one commit per table and chunk that carries an application transaction id, so that the
same chunk committed again (after a kill) changes nothing.
Source: Delta Lake protocol, "Transaction Identifiers" (txn actions).
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Schema, Transaction, WriterProperties
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from schemas.errors import ChunkError, ConfigError
from schemas.shelf import COMMIT_COLUMNS, TABLES, shelved
from warehouse.damage import BROKEN_LOG, broken_file
from warehouse.data_file import ID_COLUMNS, IMAGE_GROUP_ROWS, TARGET_BYTES, TEXT_GROUP_ROWS, write_files
from warehouse.lock import held

#: How delta-rs writes files, when it joins them or puts rows in the place of others.
IMAGE_WRITER = WriterProperties(compression="UNCOMPRESSED", max_row_group_size=IMAGE_GROUP_ROWS)
TEXT_WRITER = WriterProperties(compression="ZSTD", max_row_group_size=TEXT_GROUP_ROWS)
ATTEMPTS = 20
#: Files are joined each time a table has got so many commits.
COMPACT_EVERY = 100
#: Properties of every table. Statistics in the log cover ids only. The log keeps every version, because a release may
#: pin it.
PROPERTIES = {
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.enableExpiredLogCleanup": "false",
    "delta.checkpointInterval": "10",
}
_STATISTICS = "delta.dataSkippingStatsColumns"

T = TypeVar("T")


class Tables(Protocol):
    """Tables to read: the shelf as it is now, or as it stood at pinned versions."""

    def files(self, name: str) -> list[str]:
        """List the Parquet files of a table."""
        ...

    def read(self, name: str, columns: Sequence[str] | None = None, where: pc.Expression | None = None) -> pa.Table:
        """Read a table, or some of its columns and rows."""
        ...


@dataclass(frozen=True, slots=True)
class Commit:
    """Who commits: the stage, its epoch and configuration fingerprint, and the chunk."""

    stage: str
    stage_epoch: int
    fingerprint: str
    chunk_id: str

    def transaction_id(self, table: str, part: str = "") -> str:
        """Name the commit; the same name is never committed twice."""
        return f"{self.stage}/{self.stage_epoch}/{self.fingerprint}/{self.chunk_id}/{table}{part}"


class Shelf:
    """The tables below one root folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tables = root / "tables"

    def uri(self, name: str) -> str:
        """Give the location of a table."""
        return str(self.tables / name)

    def open(self, name: str) -> DeltaTable:
        """Open a table, creating it empty where it does not exist; a table of an older schema gets the new columns.

        Raises: ConfigError when the table has columns that this version does not know, or its log is damaged.
        """
        try:
            return _with_all_columns(self.current(name), name)
        except TableNotFoundError:
            self.tables.mkdir(parents=True, exist_ok=True)
            return retried(lambda: self._create(name), name)

    def current(self, name: str) -> DeltaTable:
        """Open a table that exists.

        Raises: ConfigError when its log is damaged; TableNotFoundError.
        """
        try:
            return DeltaTable(self.uri(name))
        except TableNotFoundError:
            raise
        except DeltaError:
            raise ConfigError(BROKEN_LOG.format(name)) from None

    def _create(self, name: str) -> DeltaTable:
        schema = shelved(name)
        measured = ",".join(column for column in schema.names if column in ID_COLUMNS)
        properties = {**PROPERTIES, _STATISTICS: measured}
        return DeltaTable.create(self.uri(name), schema=schema, mode="ignore", configuration=properties)

    def exists(self, name: str) -> bool:
        """Say whether a table was ever created."""
        return bool(DeltaTable.is_deltatable(self.uri(name)))

    def append(self, name: str, rows: pa.Table, commit: Commit, part: str = "") -> bool:
        """Append the rows of a chunk exactly once; False when this commit was already there.

        Raises: ChunkError when the rows do not have the table's schema or the table stays contended.
        """
        table = self.open(name)
        transaction = commit.transaction_id(name, part)
        if table.transaction_version(transaction) is not None:
            return False
        if rows.num_rows == 0:
            return False
        rows = _fitted(_with_commit_columns(rows, commit) if name in TABLES else rows, table, name, commit.chunk_id)
        try:
            added = write_files(Path(self.uri(name)), rows)
        except OSError as error:
            raise ChunkError(f"table {name} could not be written ({error.strerror})") from None
        opened: list[DeltaTable] = [table]  # the first attempt goes on with what was just opened

        def write() -> bool:
            current = opened.pop() if opened else self.open(name)
            if current is not table and current.transaction_version(transaction) is not None:
                return False
            metrics = {"num_added_rows": rows.num_rows, "num_added_files": len(added)}
            properties = CommitProperties(
                custom_metadata={"operationMetrics": metrics}, app_transactions=[Transaction(transaction, 1)]
            )
            current.create_write_transaction([*added], "append", current.schema(), commit_properties=properties)
            return True

        due = (int(table.version()) // COMPACT_EVERY + 1) * COMPACT_EVERY
        if not retried(write, name):
            return False
        if (self.tables / name / "_delta_log" / f"{due:020}.json").exists():  # to ask delta-rs is to read the log again
            self.compact(name)
        return True

    def compact(self, name: str) -> bool:
        """Join small files into larger ones; False where another writer was faster: the next time will do.

        One at a time: delta-rs (1.6) commits two compactions of the same files, and doubles their rows.
        Raises: ConfigError naming the file that is missing or damaged.
        """
        if not self.exists(name):
            return False
        with held(self.tables / f".{name}.compacting") as alone:
            if alone:
                table = self.current(name)
                try:
                    table.optimize.compact(target_size=TARGET_BYTES, writer_properties=writer_of(shelved(name)))
                except CommitFailedError:
                    return False
                except DeltaError:
                    raise ConfigError(broken_file(name, paths_of(table))) from None
                return True
        return False

    def read(self, name: str, columns: Sequence[str] | None = None, where: pc.Expression | None = None) -> pa.Table:
        """Read a table (or some of its columns) as it is now; an absent table reads as 0 rows.

        Columns are those of the schema: a file that is older than one of them gives nulls.
        """
        paths = self.files(name)
        wanted = list(columns) if columns is not None else None
        if not paths:
            empty = shelved(name).empty_table()
            return empty.select(wanted) if wanted is not None else empty
        return read_files(name, paths, wanted, where)

    def files(self, name: str) -> list[str]:
        """List the Parquet files that make up the table now."""
        return paths_of(self.current(name)) if self.exists(name) else []

    def version(self, name: str) -> int | None:
        """Give the table's version, None where it does not exist."""
        return int(self.current(name).version()) if self.exists(name) else None

    def delete(self, name: str, predicate: str) -> None:
        """Remove rows from the table's current version (older versions and releases keep theirs)."""
        if self.exists(name):
            retried(lambda: self.current(name).delete(predicate), name)


def writer_of(schema: pa.Schema) -> WriterProperties:
    """Choose how a table's files are written: pictures in small row groups, text compressed."""
    return IMAGE_WRITER if "image" in schema.names else TEXT_WRITER


def check_known(table: DeltaTable, name: str) -> None:
    """See that a table has no column of a newer version.

    Raises: ConfigError.
    """
    newer = sorted({field.name for field in table.schema().fields} - set(shelved(name).names))
    if newer:
        raise ConfigError(
            f"table {name} has columns that this version does not know ({', '.join(newer)}): it was written by a newer "
            "sonocurate; upgrade this one"
        )


def _with_all_columns(table: DeltaTable, name: str) -> DeltaTable:
    check_known(table, name)
    known = {field.name for field in table.schema().fields}
    new = [field for field in Schema.from_arrow(shelved(name)).fields if field.name not in known]
    if not new:
        return table
    retried(lambda: table.alter.add_columns(new), name)
    return DeltaTable(table.table_uri)


def read_files(
    name: str, paths: Sequence[str], columns: Sequence[str] | None, where: pc.Expression | None = None
) -> pa.Table:
    """Read files of a table in its schema; files that are older than a column give nulls.

    Raises: ConfigError naming the file that is missing or damaged.
    """
    schema = shelved(name)
    try:
        try:
            return dataset_of(paths, schema).to_table(columns=columns, filter=where)
        except pa.ArrowNotImplementedError:
            return pa.concat_tables([_read_one(path, schema, columns, where) for path in paths])
    except (OSError, pa.ArrowInvalid):
        raise ConfigError(broken_file(name, paths)) from None


def _read_one(path: str, schema: pa.Schema, columns: Sequence[str] | None, where: pc.Expression | None) -> pa.Table:
    """Read a file; one that a delete has rewritten holds string views, whose statistics Arrow cannot compare."""
    rows = dataset_of([path], schema)
    if not any(pa.types.is_string_view(field.type) for field in pq.read_schema(path)):
        return rows.to_table(columns=columns, filter=where)
    parts = [pa.Table.from_batches([batch]).filter(where) for batch in rows.to_batches()]
    found = pa.concat_tables([schema.empty_table(), *parts])
    return found.select(columns) if columns is not None else found


def paths_of(table: DeltaTable) -> list[str]:
    """List the files of a table's version; delta-rs quotes what URLs do not allow, such as spaces."""
    return sorted(unquote(uri) for uri in table.file_uris())


def dataset_of(paths: Sequence[str], schema: pa.Schema) -> ds.Dataset:
    """Open Parquet files as they lie: reading through delta-rs's own file system aborts a process that ends at once."""
    return ds.dataset(paths, schema=schema, format="parquet")


def _with_commit_columns(rows: pa.Table, commit: Commit) -> pa.Table:
    """Say in every row who commits it."""
    values = (commit.stage_epoch, commit.fingerprint, commit.chunk_id)
    for field, value in zip(COMMIT_COLUMNS, values, strict=True):
        rows = rows.append_column(field, pa.repeat(pa.scalar(value, field.type), rows.num_rows))
    return rows


def _fitted(rows: pa.Table, table: DeltaTable, name: str, chunk_id: str) -> pa.Table:
    """Give rows the columns and types that the table has.

    Raises: ChunkError when they do not fit.
    """
    try:
        own = pa.schema(table.schema().to_arrow())
        return rows.select(own.names).cast(own)
    except (KeyError, pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError):
        raise ChunkError(f"rows of chunk {chunk_id} do not fit table {name}") from None


def retried(action: Callable[[], T], name: str) -> T:
    """Repeat an action that lost a race with another writer."""
    for attempt in range(ATTEMPTS):
        try:
            return action()
        except CommitFailedError:
            time.sleep(min(2.0, 0.02 * 2**attempt) * random.uniform(0.5, 1.0))
        except DeltaError as error:
            raise ChunkError(f"table {name} could not be read or written ({type(error).__name__})") from None
    raise ChunkError(f"table {name} stayed contended through {ATTEMPTS} attempts; run again")
