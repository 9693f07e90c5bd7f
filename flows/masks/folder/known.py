"""What a hospital knows about the people on its images, one JSON row per image.

Flows in: a JSONL file of {"image": relative path, "known_phi": {…}}. Flows out: lists of strings by the kinds of
``schemas.case.KNOWN_PHI``, in memory only. Messages name the line, never its content.
"""

import json
from pathlib import Path
from typing import Any

from schemas.case import KNOWN_PHI_KINDS
from schemas.errors import ConfigError

#: Keys of a row's known_phi -> kind. The kinds themselves are taken too.
KEYS: dict[str, str] = {
    "patient_name": "names",
    "patient_id": "ids",
    "birth_date": "dates",
    "accession_number": "ids",
    "phone": "phones",
    "address": "addresses",
    "physicians": "physicians",
    "institution": "institutions",
    **{kind: kind for kind in KNOWN_PHI_KINDS},
}

Known = dict[str, list[str]]


def read_known_phi(path: Path) -> dict[str, Known]:
    """Read the file: image path -> strings by kind.

    Raises: ConfigError for an unreadable file or row; nothing is masked on half of what is known.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")  # other line ends may stand inside a text
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"--known-phi {path} is not a readable UTF-8 file") from None
    found: dict[str, Known] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            image, known = _read_row(line, f"--known-phi {path}, line {number}")
            merged = found.setdefault(image, {kind: [] for kind in KNOWN_PHI_KINDS})
            for kind, texts in known.items():
                merged[kind] += texts
    return found


def _read_row(line: str, where: str) -> tuple[str, Known]:
    try:
        row = json.loads(line)
    except ValueError:
        raise ConfigError(f"{where}: not a JSON object") from None
    image = row.get("image") if isinstance(row, dict) else None
    if not isinstance(image, str) or not image:
        raise ConfigError(f'{where}: needs "image", the path relative to the folder')
    content = row.get("known_phi") or {}
    if not isinstance(content, dict):
        raise ConfigError(f'{where}: "known_phi" must be an object')
    known: Known = {}
    for key, value in content.items():
        if key not in KEYS:
            raise ConfigError(f'{where}: unknown key in "known_phi"; known keys are {", ".join(sorted(KEYS))}')
        known.setdefault(KEYS[key], []).extend(_texts(value, where))
    return _plain(image), known


def _texts(value: Any, where: str) -> list[str]:  # noqa: ANN401 - any JSON value
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(v, str | int | float) or v is None for v in values):
        raise ConfigError(f"{where}: values must be texts or lists of texts")
    return [str(v) for v in values if v is not None and str(v).strip()]


def _plain(path: str) -> str:
    return "/".join(part for part in path.replace("\\", "/").split("/") if part not in ("", "."))
