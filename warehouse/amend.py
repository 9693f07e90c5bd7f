"""Amend published rows after a human review: the log first, then the rows, each exactly once.

In: logged decisions and rows to put in the place of others. Out: one Delta commit per table and part that carries an
application transaction id. Table `mask_reviews` is both audit log and plan: nothing changes that it does not name, and
what it names is finished by the next call after a kill.
Source: Delta Lake protocol, "Transaction Identifiers"; replaceWhere as delta-rs writes it (overwrite with a predicate).
"""

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from schemas.errors import ChunkError
from schemas.shelf import shelved
from warehouse.tables import IMAGE_WRITER, TEXT_WRITER, Commit, Shelf, dataset_of, paths_of, retried

REVIEWS = "mask_reviews"


def is_committed(shelf: Shelf, name: str, commit: Commit, part: str = "") -> bool:
    """Say whether a commit is there already."""
    return _holds(DeltaTable(shelf.uri(name)), commit.transaction_id(name, part)) if shelf.exists(name) else False


def read_reviews(shelf: Shelf, commit: Commit | None = None) -> pa.Table:
    """Read the log, or the rows of one commit; an absent log reads as 0 rows."""
    return shelf.read(REVIEWS, where=None if commit is None else _of(commit))


def log_reviews(shelf: Shelf, rows: pa.Table, commit: Commit) -> bool:
    """Append decisions and their outcome to the log exactly once; False when this commit was already there.

    Raises: ChunkError when the rows are no MASK_REVIEW rows or the table stays contended.
    """
    return shelf.append(REVIEWS, rows, commit)


def replace_rows(shelf: Shelf, name: str, key: str, rows: pa.Table, commit: Commit, part: str = "") -> bool:
    """Put rows in the place of all rows with the same keys, in one commit, exactly once; False when already done.

    The rows bring their own commit columns: they still belong to the chunk that wrote them.

    Raises: ChunkError when the table does not hold as many rows with these keys, or stays contended.
    """
    rows = _fit(rows, shelved(name), name)
    keys = sorted(set(rows[key].to_pylist()))
    predicate = f"{key} IN ({', '.join(_quoted(value) for value in keys)})"
    transaction = commit.transaction_id(name, part)

    def write() -> bool:
        table = DeltaTable(shelf.uri(name))
        if _holds(table, transaction):
            return False
        same = pc.field(key).isin(pa.array(keys, pa.string()))
        paths = paths_of(table)
        if not paths or not keys or dataset_of(paths, rows.schema).count_rows(filter=same) != rows.num_rows:
            raise ChunkError(f"table {name} has changed since its rows were read; run again")
        write_deltalake(
            table,
            rows,
            mode="overwrite",
            predicate=predicate,
            writer_properties=IMAGE_WRITER if name == "images" else TEXT_WRITER,
            commit_properties=CommitProperties(app_transactions=[Transaction(transaction, 1)]),
        )
        return True

    return retried(write, name)


def _of(commit: Commit) -> pc.Expression:
    epoch, fingerprint = pc.field("stage_epoch") == commit.stage_epoch, pc.field("fingerprint") == commit.fingerprint
    return epoch & fingerprint & (pc.field("chunk_id") == commit.chunk_id)


def _holds(table: DeltaTable, transaction: str) -> bool:
    return table.transaction_version(transaction) is not None


def _fit(rows: pa.Table, schema: pa.Schema, name: str) -> pa.Table:
    try:
        return rows.select(schema.names).cast(schema)
    except (KeyError, pa.ArrowInvalid, ValueError):
        raise ChunkError(f"rows do not fit table {name}") from None


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
