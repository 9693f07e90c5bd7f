"""A warehouse on s3-compatible storage: tables pushed there and asked there, through delta-rs.

In: a root ``s3://BUCKET/PREFIX``; the storage is described by the variables that object_store reads
(``AWS_ENDPOINT_URL``, ``AWS_REGION``, ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_ALLOW_HTTP``, …).
Out: Delta tables below ``ROOT/tables``, Arrow rows of a query. DuckDB never touches the network:
delta-rs reads, and hands over Arrow.
Source: delta-rs, "Usage with S3"; object_store, AmazonS3ConfigKey.
"""

import gc
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError

from schemas.errors import ChunkError, ConfigError
from schemas.shelf import TABLES, shelved
from warehouse.catalog import ask, forbid_outside
from warehouse.tables import IMAGE_WRITER, TEXT_WRITER, Shelf, dataset_of, paths_of

PUSHED = (*TABLES, "receipts", "releases")
_ROOT = re.compile(r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[A-Za-z0-9!_.*'()=-]+)*/?$")
_BATCH_ROWS = 256

T = TypeVar("T")


def is_remote(root: str | Path) -> bool:
    """Say whether a root is a URI."""
    return "://" in str(root)


class Remote:
    """The tables below one remote root."""

    def __init__(self, root: str) -> None:
        """Name the root.

        Raises: ConfigError when it is no s3 URI.
        """
        if not _ROOT.match(root):
            raise ConfigError("a remote root must be s3://BUCKET or s3://BUCKET/PREFIX")
        self.root = root.rstrip("/")

    def uri(self, name: str) -> str:
        """Give the location of a table."""
        return f"{self.root}/tables/{name}"

    def table(self, name: str) -> DeltaTable | None:
        """Open a table; None where there is none.

        Raises: ChunkError when the storage does not answer.
        """
        return self._answered(lambda: self._open(name))

    def push(self, shelf: Shelf, name: str) -> bool:
        """Put a local table's current rows in the place of the remote ones, in one commit; False when they are there.

        The commit carries the local version as an application transaction: a push that was killed and is run again
        does nothing twice. Raises: ChunkError when the storage does not answer.
        """
        if not shelf.exists(name):
            return False
        source = DeltaTable(shelf.uri(name))
        version = int(source.version())
        remote = self.table(name)
        transaction = f"push/{name}"
        if remote is not None and remote.transaction_version(transaction) == version:
            return False
        schema = shelved(name)
        paths = paths_of(source)
        scanner = dataset_of(paths, schema).scanner(batch_size=_BATCH_ROWS) if paths else None
        batches = scanner.to_batches() if scanner else iter(())
        reader = pa.RecordBatchReader.from_batches(schema, batches)
        self._answered(lambda: self._write(name, reader, Transaction(transaction, version)))
        return True

    def query(self, sql: str) -> pa.Table:
        """Run one SQL statement that reads, on the tables and views of the remote root.

        Raises: ConfigError when it is not a query that runs, or there are no tables; ChunkError when the storage does
        not answer.
        """
        database = duckdb.connect()
        try:
            found = {name: self.table(name) for name in PUSHED}
            if not any(found.values()):
                raise ConfigError(f"no tables below {self.root}: run `sonocurate push` first")
            for name, table in found.items():
                rows = shelved(name).empty_table() if table is None else self._dataset(table)
                database.register(name, rows)
            database.execute((files("warehouse") / "views.sql").read_text(encoding="utf-8"))
            forbid_outside(database, ())
            return self._answered(lambda: ask(database, sql))
        finally:
            database.close()
            gc.collect()  # delta-rs's file system must be gone before the interpreter ends, else the process aborts

    def _dataset(self, table: DeltaTable) -> pa.dataset.Dataset:
        return self._answered(table.to_pyarrow_dataset)

    def _open(self, name: str) -> DeltaTable | None:
        try:
            return DeltaTable(self.uri(name))
        except TableNotFoundError:
            return None

    def _write(self, name: str, reader: pa.RecordBatchReader, transaction: Transaction) -> None:
        write_deltalake(
            self.uri(name),
            reader,
            mode="overwrite",
            schema_mode="overwrite",
            writer_properties=IMAGE_WRITER if "image" in reader.schema.names else TEXT_WRITER,
            commit_properties=CommitProperties(app_transactions=[transaction]),
        )

    def _answered(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except (DeltaError, OSError) as error:  # messages of object_store may hold addresses and keys
            raise ChunkError(
                f"{self.root} could not be read or written ({type(error).__name__}): "
                "check AWS_ENDPOINT_URL, AWS_REGION and the access keys"
            ) from None
