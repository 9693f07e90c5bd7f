"""The log of runs: one JSON object a line in ``logs/runs.jsonl``, ids and counts only.

Keys: ``at`` (UTC), ``event``, ``run`` (id of the Prefect flow run), ``stage``, ``chunk``, ``kept``, ``rejected``,
``seconds``, ``step_s``, ``cpu_s``, ``rows``, ``error`` (class), ``message`` (of our own errors, which never hold row
content). A value that is neither a number nor short plain text is refused, so that no row content can slip in.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PLACE = Path("logs/runs.jsonl")
MAX_TEXT = 400
#: More than any count or time of a chunk; a line that says more was not written by us.
MAX_NUMBER = 1e12
#: What the readers need of a line, by event: text, and numbers.
_TEXTS = {"chunk.started": ("stage", "chunk"), "chunk.failed": ("stage", "chunk"), "chunk.done": ("stage", "chunk")}
_NUMBERS = {"chunk.done": ("rows", "kept", "rejected", "cpu_s")}

Value = str | int | float | None


class Log:
    """Appends lines; a line is written at once, so lines of several processes do not mix."""

    def __init__(self, root: Path) -> None:
        self._path = root / PLACE

    def write(self, event: str, **fields: Value) -> None:
        """Append a line; where a kill or a full disk cut the last one short, on a line of its own."""
        line: dict[str, Value] = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "event": event,
            "run": _run_id(),
        }
        line |= {name: _plain(value) for name, value in fields.items() if value not in (None, "")}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(line, ensure_ascii=False) + "\n"
        descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            start = "\n" if _is_cut(descriptor) else ""
            os.write(descriptor, (start + text).encode(errors="replace"))
        finally:
            os.close(descriptor)


def _is_cut(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def _run_id() -> str | None:
    from prefect.runtime import flow_run  # noqa: PLC0415 - reads its settings at import

    found = flow_run.get_root_flow_run_id() if flow_run.get_id() else None
    return str(found) if found else None


def _plain(value: Value) -> Value:
    if isinstance(value, float):
        return round(value, 4)
    return " ".join(value.split())[:MAX_TEXT] if isinstance(value, str) else value


def read(root: Path) -> Iterator[dict[str, Any]]:
    """Read the lines, the oldest first; what a kill cut short or another hand wrote is left out.

    Every line has an ``event``; those of chunks have ``stage`` and ``chunk``, those of chunks done their numbers.
    """
    path = root / PLACE
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            line = _parsed(text)
            if line is not None:
                yield line


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    event = line.get("event") if isinstance(line, dict) else None
    if not isinstance(event, str):
        return None
    right = all(isinstance(line.get(name), str) for name in _TEXTS.get(event, ()))
    right = right and all(_is_number(line.get(name)) for name in _NUMBERS.get(event, ()))
    return line if right and _can_be_written(line) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAX_NUMBER


def _can_be_written(line: dict[str, Any]) -> bool:
    try:
        "".join(value for value in line.values() if isinstance(value, str)).encode()
    except UnicodeEncodeError:  # half a character, as JSON can spell it
        return False
    return True
