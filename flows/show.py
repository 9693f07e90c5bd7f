"""Show tables on the terminal: as a table, CSV or JSON."""

import csv
import io
import json
import sys
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.table import Table

from schemas.errors import ConfigError

FUNNEL_SQL = "SELECT stage, unit, rows_in, kept, rejected FROM funnel"
REASONS_SQL = "SELECT * FROM reject_reasons"
SPARED_SQL = "SELECT spared FROM funnel WHERE spared > 0"
MAX_CELL_CHARS = 200
PLAIN_WIDTH = 160


def show_table(table: pa.Table, output: str) -> None:
    """Write a table to standard output as `table`, `csv` or `json` (one object per line).

    Raises: ConfigError for another format.
    """
    writers = {"table": _as_table, "csv": _as_csv, "json": _as_json}
    if output not in writers:
        raise ConfigError(f"--format must be one of {', '.join(writers)}")
    try:
        writers[output](table)
    except (OverflowError, ValueError, TypeError) as error:
        raise ConfigError(f"a value cannot be shown ({type(error).__name__}): cast it to text in the query") from None


def console() -> Console:
    """Give a console for standard output, wide enough where nobody watches."""
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Console(width=width, markup=False, emoji=False, highlight=False)


def _as_table(table: pa.Table) -> None:
    shown = Table(*table.column_names)
    for row in table.to_pylist():
        shown.add_row(*(_short(row[name]) for name in table.column_names))
    console().print(shown)


def _short(value: Any) -> str:  # noqa: ANN401 - any cell
    text = "" if value is None else f"<{len(value)} bytes>" if isinstance(value, bytes) else str(value)
    return text if len(text) <= MAX_CELL_CHARS else f"{text[:MAX_CELL_CHARS]}…"


def _as_csv(table: pa.Table) -> None:
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in table.to_pylist():
        writer.writerow([_plain(value) for value in row.values()])
    sys.stdout.write(sink.getvalue())


def _as_json(table: pa.Table) -> None:
    for row in table.to_pylist():
        sys.stdout.write(json.dumps(_jsonable(row), ensure_ascii=False, default=str) + "\n")


def _plain(value: Any) -> Any:  # noqa: ANN401 - any cell
    if isinstance(value, bytes):
        return value.hex()
    return json.dumps(_jsonable(value), ensure_ascii=False, default=str) if isinstance(value, list | dict) else value


def _jsonable(value: Any) -> Any:  # noqa: ANN401 - any cell
    if isinstance(value, Mapping):
        return {name: _jsonable(cell) for name, cell in value.items()}
    if isinstance(value, list):
        return [_jsonable(cell) for cell in value]
    return value.hex() if isinstance(value, bytes) else value
