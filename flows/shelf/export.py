"""`sonocurate export`: a release in the format of a training or benchmark program.

Flows in: the name of a release, options. Flows out: the export, a line per split, and a line in ``exports.jsonl`` of
the warehouse, so that it is known which copies exist when a patient withdraws.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from flows.progress import Track
from schemas.errors import ConfigError
from warehouse.export.formats import choose
from warehouse.export.layout import Call, Layout
from warehouse.export.run import Exported, export
from warehouse.export.selection import Condition, Selection
from warehouse.export.source import Source
from warehouse.published import SPLITS, find_release

RECORD = "exports.jsonl"
#: What a line of it says, beside the time.
_RECORDED = ("release", "content_sha256", "format", "folder")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    format: str
    images: str | None = None
    splits: tuple[str, ...] = ()
    where: str | None = None


def export_release(root: Path, release: str, out: Path, wanted: Wanted) -> Exported:
    """Export a release of a warehouse (or a copy of one, by its path).

    Raises: ConfigError when the call, the folder or the release is at fault; ChunkError when writing failed.
    """
    images, layout = choose(wanted.format, wanted.images)
    condition = Condition(wanted.where, layout.component)
    source = Source(find_release(root, release), mapped=True)
    if out.resolve().is_relative_to(source.folder.resolve()):
        raise ConfigError(f"{out} lies inside the release: a release never changes, choose another folder")
    splits = _splits(source, layout, wanted.splits)
    selection = Selection(source, splits, condition, layout.component)
    call = Call(source.name, source.content_sha256, wanted.format, images, splits, wanted.where)
    with Track("export", sum(found.rows for found in selection.splits.values()), unit="pairs") as track:
        return export(source, selection, call, layout, out, track.advance, taken=partial(_record, root, call, out))


def lines(done: Exported) -> Iterable[str]:
    """Say what an export holds."""
    for split, rows in done.rows.items():
        yield f"{split}: {rows} pairs"
    for reason, rows in done.left_out.items():
        yield f"left out: {rows} pairs, {reason}"
    state = "written" if done.created else "was complete, every checksum is right"
    yield f"{printable(str(done.folder))}: {done.files} files, {state}"


def printable(path: str) -> str:
    """Escape the bytes of a path that are no UTF-8."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")


def recorded(root: Path) -> tuple[list[dict[str, str]], list[int]]:
    """Read which exports were begun, and the numbers of lines that cannot be read."""
    path, found, torn = root / RECORD, [], []
    lines = path.read_bytes().split(b"\n") if path.is_file() else []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line) if line.strip() else None
        except ValueError:
            row = {}
        if isinstance(row, dict) and all(isinstance(row.get(name), str) for name in _RECORDED):
            found.append(row)
        elif row is not None:
            torn.append(number)
    return found, torn


def _splits(source: Source, layout: Layout, asked: tuple[str, ...]) -> tuple[str, ...]:
    wanted = asked or layout.default_splits
    unknown = sorted(set(wanted) - set(SPLITS))
    if unknown:
        raise ConfigError(f"--split must be of {', '.join(SPLITS)}")
    there = source.splits(layout.component)
    absent = [split for split in wanted if split not in there]
    if (asked and absent) or len(absent) == len(wanted):
        has = f"it has {', '.join(there)}" if there else f"it has no component {layout.component}"
        raise ConfigError(f"release {source.name} has no pairs of split {', '.join(absent)}: {has}")
    return tuple(split for split in there if split in wanted)


def _record(root: Path, call: Call, out: Path) -> None:
    """Remember a copy, once."""
    if not root.is_dir():
        return
    values = (call.release, call.content_sha256, call.format, str(out.resolve()))
    row = dict(zip(_RECORDED, values, strict=True))
    if any(row.items() <= known.items() for known in recorded(root)[0]):
        return
    line = json.dumps({**row, "at": datetime.now(UTC).isoformat(timespec="seconds")}) + "\n"
    with (root / RECORD).open("a+b") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
        torn = file.read(1) not in (b"", b"\n")
        file.write(b"\n" * torn + line.encode())
        file.flush()
        os.fsync(file.fileno())
