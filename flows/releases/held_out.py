"""Files of held-out sets: which lie below a folder, and the values that stand in tables and texts.

Flows in: folders. Flows out: paths, JSON-like values one row at a time, bytes of pictures that texts carry in base64.
"""

import base64
import csv
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pyarrow.parquet as pq

#: How PNG, JPEG, GIF, WebP and TIFF begin in base64 (or a data URL of any picture), and at least as much as one needs.
_CODED = re.compile(
    r"(?<![\w+/-])(?:data:image/[\w.+-]+;base64,\s*(?=[\w+/-])|(?=iVBORw0KGgo|/9j/|R0lGOD|UklGR|SUkqA|TU0AK))"
    r"([\w+/-]{60,}={0,2})",
    re.ASCII,
)
#: What parts cells where the name of a file does not say it; the first that stands in its first line.
DELIMITERS = ",;\t|"
#: A line break inside base64: it is written in lines of 64 or 76 characters.
_WRAP = re.compile(r"(?<=[A-Za-z0-9+/]{60})\r?\n(?=[A-Za-z0-9+/=])")
_URL_SAFE = str.maketrans("-_", "+/")


def files_below(folder: Path) -> Iterator[Path]:
    """Give every entry below a folder that is no folder, in order; links are followed, each folder is read once.

    Raises: OSError for a folder that cannot be listed.
    """
    seen = set()
    for root, folders, names in os.walk(folder, onerror=_refuse, followlinks=True):
        real = os.path.realpath(root)
        if real in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        yield from (Path(root, name) for name in sorted(names))


def _refuse(error: OSError) -> NoReturn:
    raise error


def pictures_within(text: str) -> tuple[list[bytes], str]:
    """Decode the pictures that a text carries in base64, and give the text without them.

    Raises: ValueError for what begins like a picture and is no base64.
    """
    if len(text) < 60:
        return [], text
    if "\n" in text:
        text = _WRAP.sub("", text)
    found = [base64.b64decode(_padded(coded), validate=True) for coded in _CODED.findall(text)]
    return found, _CODED.sub(" ", text) if found else text


def _padded(coded: str) -> str:
    bare = coded.rstrip("=").translate(_URL_SAFE)
    return bare + "=" * (-len(bare) % 4)


def _parquet(path: Path) -> Iterator[Any]:
    for batch in pq.ParquetFile(path).iter_batches(batch_size=64):
        yield from batch.to_pylist()


def _json(path: Path) -> Iterator[Any]:
    yield json.loads(path.read_text(encoding="utf-8-sig"))


def _lines(path: Path) -> Iterator[Any]:
    with path.open(encoding="utf-8-sig") as file:
        yield from (json.loads(line) for line in file if line.strip())


def _cells(path: Path) -> Iterator[Any]:
    """Read rows by the names of the first line, and the first line itself: there may be no header.

    Raises: csv.Error for a quote that is not closed: it would swallow the rows below.
    """
    csv.field_size_limit(sys.maxsize)  # pictures stand in cells
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        file.seek(0)
        marks = "\t" if path.suffix.lower() == ".tsv" else DELIMITERS
        rows = csv.reader(file, delimiter=next((mark for mark in marks if mark in first), marks[0]), strict=True)
        header = next(rows, [])
        yield header
        names = {at: name for at, name in enumerate(header) if name not in header[:at]}
        yield from ({names.get(at, at): cell for at, cell in enumerate(row)} for row in rows)


def _text(path: Path) -> Iterator[Any]:
    """Read paragraphs and lines: a text may go over several lines, ids and sentences stand one on each."""
    text = path.read_text(encoding="utf-8-sig")
    yield from text.split("\n\n")
    yield from text.split("\n")


READERS: dict[str, Callable[[Path], Iterator[Any]]] = {
    ".parquet": _parquet,
    ".json": _json,
    ".jsonl": _lines,
    ".csv": _cells,
    ".tsv": _cells,
    ".txt": _text,
}
