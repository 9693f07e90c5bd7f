"""Read delimited text so that one broken row costs that row and no other.

In: decoded text. Out: the header and one record per row, None for a row that does not fit the header.
Source: RFC 4180. A quote that is never closed would swallow the rows after it: such a row ends at its first line.
"""

import csv
from collections.abc import Iterator, Sequence
from typing import Any

DELIMITERS = ",\t;|"
SAMPLE_LINES = 200
MAX_CELL_CHARS = 16_000_000


def read_delimited(text: str) -> tuple[list[str], Iterator[dict[str, Any] | None]]:
    """Give the header's names and the rows that are not blank.

    Raises: ValueError without a header.
    """
    csv.field_size_limit(MAX_CELL_CHARS)
    lines = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise ValueError("no header")
    delimiter = max(DELIMITERS, key=lambda mark: _fit(lines[first : first + SAMPLE_LINES], mark))
    records = _records(lines[first:], delimiter)
    header = next(records)
    if header is None:
        raise ValueError("the header is malformed")
    names = [name.strip() for name in header]
    return names, _rows(names, records)


def _rows(names: Sequence[str], records: Iterator[list[str] | None]) -> Iterator[dict[str, Any] | None]:
    for record in records:
        if record is None:
            yield None
        elif any(cell.strip() for cell in record):
            yield dict(zip(names, record, strict=True))


def _records(lines: Sequence[str], delimiter: str) -> Iterator[list[str] | None]:
    """Read records; one that is malformed is None, and reading goes on at the line after its first."""
    start, width = 0, 0
    while start < len(lines):
        reader = csv.reader(_from(lines, start), delimiter=delimiter, strict=True)
        consumed = 0
        for record in _readable(reader):
            if record is None or (record and len(record) != (width or len(record))):
                break
            width = width or len(record)
            consumed = reader.line_num
            yield record
        else:
            return
        start += consumed + 1
        if lines[start - 1].strip():
            yield None


def _readable(reader: Any) -> Iterator[list[str] | None]:  # noqa: ANN401 - csv's reader has no public type
    """Give a reader's records, and None for the one at which it fails."""
    try:
        yield from reader
    except csv.Error:
        yield None


def _from(lines: Sequence[str], start: int) -> Iterator[str]:
    return (f"{lines[number]}\n" for number in range(start, len(lines)))


def _fit(lines: Sequence[str], delimiter: str) -> tuple[float, int]:
    """Say how well a delimiter fits: the share of rows as wide as the header, then the width; 1 column fits least."""
    rows = [row for row in csv.reader(_from(lines, 0), delimiter=delimiter) if row]
    width = len(rows[0])
    return (sum(len(row) == width for row in rows) / len(rows), width) if width > 1 else (0.0, 0)
