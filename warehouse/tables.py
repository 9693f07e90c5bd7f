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
from typing import TypeVar
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import CommitProperties, DeltaTable, Schema, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from schemas.errors import ChunkError
from schemas.shelf import COMMIT_COLUMNS, TABLES, shelved

#: Row groups of image tables hold few rows, because a row is a picture (spec: 32-256).
IMAGE_WRITER = WriterProperties(compression="UNCOMPRESSED", max_row_group_size=64)
TEXT_WRITER = WriterProperties(compression="ZSTD", max_row_group_size=65_536)
ATTEMPTS = 20

T = TypeVar("T")


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
        """Open a table, creating it empty where it does not exist; a table of an older schema gets the new columns."""
        try:
            return _with_all_columns(DeltaTable(self.uri(name)), name)
        except TableNotFoundError:
            self.tables.mkdir(parents=True, exist_ok=True)
            return retried(lambda: DeltaTable.create(self.uri(name), schema=shelved(name), mode="ignore"), name)

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
        rows = _with_commit_columns(rows, commit) if name in TABLES else rows
        try:
            rows = rows.select(shelved(name).names).cast(shelved(name))
        except (KeyError, pa.ArrowInvalid, ValueError):
            raise ChunkError(f"rows of chunk {commit.chunk_id} do not fit table {name}") from None

        def write() -> bool:
            current = DeltaTable(self.uri(name))
            if current.transaction_version(transaction) is not None:
                return False
            write_deltalake(
                current,
                rows,
                mode="append",
                writer_properties=IMAGE_WRITER if "image" in rows.column_names else TEXT_WRITER,
                commit_properties=CommitProperties(app_transactions=[Transaction(transaction, 1)]),
            )
            return True

        return retried(write, name)

    def read(self, name: str, columns: Sequence[str] | None = None, where: pc.Expression | None = None) -> pa.Table:
        """Read a table (or some of its columns) as it is now; an absent table reads as 0 rows.

        Columns are those of the schema: a file that is older than one of them gives nulls.
        """
        paths = self.files(name)
        wanted = list(columns) if columns is not None else None
        if not paths:
            empty = shelved(name).empty_table()
            return empty.select(wanted) if wanted is not None else empty
        return dataset_of(paths, shelved(name)).to_table(columns=wanted, filter=where)

    def files(self, name: str) -> list[str]:
        """List the Parquet files that make up the table now."""
        return paths_of(DeltaTable(self.uri(name))) if self.exists(name) else []

    def version(self, name: str) -> int | None:
        """Give the table's version, None where it does not exist."""
        return int(DeltaTable(self.uri(name)).version()) if self.exists(name) else None

    def delete(self, name: str, predicate: str) -> None:
        """Remove rows from the table's current version (older versions and releases keep theirs)."""
        if self.exists(name):
            retried(lambda: DeltaTable(self.uri(name)).delete(predicate), name)


def _with_all_columns(table: DeltaTable, name: str) -> DeltaTable:
    known = {field.name for field in table.schema().fields}
    new = [field for field in Schema.from_arrow(shelved(name)).fields if field.name not in known]
    if new:
        retried(lambda: table.alter.add_columns(new), name)
    return table


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
        rows = rows.append_column(field, pa.array([value] * rows.num_rows, field.type))
    return rows


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
