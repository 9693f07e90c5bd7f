"""What a hospital knows about the people on its images, one JSON row per image.

Flows in: a JSONL file of {"image": relative path, "known_phi": {…}}. Flows out: lists of strings by the kinds of
``schemas.case.KNOWN_PHI``, in memory only. Messages name the line, never its content.
"""

import json
from pathlib import Path

from flows.known import EXPECTED, Known, read_known
from schemas.case import KNOWN_PHI_KINDS
from schemas.errors import ConfigError


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
    known = read_known(row.get("known_phi"))
    if known is None:
        raise ConfigError(f'{where}: "known_phi" must be {EXPECTED}')
    return _plain(image), known


def _plain(path: str) -> str:
    return "/".join(part for part in path.replace("\\", "/").split("/") if part not in ("", "."))
