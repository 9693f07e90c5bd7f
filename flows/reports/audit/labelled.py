"""Labelled reports: the truth that scrubbing is measured against.

Flows in: a JSONL file of {"case_id", "language", "text", "spans": [{"start", "end", "entity_type"}], "protected":
[{"start", "end"}], "known_phi": {…}}; ``protected`` and ``known_phi`` are optional. Flows out: reports, in memory only.
Offsets are half-open code points. Messages name the line, never its content.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.known import Known, read_known
from schemas.case import Language
from schemas.config import language_of
from schemas.errors import ConfigError


@dataclass(frozen=True, slots=True)
class LabelledSpan:
    """One identifier, or one clinical statement that must survive (``entity`` is empty)."""

    start: int
    end: int
    entity: str = ""


@dataclass(frozen=True, slots=True)
class LabelledReport:
    """One report with its truth. Nothing of it shows in a repr."""

    case_id: str = field(repr=False)
    language: Language
    text: str = field(repr=False)
    spans: tuple[LabelledSpan, ...] = field(repr=False)
    protected: tuple[LabelledSpan, ...] = field(repr=False)
    known_phi: Known = field(repr=False)


def read_labelled(path: Path) -> list[LabelledReport]:
    """Read a file of labelled reports.

    Raises: ConfigError that names the line of the first unusable row.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{path} is not a readable UTF-8 file") from None
    reports = [_report(line, f"{path}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not reports:
        raise ConfigError(f"{path} holds no labelled report")
    return reports


def _report(line: str, where: str) -> LabelledReport:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise ConfigError(f'{where}: needs "text" and "spans"')
    language = language_of(str(row.get("language") or "")) or Language.EN
    known = read_known(row.get("known_phi"))
    if known is None:
        raise ConfigError(f'{where}: "known_phi" is no object of known keys and strings')
    text = row["text"]
    spans, protected = (_spans(row.get(key), len(text), f'{where}: "{key}"') for key in ("spans", "protected"))
    return LabelledReport(str(row.get("case_id", "")), language, text, spans, protected, known)


def _spans(rows: Any, length: int, where: str) -> tuple[LabelledSpan, ...]:  # noqa: ANN401 - JSON
    found = []
    for row in rows or []:
        start, end = (row.get("start"), row.get("end")) if isinstance(row, dict) else (None, None)
        if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= length:
            raise ConfigError(f"{where} needs start and end inside the text")
        found.append(LabelledSpan(start, end, str(row.get("entity_type", ""))))
    return tuple(found)
