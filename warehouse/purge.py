"""Erase cases from every table and every file of every version, also from files that vacuum spares.

In: ids of cases. Out: tables and files without their rows. Safe to repeat: what a killed call left is done by the next.
A file of the current version is replaced by a Delta commit; a file of an older version is rewritten in its place, so
that older versions stay readable without the rows. Receipts keep pseudonymous ids: they hold no content, and without
them the cases would be read again.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.shelf import TABLES, shelved
from warehouse.damage import count_rows
from warehouse.shards import IMAGE_ROWS_PER_GROUP
from warehouse.tables import Shelf, read_files

#: Tables whose rows name a case in another way than by a column case_id, and by which columns.
_BY_CHILD = {"duplicates": ("instance_id",), "rejects": ("parent_id", "id")}
_BY_PICTURE = "frame_hashes"
#: Its rows are about erasure.
_SPARED = frozenset({"forgotten"})


def case_ids_of(shelf: Shelf, patient_key: str) -> set[str]:
    """Find the cases of a patient in every version of table `cases` that still has files."""
    found: set[str] = set()
    for path in _every_file(shelf, "cases"):
        rows = read_files("cases", [path], ["case_id", "patient_key"])
        found |= set(rows.filter(pc.field("patient_key") == patient_key)["case_id"].to_pylist())
    return found


def request_keys_of(shelf: Shelf, cases: Sequence[str]) -> set[str]:
    """Find the requests that were made about cases, in every version of the tables that name them."""
    wanted, found = pa.array(cases, pa.string()), set()
    for name in ("generations", "instruction_pairs", "judgements", "grounded_pairs", "frame_quality"):
        for path in _every_file(shelf, name):
            rows = read_files(name, [path], ["case_id", "request_key"])
            keys = rows.filter(pc.is_in(rows["case_id"], value_set=wanted))["request_key"]
            found |= set(keys.drop_null().to_pylist())
    return found


def purge(shelf: Shelf, cases: Sequence[str]) -> dict[str, int]:
    """Erase cases; gives the number of rows that the current version of every table lost. The caller is alone.

    Raises: ConfigError when a file cannot be read: what is in it is not known then.
    """
    wanted = pa.array(sorted(cases), pa.string())
    before = {name: _count(shelf, name) for name in TABLES if name not in _SPARED and shelf.exists(name)}
    pictures = _own_pictures(shelf, wanted)
    lost = {}
    for name, rows in before.items():
        _sweep(shelf, name)
        if predicate := _predicate(name, wanted, pictures):
            shelf.delete(name, predicate)
        for path in _every_file(shelf, name):
            if path not in set(shelf.files(name)):
                _rewrite(Path(path), name, wanted, pictures)
        lost[name] = rows - _count(shelf, name)
    return {name: number for name, number in lost.items() if number}


def _sweep(shelf: Shelf, name: str) -> None:
    """Delete what killed writers left half written: nobody reads it, and it may hold the rows. No one else writes."""
    for path in Path(shelf.uri(name)).glob("*.writing"):
        path.unlink()


def _count(shelf: Shelf, name: str) -> int:
    return count_rows(name, shelf.files(name))


def _every_file(shelf: Shelf, name: str) -> Iterator[str]:
    folder = Path(shelf.uri(name))
    yield from (str(path) for path in sorted(folder.rglob("*.parquet")) if "_delta_log" not in path.parts)


def _own_pictures(shelf: Shelf, wanted: pa.Array) -> pa.Array:
    """Find the hashes of pictures that no other case shows."""
    mine: set[str] = set()
    others: set[str] = set()
    for path in _every_file(shelf, "images"):
        rows = read_files("images", [path], ["case_id", "sha256"])
        own = pc.is_in(rows["case_id"], value_set=wanted)
        mine |= set(rows.filter(own)["sha256"].to_pylist())
        others |= set(rows.filter(pc.invert(own))["sha256"].to_pylist())
    return pa.array(sorted(mine - others), pa.string())


def _predicate(name: str, wanted: pa.Array, pictures: pa.Array) -> str:
    """Say which rows go, as SQL; ids are our own hexadecimal codes."""
    if name == _BY_PICTURE:
        return f"sha256 IN ({_listed(pictures)})" if len(pictures) else ""
    if not len(wanted):
        return ""
    if "case_id" in shelved(name).names:
        return f"case_id IN ({_listed(wanted)})"
    columns = _BY_CHILD.get(name, ())
    return " OR ".join(f"split_part({column}, '/', 1) IN ({_listed(wanted)})" for column in columns)


def _listed(values: pa.Array) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values.to_pylist())


def _gone(rows: pa.Table, name: str, wanted: pa.Array, pictures: pa.Array) -> pa.Array:
    """Say of every row whether it goes."""
    if name == _BY_PICTURE:
        return pc.is_in(rows["sha256"], value_set=pictures)
    columns = ("case_id",) if "case_id" in shelved(name).names else _BY_CHILD.get(name, ())
    gone = pa.array([False] * rows.num_rows)
    for column in columns:
        case = pc.replace_substring_regex(rows[column].cast(pa.string()), "/.*$", "")
        gone = pc.or_(gone, pc.fill_null(pc.is_in(case, value_set=wanted), False))
    return gone


def _rewrite(path: Path, name: str, wanted: pa.Array, pictures: pa.Array) -> None:
    """Put a file without the rows in the place of one that holds some."""
    keys = [key for key in ("case_id", "sha256", "instance_id", "parent_id", "id") if key in shelved(name).names]
    if not pc.any(_gone(read_files(name, [str(path)], keys), name, wanted, pictures)).as_py():
        return
    rows = read_files(name, [str(path)], None)
    rows = rows.filter(pc.invert(_gone(rows, name, wanted, pictures)))
    aside = path.with_name(f".{path.name}.writing")
    size = IMAGE_ROWS_PER_GROUP if "image" in rows.column_names else None
    compression = "NONE" if "image" in rows.column_names else "ZSTD"
    pq.write_table(rows, aside, compression=compression, row_group_size=size)
    os.replace(aside, path)  # noqa: PTH105 - atomic
