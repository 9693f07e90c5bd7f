"""Read the hospital's table: CSV, TSV, JSONL, Parquet or Excel, every cell as text.

In: a file, its encoding and the column mapping. Out: ``RawRow`` values (in memory only) and the ignored columns.
Rejects (as ``defect``): UNDECODABLE_TEXT, MALFORMED_ROW.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curation.intake.delimited import read_delimited
from curation.intake.encoding import decode_bytes, decode_cell
from schemas.case import OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from schemas.errors import ConfigError
from schemas.reject import RejectReason

DELIMITED = (".csv", ".tsv", ".txt")
LINES = (".jsonl", ".ndjson")
PARQUET = (".parquet", ".pq")
EXCEL = (".xlsx", ".xlsm")
TABLE_SUFFIXES = DELIMITED + LINES + PARQUET + EXCEL
#: What a terminal would obey instead of showing it.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
MAX_NAME_CHARS = 80
_ZEROS = re.compile(r"0{2,}")
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|[@\s]')
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as the hospital wrote it: our column name -> text, without nulls. The content never shows in a repr."""

    number: int
    cells: Mapping[str, str] = field(repr=False)
    defect: RejectReason | None = None


@dataclass(frozen=True, slots=True)
class RawTable:
    """All rows of a table and the columns that were not asked for."""

    rows: list[RawRow]
    ignored_columns: list[str]


def read_table(path: Path, *, encoding: str, columns: Mapping[str, str]) -> RawTable:
    """Read a table and rename its columns to ours.

    Raises: ConfigError for a missing file, an unknown kind of file, or missing required columns (named).
    """
    if not path.is_file():
        raise ConfigError(f"input.table: {path} is not a file")
    suffix = path.suffix.lower()
    if suffix not in TABLE_SUFFIXES:
        raise ConfigError(f"input.table: {path.name} must end in one of {', '.join(TABLE_SUFFIXES)}")
    try:
        header, records = _records(path, suffix, encoding)
        found = list(records)
    except Exception as error:  # noqa: BLE001 - damaged workbooks and Parquet raise many kinds, with content in them
        raise ConfigError(f"input.table: {path.name} cannot be read as {suffix[1:]} ({type(error).__name__})") from None
    wanted, ignored = match_columns(header, columns)
    rows = [_raw_row(number, record, wanted) for number, record in enumerate(found, start=1)]
    return RawTable(rows, ignored)


def match_columns(header: Sequence[str], columns: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Match our column names with the table's (mapped or equal, ignoring case and spaces around).

    Raises: ConfigError naming the columns that are required or mapped but absent, or there twice.
    """
    folded = [name.strip().casefold() for name in header]
    present = dict(zip(folded, header, strict=True))
    wanted: dict[str, str] = {}
    missing: list[str] = []
    twice: list[str] = []
    for ours in (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS):
        theirs = columns.get(ours, ours)
        found = present.get(theirs.strip().casefold())
        if found is not None:
            wanted[ours] = found
            twice += [theirs] if folded.count(theirs.strip().casefold()) > 1 else []
        elif ours in REQUIRED_COLUMNS or ours in columns:
            missing.append(f"{ours} (looked for '{theirs}')")
    if missing:
        raise ConfigError(f"input.columns: the table has no column for {', '.join(missing)}")
    if twice:
        raise ConfigError(f"input.columns: the table has more than one column called {', '.join(twice)}")
    ignored = set(header) - set(wanted.values())
    return wanted, sorted(_UNPRINTABLE.sub("?", name)[:MAX_NAME_CHARS] for name in ignored)


def _records(path: Path, suffix: str, encoding: str) -> tuple[list[str], Iterator[dict[str, Any] | None]]:
    if suffix in DELIMITED:
        return read_delimited(decode_bytes(path.read_bytes(), encoding))
    if suffix in LINES:
        return _json_lines(decode_bytes(path.read_bytes(), encoding))
    if suffix in PARQUET:
        return _parquet(path)
    return _excel(path)


def _parquet(path: Path) -> tuple[list[str], Iterator[dict[str, Any] | None]]:
    table = pq.read_table(path)
    columns = [_raw_text(column) for column in table.columns]
    records = (dict(zip(table.column_names, cells, strict=True)) for cells in zip(*columns, strict=True))
    return list(table.column_names), records


def _raw_text(column: pa.ChunkedArray) -> list[Any]:
    """Give a column's values; text as bytes, because one cell that is no UTF-8 must not cost the table."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    column = column.cast(kind) if kind != column.type else column
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        column = column.cast(pa.large_binary())
    return list(column.to_pylist())


def _json_lines(text: str) -> tuple[list[str], Iterator[dict[str, Any] | None]]:
    records: list[dict[str, Any] | None] = []
    header: dict[str, None] = {}
    for line in text.split("\n"):  # JSON lines end only at \n
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        records.append(record if isinstance(record, dict) else None)
        header.update(dict.fromkeys(records[-1] or {}))
    return list(header), iter(records)


def _excel(path: Path) -> tuple[list[str], Iterator[dict[str, Any] | None]]:
    from zipfile import BadZipFile  # noqa: PLC0415

    import openpyxl  # noqa: PLC0415 - slow import, only for Excel

    try:
        sheet = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0]
    except (BadZipFile, KeyError, openpyxl.utils.exceptions.InvalidFileException) as error:
        raise ValueError("not a workbook") from error
    sheet.reset_dimensions()  # some programs write a wrong range, and rows outside it would be lost
    lines = ([_shown(cell) for cell in line] for line in sheet.iter_rows())
    names = [_text(cell).strip() for cell in next(lines, ())]
    records = [dict(zip(names, line, strict=False)) for line in lines if any(_text(cell).strip() for cell in line)]
    return [name for name in names if name], iter(records)


def _shown(cell: Any) -> object:  # noqa: ANN401 - openpyxl's cells have no common type
    """Give a cell's value; a whole number shown with leading zeros (format ``000000``) keeps them."""
    value = cell.value
    zeros = _LITERALS.sub("", str(getattr(cell, "number_format", "")).split(";")[0])
    if isinstance(value, int | float) and not isinstance(value, bool) and _ZEROS.fullmatch(zeros):
        return _text(value).zfill(len(zeros))
    return value


def _raw_row(number: int, record: dict[str, Any] | None, wanted: Mapping[str, str]) -> RawRow:
    if record is None:
        return RawRow(number, {}, RejectReason.MALFORMED_ROW)
    present = {ours: record.get(theirs) for ours, theirs in wanted.items()}
    cells = {ours: _text(value) for ours, value in present.items() if not _is_null(value)}
    sound = {ours: _SURROGATE.sub("\ufffd", text) for ours, text in cells.items()}  # Arrow takes no lone surrogates
    undecodable = any("\ufffd" in text for text in sound.values())
    return RawRow(number, sound, RejectReason.UNDECODABLE_TEXT if undecodable else None)


def _is_null(value: object) -> bool:
    return value is None or value != value  # noqa: PLR0124 - NaN differs from itself


def _text(value: object) -> str:
    """Write a cell as text: whole floats without ``.0``, dates as ISO, lists joined by ``;``."""
    if _is_null(value):
        return ""
    if isinstance(value, list | tuple):
        return ";".join(_text(item) for item in value)
    if isinstance(value, bytes):
        return decode_cell(value)
    if isinstance(value, float | Decimal) and value == value.__trunc__():
        return str(int(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    return str(value)
