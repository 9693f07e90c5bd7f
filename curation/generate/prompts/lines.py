"""Find the line of a key in a TOML file of ours, so that an error can name it.

In: the text and a key path (``("en", "vqa", 3, "topic")``). Out: a line number, from 1. Python's own reader gives
none. It knows the layout of our files: one entry of an array per line.
"""

import re
from collections.abc import Sequence

_HEADER = re.compile(r"^\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*[\"']?([^\"'=\s]+(?: [^\"'=\s]+)*)[\"']?\s*=")


def line_of(text: str, path: Sequence[str | int]) -> int:
    """Find the line of a key, or of the nearest thing around it that stands in the file; 1 if there is none."""
    lines = text.splitlines()
    at, end, rest = _table(lines, [part for part in path if part != "[key]"])
    if not rest:
        return at + 1
    found = next((number for number in range(at, end) if _key(lines[number]) == rest[0]), None)
    if found is None:
        return at + 1
    if len(rest) > 1 and isinstance(rest[1], int):
        entries = (number for number in range(found, end) if lines[number].lstrip().startswith(("{", '"', "'", "[ ")))
        return next((number for at, number in enumerate(entries) if at == rest[1]), found) + 1
    return found + 1


def _table(lines: Sequence[str], path: Sequence[str | int]) -> tuple[int, int, Sequence[str | int]]:
    """Find the longest table header the path starts with: its first line, its end, and the rest of the path."""
    headers = [(number, match.group(1)) for number, line in enumerate(lines) if (match := _HEADER.match(line))]
    for length in range(len(path), 0, -1):
        name = ".".join(str(part) for part in path[:length])
        for place, (number, header) in enumerate(headers):
            if header == name:
                end = headers[place + 1][0] if place + 1 < len(headers) else len(lines)
                return number, end, path[length:]
    return 0, headers[0][0] if headers else len(lines), path


def _key(line: str) -> str | None:
    match = _KEY.match(line)
    return match.group(1) if match else None
