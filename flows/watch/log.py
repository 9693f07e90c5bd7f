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

Value = str | int | float | None


class Log:
    """Appends lines; a line is written at once, so lines of several processes do not mix."""

    def __init__(self, root: Path) -> None:
        self._path = root / PLACE

    def write(self, event: str, **fields: Value) -> None:
        """Append a line."""
        line: dict[str, Value] = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "event": event,
            "run": _run_id(),
        }
        line |= {name: _plain(value) for name, value in fields.items() if value not in (None, "")}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, (json.dumps(line, ensure_ascii=False) + "\n").encode())
        finally:
            os.close(descriptor)


def _run_id() -> str | None:
    from prefect.runtime import flow_run  # noqa: PLC0415 - reads its settings at import

    found = flow_run.get_root_flow_run_id() if flow_run.get_id() else None
    return str(found) if found else None


def _plain(value: Value) -> Value:
    if isinstance(value, float):
        return round(value, 4)
    return " ".join(value.split())[:MAX_TEXT] if isinstance(value, str) else value


def read(root: Path) -> Iterator[dict[str, Any]]:
    """Read the lines, the oldest first; a line that a kill cut short is left out."""
    path = root / PLACE
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict):
                yield line
