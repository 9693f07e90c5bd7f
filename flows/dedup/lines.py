"""Read a JSONL file of {"id", "text"} rows: strict, and every complaint names its line.

Flows in: UTF-8, lines that end at a line feed and nowhere else (a text may hold U+2028), blank lines and a byte order
mark are passed over. Flows out: ids (text or whole numbers, given back as they came), texts and scopes.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import orjson

from schemas.errors import ConfigError

Id = str | int
_BOM = b"\xef\xbb\xbf"
#: The key that says what a row is compared within.
SCOPE_KEYS = {"global": None, "system": "systems", "case": "case_id"}


class Lines:
    """The rows of a file; reads it anew for every pass."""

    def __init__(self, path: Path, scope: str) -> None:
        self.path = path
        self._scope = SCOPE_KEYS[scope]

    def ids(self) -> list[Id]:
        """Read the whole file once and give its ids in order.

        Raises: ConfigError naming the first line that is no such row or repeats an id.
        """
        seen: dict[tuple[type, Id], int] = {}
        for number, row in self._rows():
            key = (type(row["id"]), row["id"])
            if key in seen:
                self._refuse(number, f"the id of line {seen[key]} again")
            seen[key] = number
        return [row_id for _, row_id in seen]

    def texts(self) -> Iterator[tuple[str, str]]:
        """Give the text and the scope of every row, in order."""
        for _, row in self._rows():
            yield row["text"], self._scope_of(row)

    def _rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        try:
            with self.path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    plain = line.removeprefix(_BOM) if number == 1 else line
                    if plain.strip():
                        yield number, self._row(number, plain)
        except OSError as error:
            raise ConfigError(f"cannot read {self.path}: {error.strerror}") from None

    def _row(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            row = _parse(line)
        except (ValueError, RecursionError):
            self._refuse(number, "not a JSON object in UTF-8")
        if not isinstance(row, dict):
            self._refuse(number, "not a JSON object in UTF-8")
        if "id" not in row or "text" not in row:
            self._refuse(number, 'a row needs the keys "id" and "text"')
        if not isinstance(row["id"], str | int) or isinstance(row["id"], bool):
            self._refuse(number, "an id must be text or a whole number")
        if not isinstance(row["text"], str):
            self._refuse(number, "a text must be text")
        if self._scope is not None and self._scope_of(row) == "":
            self._refuse(number, f'this scope needs the key "{self._scope}"')
        return row

    def _scope_of(self, row: dict[str, Any]) -> str:
        value = row.get(self._scope) if self._scope else None
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            return scope_of_systems(value)
        return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""

    def _refuse(self, number: int, why: str) -> NoReturn:
        raise ConfigError(f"{self.path} line {number}: {why}; nothing was written")


def scope_of_systems(systems: list[str]) -> str:
    """Name the set of systems of a case: cases are compared when they are about the same ones."""
    return "+".join(sorted(set(systems)))


def _parse(line: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Parse a line; what orjson refuses (lone surrogates, huge numbers) gets a second look."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return json.loads(line.decode("utf-8"), parse_constant=_no_constant)


def _no_constant(_name: str) -> NoReturn:
    raise ValueError


def dump(row: dict[str, Any]) -> bytes:
    """Write a row as one line."""
    try:
        return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # lone surrogates, huge numbers
        return json.dumps(row).encode() + b"\n"
