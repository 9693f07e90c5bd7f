"""`sonocurate export`: a release in the format of a training or benchmark program.

Flows in: the name of a release, options. Flows out: the export, a line per split, and a line in ``exports.jsonl`` of
the warehouse, so that it is known which copies exist when a patient withdraws.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
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
        done = export(source, selection, call, layout, out, track.advance)
    _record(root, call, out)
    return done


def lines(done: Exported) -> Iterable[str]:
    """Say what an export holds."""
    for split, rows in done.rows.items():
        yield f"{split}: {rows} pairs"
    for reason, rows in done.left_out.items():
        yield f"left out: {rows} pairs, {reason}"
    state = "written" if done.created else "was complete, every checksum is right"
    yield f"{done.folder}: {done.files} files, {state}"


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
    """Remember that a copy exists, once."""
    if not root.is_dir():
        return
    path = root / RECORD
    row = {
        "release": call.release,
        "content_sha256": call.content_sha256,
        "format": call.format,
        "folder": str(out.resolve()),
    }
    known = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    if any(row.items() <= json.loads(line).items() for line in known if line.startswith("{")):
        return
    with path.open("a", encoding="utf-8") as file:
        file.write(
            json.dumps({**row, "at": datetime.now(UTC).isoformat(timespec="seconds")}, ensure_ascii=False) + "\n"
        )
