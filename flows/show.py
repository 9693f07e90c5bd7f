"""Show tables on the terminal as a table, CSV or JSON, or write them to a file, also as Parquet."""

import csv
import json
import math
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from schemas.errors import ConfigError

FORMATS = ("table", "csv", "json", "parquet")
FUNNEL_SQL = "SELECT stage, unit, rows_in, kept, rejected FROM funnel"
REASONS_SQL = "SELECT * FROM reject_reasons"
SPARED_SQL = "SELECT spared FROM funnel WHERE spared > 0"
MAX_CELL_CHARS = 200
PLAIN_WIDTH = 160
#: A value that Python or the format does not have.
_NOT_SHOWN = (OverflowError, ValueError, TypeError, pa.ArrowException)


def check_format(output: str, *, to_file: bool) -> None:
    """Refuse a format before a query costs anything.

    Raises: ConfigError.
    """
    if output not in FORMATS:
        raise ConfigError(f"--format must be one of {', '.join(FORMATS)}")
    if output == "parquet" and not to_file:
        raise ConfigError("--format parquet needs --out FILE")


def show_table(table: pa.Table, output: str) -> None:
    """Write a table to standard output as `table`, `csv` or `json` (one object per line).

    Raises: ConfigError for another format.
    """
    check_format(output, to_file=False)
    writers = {"table": _as_table, "csv": _as_csv, "json": _as_json}
    try:
        writers[output](table, sys.stdout)
    except _NOT_SHOWN as error:
        raise ConfigError(f"a value cannot be shown ({type(error).__name__}): cast it to text in the query") from None


def write_table(table: pa.Table, output: str, path: Path) -> None:
    """Write a table to a file in one of the formats; what was there is replaced at once.

    Raises: ConfigError for another format, or when the file cannot be written.
    """
    check_format(output, to_file=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if output == "parquet":
            pq.write_table(table, aside)
        else:
            with aside.open("w", encoding="utf-8", newline="") as file:
                {"table": _as_table, "csv": _as_csv, "json": _as_json}[output](table, file)
        aside.replace(path)
    except (OSError, *_NOT_SHOWN) as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        advice = "" if isinstance(error, OSError) else ": cast the value to text in the query"
        raise ConfigError(f"{path} could not be written ({type(error).__name__}){advice}") from None


def console() -> Console:
    """Give a console for standard output, wide enough where nobody watches."""
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Console(width=width, markup=False, emoji=False, highlight=False)


def _as_table(table: pa.Table, sink: TextIO) -> None:
    shown = Table(*table.column_names)
    for row in table.to_pylist():
        shown.add_row(*(_short(row[name]) for name in table.column_names))
    (console() if sink is sys.stdout else Console(file=sink, width=PLAIN_WIDTH, markup=False)).print(shown)


def _short(value: Any) -> str:  # noqa: ANN401 - any cell
    text = "" if value is None else f"<{len(value)} bytes>" if isinstance(value, bytes) else str(value)
    return text if len(text) <= MAX_CELL_CHARS else f"{text[:MAX_CELL_CHARS]}…"


def _as_csv(table: pa.Table, sink: TextIO) -> None:
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in table.to_pylist():
        writer.writerow([_plain(value) for value in row.values()])


def _as_json(table: pa.Table, sink: TextIO) -> None:
    for row in table.to_pylist():
        sink.write(json.dumps(_jsonable(row), ensure_ascii=False, default=str) + "\n")


def _plain(value: Any) -> Any:  # noqa: ANN401 - any cell
    if isinstance(value, bytes):
        return value.hex()
    return json.dumps(_jsonable(value), ensure_ascii=False, default=str) if isinstance(value, list | dict) else value


def _jsonable(value: Any) -> Any:  # noqa: ANN401 - any cell
    if isinstance(value, Mapping):
        return {name: _jsonable(cell) for name, cell in value.items()}
    if isinstance(value, list | tuple):  # a map is a list of tuples
        return [_jsonable(cell) for cell in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no such number
    return value.hex() if isinstance(value, bytes) else value
