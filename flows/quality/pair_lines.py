"""Read a JSONL file of pairs: strict, and every complaint names its line.

Flows in: UTF-8 rows {"id", "language", "report", "question", "answer"}; blank lines and a byte order mark are passed
over, other keys too. Flows out: ``PairLine`` rows in order.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from schemas.case import Language
from schemas.config import language_of
from schemas.errors import ConfigError

_BOM = b"\xef\xbb\xbf"
_TEXTS = ("report", "question", "answer")


@dataclass(frozen=True, slots=True)
class PairLine:
    """One row. The id is given back as it came."""

    row_id: str | int
    language: Language
    report: str = field(repr=False)
    question: str = field(repr=False)
    answer: str = field(repr=False)


def pair_lines(path: Path) -> list[PairLine]:
    """Read all rows.

    Raises: ConfigError naming the first line that is no such row or repeats an id.
    """
    seen: dict[tuple[type, str | int], int] = {}
    out = []
    for number, line in _lines(path):
        row = _row(path, number, line)
        key = (type(row.row_id), row.row_id)
        if key in seen:
            _refuse(path, number, f"the id of line {seen[key]} again")
        seen[key] = number
        out.append(row)
    return out


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                plain = line.removeprefix(_BOM) if number == 1 else line
                if plain.strip():
                    yield number, plain
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None


def _row(path: Path, number: int, line: bytes) -> PairLine:
    try:
        row: Any = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        _refuse(path, number, "not a JSON object in UTF-8")
    if not isinstance(row, dict):
        _refuse(path, number, "not a JSON object in UTF-8")
    missing = [key for key in ("id", "language", *_TEXTS) if key not in row]
    if missing:
        _refuse(path, number, f'the key "{missing[0]}" is missing')
    if not isinstance(row["id"], str | int) or isinstance(row["id"], bool):
        _refuse(path, number, "an id must be text or a whole number")
    wrong = [key for key in ("language", *_TEXTS) if not isinstance(row[key], str)]
    if wrong:
        _refuse(path, number, f'"{wrong[0]}" must be text')
    language = language_of(row["language"])
    if language is None:
        _refuse(path, number, '"language" must be en or zh')
    empty = [key for key in ("report", "answer") if not row[key].strip()]
    if empty:
        _refuse(path, number, f'"{empty[0]}" is empty')
    if any(_has_surrogate(row[key]) for key in _TEXTS):
        _refuse(path, number, "half a character (a lone surrogate)")
    return PairLine(row["id"], language, *(row[key] for key in _TEXTS))


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def _refuse(path: Path, number: int, why: str) -> NoReturn:
    raise ConfigError(f"{path} line {number}: {why}; nothing was written")
