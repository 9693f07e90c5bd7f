"""Upkeep of the tables: what they are, what happened to them, compaction, and vacuum that keeps what releases pin.

In: the shelf. Out: small tables about it; or fewer, larger files, and space. Content never changes here.
Source: Delta Lake protocol (optimize, vacuum, time travel).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake.exceptions import DeltaError

from schemas.errors import ConfigError
from schemas.shelf import TABLES, shelved
from warehouse.damage import BROKEN_LOG, count_rows
from warehouse.published import damaged, manifest_of, names_of
from warehouse.snapshot import Snapshot
from warehouse.tables import Shelf

NAMES = (*TABLES, "receipts", "releases")
#: Files that nobody reads any more are kept for a week, unless the user says otherwise: a slow reader may hold them.
KEEP_HOURS = 168
WITHDRAWN = "withdrawn"

TABLE_LINE = pa.schema(
    [
        ("table", pa.string()),
        ("version", pa.int64()),
        ("rows", pa.int64()),
        ("files", pa.int64()),
        ("mb", pa.float64()),
        ("old_mb", pa.float64()),
        ("pinned_by", pa.list_(pa.string())),
    ]
)
COLUMN_LINE = pa.schema([(name, pa.string()) for name in ("column", "type", "null", "comment")])
HISTORY_LINE = pa.schema(
    [
        ("version", pa.int64()),
        ("at", pa.string()),
        ("operation", pa.string()),
        ("rows_added", pa.int64()),
        ("files_added", pa.int64()),
        ("files_removed", pa.int64()),
        ("pinned_by", pa.list_(pa.string())),
    ]
)
ROW_CHANGE = pa.schema([("change", pa.string()), ("id", pa.string())])
#: Columns that name a row, by table; the first that a table has.
_KEYS = ("instance_id", "frame_id", "case_id", "request_key", "sha256", "id", "chunk_id", "release")
_KEY_OF = {"cases": "case_id", "reports": "case_id", "findings": "case_id", "generations": "request_key"}


def list_tables(shelf: Shelf) -> pa.Table:
    """List the tables that exist (``TABLE_LINE``): what is current, and what older versions still take.

    Raises: ConfigError when a table's log or a release's manifest is damaged.
    """
    pins = pins_of(shelf)
    rows = []
    for name in NAMES:
        if not shelf.exists(name):
            continue
        table = shelf.current(name)
        actions = pa.table(table.get_add_actions(flatten=True))
        size = pc.sum(actions["size_bytes"]).as_py() or 0
        every = sum(
            path.stat().st_size for path in Path(shelf.uri(name)).rglob("*.parquet") if "_delta_log" not in path.parts
        )
        line = {"table": name, "version": table.version(), "files": actions.num_rows, "mb": round(size / 1e6, 2)}
        line |= {"rows": pc.sum(actions["num_records"]).as_py() or 0, "old_mb": round((every - size) / 1e6, 2)}
        rows.append({**line, "pinned_by": sorted(release for release, versions in pins.items() if name in versions)})
    return pa.Table.from_pylist(rows, schema=TABLE_LINE)


def describe(name: str) -> pa.Table:
    """List the columns of a table with their comments (``COLUMN_LINE``).

    Raises: ConfigError when there is no such table.
    """
    rows = []
    for field in shelved(_known(name)):
        comment = (field.metadata or {}).get(b"comment", b"").decode()
        kind = {"column": field.name, "type": str(field.type), "null": "yes" if field.nullable else "no"}
        rows.append({**kind, "comment": comment})
    return pa.Table.from_pylist(rows, schema=COLUMN_LINE)


def history(shelf: Shelf, name: str) -> pa.Table:
    """List the versions of a table, the newest first (``HISTORY_LINE``).

    Raises: ConfigError when there is no such table, or its log or a release's manifest is damaged.
    """
    if not shelf.exists(_known(name)):
        raise ConfigError(f"table {name} was not written yet")
    pins = pins_of(shelf)
    rows = []
    try:
        entries = shelf.current(name).history()
    except DeltaError:
        raise ConfigError(BROKEN_LOG.format(name)) from None
    for entry in entries:
        version = int(entry["version"])
        pinned = sorted(release for release, versions in pins.items() if versions.get(name) == version)
        rows.append({**_line(version, entry), "pinned_by": pinned})
    return pa.Table.from_pylist(rows, schema=HISTORY_LINE)


def _line(version: int, entry: dict[str, Any]) -> dict[str, Any]:
    metrics = entry.get("operationMetrics") or {}
    at = datetime.fromtimestamp(entry["timestamp"] / 1000, UTC).isoformat(timespec="seconds")

    def number(*names: str) -> int | None:
        found = next((metrics[name] for name in names if name in metrics), None)
        return None if found is None else int(found)

    return {
        "version": version,
        "at": at,
        "operation": entry["operation"],
        "rows_added": number("num_added_rows"),
        "files_added": number("num_added_files", "numFilesAdded"),
        "files_removed": number("num_removed_files", "numFilesRemoved"),
    }


def diff_versions(shelf: Shelf, name: str, a: int, b: int) -> pa.Table:
    """List the rows that two versions of a table do not share, by id (``ROW_CHANGE``).

    Raises: ConfigError when the table or a version cannot be read.
    """
    key = key_of(_known(name))
    left, right = (Snapshot(shelf, {name: version}).read(name, [key])[key].unique() for version in (a, b))
    gone, new = left.filter(pc.invert(pc.is_in(left, right))), right.filter(pc.invert(pc.is_in(right, left)))
    rows = [("removed", row_id) for row_id in sorted(gone.to_pylist())]
    rows += [("added", row_id) for row_id in sorted(new.to_pylist())]
    return pa.Table.from_pylist([{"change": change, "id": row_id} for change, row_id in rows], schema=ROW_CHANGE)


def key_of(name: str) -> str:
    """Give the column that names a row of a table."""
    columns = shelved(name).names
    return _KEY_OF.get(name) or next(key for key in _KEYS if key in columns)


def pins_of(shelf: Shelf) -> dict[str, dict[str, int]]:
    """Give the table versions that every release pins; a withdrawn one pins nothing.

    Raises: ConfigError when a manifest is missing or does not say them: what its release pins is not known then.
    """
    found = {name: manifest_of(shelf.root / "releases" / name) for name in names_of(shelf.root)}
    return {name: _pinned(name, manifest) for name, manifest in found.items() if manifest.get("state") != WITHDRAWN}


def _pinned(name: str, manifest: Mapping[str, Any]) -> dict[str, int]:
    versions = manifest.get("table_versions")
    if not isinstance(versions, dict) or not all(type(version) is int for version in versions.values()):
        raise damaged(name)
    return versions


def compact(shelf: Shelf, names: Sequence[str] = NAMES) -> dict[str, tuple[int, int]]:
    """Join the small files of tables; gives files before and after. Rows, versions and transactions stay.

    Raises: ConfigError when there is no such table, one of its files is damaged, or another writer keeps changing it.
    """
    done = {}
    for name in names:
        if shelf.exists(_known(name)):
            before = shelf.files(name)
            count_rows(name, before)
            if not shelf.compact(name):
                raise ConfigError(f"table {name} is being changed by another process; try again")
            done[name] = (len(before), len(shelf.files(name)))
    return done


def vacuum(shelf: Shelf, *, keep_hours: int = KEEP_HOURS, dry_run: bool = True) -> dict[str, list[str]]:
    """Delete files that no current table needs, no release pins and no reader of the last hours may hold.

    Gives the files of each table that are (or with ``dry_run`` would be) deleted.
    Raises: ConfigError when a manifest cannot be read, or a pinned version: what it pins is not known then.
    """
    pins = pins_of(shelf)
    done = {}
    for name in NAMES:
        if not shelf.exists(name):
            continue
        versions = sorted({pinned[name] for pinned in pins.values() if name in pinned})
        kept = {Path(path).name for path in _kept_files(shelf, name, versions)}
        table = shelf.current(name)
        try:
            found = table.vacuum(keep_hours, dry_run=True, enforce_retention_duration=False, full=True)
        except DeltaError:
            raise ConfigError(BROKEN_LOG.format(name)) from None
        gone = sorted(path for path in found if Path(path).name not in kept)
        for path in gone if not dry_run else ():
            (shelf.tables / name / path).unlink(missing_ok=True)
        done[name] = gone
    return done


def _kept_files(shelf: Shelf, name: str, versions: Sequence[int]) -> Iterator[str]:
    yield from shelf.files(name)
    for version in versions:
        yield from Snapshot(shelf, {name: version}).files(name)


def _known(name: str) -> str:
    if name not in NAMES:
        raise ConfigError(f"there is no table {name}: one of {', '.join(NAMES)}")
    return name
