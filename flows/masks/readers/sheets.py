"""Folders that people work in (new or empty, apart from the warehouse, private where they hold PHI) and their sheets.

In: a path and what it must not lie in. Out: a folder, files written whole, and rows of a sheet that a person filled in
with whatever program is at hand.
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from curation.intake.delimited import read_delimited
from curation.intake.encoding import decode_bytes
from schemas.errors import ConfigError

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


def fresh_folder(path: Path, *, apart_from: Iterable[Path] = ()) -> None:
    """Make a folder, or take one that is empty.

    Raises: ConfigError when it holds anything, cannot be made, or lies in a folder that it must be apart from.
    """
    for other in apart_from:
        if path.resolve().is_relative_to(other.resolve()):
            raise ConfigError(f"OUT_DIR {path} lies inside {other}: choose a folder outside")
    try:
        path.mkdir(parents=True, exist_ok=True)
        taken = any(path.iterdir())
    except (FileExistsError, NotADirectoryError):
        raise ConfigError(f"OUT_DIR {path} is not a folder") from None
    except OSError as error:
        raise ConfigError(f"OUT_DIR {path} cannot be written ({error.strerror})") from None
    if taken:
        raise ConfigError(f"OUT_DIR {path} is not empty: choose a new or empty folder")


def write_private(path: Path, data: bytes) -> None:
    """Write a file of mode 600 aside and rename it into place."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def sheet(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Write a CSV sheet that spreadsheet programs open as UTF-8; cells that a row lacks are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def read_sheet(
    path: Path, columns: Sequence[str], *, optional: Sequence[str] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """Read a sheet back, whatever its encoding and delimiter: the row's number (the header is row 1) and its cells.

    Raises: ConfigError when the file or a column is missing or a row does not fit the header; it names the row.
    """
    try:
        header, records = read_delimited(decode_bytes(path.read_bytes(), "auto"))
    except OSError:
        raise ConfigError(f"{path} cannot be read: it must stay where it was written") from None
    except ValueError:
        raise ConfigError(f"{path} has no header: it must be saved as CSV") from None
    missing = [name for name in columns if name not in header]
    if missing:
        raise ConfigError(f"{path}: columns are missing ({', '.join(missing)}); leave the first row as it was")
    wanted = [*columns, *(name for name in optional if name in header)]
    for number, record in enumerate(records, start=2):
        if record is None:
            raise ConfigError(f"{path}, row {number}: it has more or fewer cells than the first row")
        yield number, {name: str(record[name]).strip() for name in wanted}


def read_moment(text: str) -> datetime | None:
    """Read when a row was decided; spreadsheet programs may have rewritten it beyond reading."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
