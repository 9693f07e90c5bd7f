"""A byte scan for planted PHI: raw bytes of every file, and the decoded columns of every Parquet file."""

import base64
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
#: Shorter needles occur by chance in compressed bytes; decoded text is searched for all of them.
MIN_RAW_BYTES = 6
BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")


def scan(roots: list[Path], strings: list[str]) -> list[tuple[str, str]]:
    """Give (where, string) for every planted string that is found below the roots, file names included."""
    found = []
    for root in roots:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            name = path.relative_to(root).as_posix() if path != root else path.name
            found += [(f"name of {name}", text) for text in strings if text in name]
            if path.is_file():
                found += [(name, text) for text in _in_file(path, strings)]
    return found


def _in_file(path: Path, strings: list[str]) -> set[str]:
    data = path.read_bytes()
    if path.suffix == ".parquet":
        return _in_text(_parquet_text(path), strings)
    unpacked = b"\n".join(_unpacked(match) for match in BASE64.findall(data))
    return _in_bytes(data + unpacked, strings)


def _unpacked(text: bytes) -> bytes:
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4))
    except ValueError:
        return b""


def _in_bytes(data: bytes, strings: list[str]) -> set[str]:
    hits = set()
    for text in strings:
        escaped = json.dumps(text)[1:-1].encode()  # as JSON in a database: \\u6b27 …
        if len(escaped) >= MIN_RAW_BYTES and escaped in data:
            hits.add(text)
        for encoding in ENCODINGS:
            needle = text.encode(encoding, errors="ignore")
            if (len(needle) >= MIN_RAW_BYTES or encoding == "utf-8") and needle and needle in data:
                hits.add(text)
    return hits


def _in_text(text: str, strings: list[str]) -> set[str]:
    return {needle for needle in strings if needle in text}


def _parquet_text(path: Path) -> str:
    table = pq.read_table(path)
    columns = [field.name for field in table.schema if not pa.types.is_struct(field.type)]
    paths = [row["path"] for row in table["image"].to_pylist()] if "image" in table.column_names else []
    return "\n".join(str(row) for row in table.select(columns).to_pylist()) + "\n".join(paths)
