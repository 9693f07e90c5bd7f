"""Export a release: part by part, so that memory stays bounded and a killed export goes on where it stopped.

In: a release and a call. Out: files of the format, ``checksums.sha256``, and ``export.json`` written last: with it the
export is complete. The same call on the same release gives the same bytes, however often it was interrupted.
"""

import gc
import hashlib
import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from schemas.errors import ChunkError, ConfigError
from warehouse.export.journal import MANIFEST, UNFINISHED, Journal, alone, begin, described, length_of
from warehouse.export.layout import Call, Example, Layout, named
from warehouse.export.pictures import write_pictures
from warehouse.export.selection import Selection
from warehouse.export.source import Index, Source

#: Pairs whose pictures are in memory at once.
BATCH = 64
#: Row groups of images (64 frames each) that make up one part of `--images files`.
GROUPS_PER_PART = 16

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds."""

    folder: Path
    rows: dict[str, int]
    left_out: dict[str, int]
    files: int
    created: bool


def export(  # noqa: PLR0913 - what to write, how, and whom to tell
    source: Source,
    selection: Selection,
    call: Call,
    layout: Layout,
    out: Path,
    progress: Progress,
    *,
    taken: Callable[[], None] = lambda: None,
) -> Exported:
    """Write an export, or finish one that was interrupted; a complete one is checked and left as it is.

    ``taken`` is called when the folder is accepted, before its first byte.

    Raises: ConfigError when the folder holds anything else or the release is damaged; ChunkError when a file cannot be
    written.
    """
    try:
        begun = begin(out, call)
        taken()
        if not begun:
            return check(out)
        with alone(out):
            _Writer(source, selection, call, layout, out).write(progress)
            return _finish(out, call, layout, selection)
    except OSError as error:
        path = error.filename or out
        raise ChunkError(f"{path}: could not be written ({error.strerror}); run the same command again") from None


class _Writer:
    """Writes the parts of one export that are not done yet."""

    def __init__(self, source: Source, selection: Selection, call: Call, layout: Layout, out: Path) -> None:
        self.source, self.selection, self.call, self.layout, self.out = source, selection, call, layout, out
        self.journal = Journal(out)
        self.journal.forget_lost()

    def write(self, progress: Progress) -> None:
        """Write every split: its pictures and its rows."""
        for split, selected in self.selection.splits.items():
            reports = self.source.index("reports", split) if self.layout.with_report else None
            if self.call.images == "files":
                with self._pictures_beside(split, selected.frames, progress) as watched:
                    self._rows(split, None, reports, watched)
            else:
                self._rows(split, self._frames(self.source, split, selected.frames), reports, progress)

    @contextmanager
    def _pictures_beside(self, split: str, wanted: set[str], progress: Progress) -> Iterator[Progress]:
        """Write the files of a split in another thread meanwhile; an error of either ends the other early."""
        ended = threading.Event()
        with ThreadPoolExecutor(1, "pictures") as thread:
            written = thread.submit(self._pictures, split, wanted, ended)

            def watched(rows: int) -> None:
                if written.done():
                    written.result()
                progress(rows)

            try:
                yield watched
                written.result()
            finally:
                ended.set()

    def _pictures(self, split: str, wanted: set[str], ended: threading.Event) -> None:
        own = Source(self.source.folder, ended, mapped=True)  # a source is of one thread
        frames = self._frames(own, split, wanted)
        for start in range(0, len(frames.groups), GROUPS_PER_PART):
            name = f"images/{split}/{start}"
            if ended.is_set():
                return
            if name in self.journal.done:
                continue
            numbers = range(start, min(start + GROUPS_PER_PART, len(frames.groups)))
            groups = (frames.pictures(number, wanted) for number in numbers)
            self.journal.add(name, 0, {}, write_pictures(str(self.out), split, groups), ("", 0))

    def _frames(self, source: Source, split: str, wanted: set[str]) -> Index:
        frames = source.index("images", split)
        if not all(frame_id in frames for frame_id in wanted):
            raise ConfigError(f"release {source.name}: a pair of {split} names a frame outside of {split}")
        return frames

    def _rows(self, split: str, frames: Index | None, reports: Index | None, progress: Progress) -> None:
        total, step = self.selection.splits[split].rows, self.layout.rows_per_part
        parts = -(-total // step)
        for part in range(parts):
            name = f"rows/{split}/{part}"
            start, stop = part * step, min((part + 1) * step, total)
            if name not in self.journal.done:
                left_out: Counter[str] = Counter()
                batches = self._examples(split, (start, stop), frames, reports, left_out)
                self._part(name, self.layout.file(self.call, split, part, parts), batches, stop - start, left_out)
            progress(stop - start)

    def _part(
        self, name: str, file_name: str, batches: Iterator[list[Example]], rows: int, left_out: Counter[str]
    ) -> None:
        path = self.out / file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("r+b" if self.layout.appends and path.exists() else "w+b") as stream:
            if self.layout.appends:
                _cut(stream, path, self.journal.lengths.get(file_name, 0))
                if stream.tell() == 0:
                    stream.write(self.layout.head)
            with _without_search_for_cycles():
                self.layout.write(stream, batches, self.call)
            size = stream.tell()
        files = [] if self.layout.appends else [[file_name, size, _sha256(path)]]
        length = (file_name, size) if self.layout.appends else ("", 0)
        self.journal.add(name, rows - left_out.total(), left_out, files, length)

    def _examples(
        self, split: str, span: tuple[int, int], frames: Index | None, reports: Index | None, left_out: Counter[str]
    ) -> Iterator[list[Example]]:
        step = BATCH if self.call.images == "embed" else self.layout.rows_per_part
        for start in range(*span, step):
            tables = self.selection.rows(split, start, min(start + step, span[1]), self.layout.columns)
            pairs = [row for table in tables for row in table.to_pylist()]
            pictures = self._read_pictures(frames, pairs)
            texts = _texts(reports, pairs)
            batch = []
            for number, pair in enumerate(pairs, start):
                seen = tuple([named(split, frame_id, pictures.get(frame_id)) for frame_id in pair["frame_ids"]])
                example = Example(split, number, pair, seen, texts.get(pair["case_id"], ""))
                reason = self.layout.unfit(example)
                if reason is None:
                    batch.append(example)
                else:
                    left_out[reason] += 1
            yield batch

    def _read_pictures(self, frames: Index | None, pairs: list[dict[str, Any]]) -> dict[str, bytes]:
        if frames is None:
            return {}
        wanted = {frame_id for pair in pairs for frame_id in pair["frame_ids"]}
        return {frame_id: image["bytes"] for frame_id, image in frames.take(wanted, "image").items()}


@contextmanager
def _without_search_for_cycles() -> Iterator[None]:
    """Spare the search for reference cycles: the rows of a part are many objects and hold none."""
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()


def _texts(reports: Index | None, pairs: list[dict[str, Any]]) -> dict[str, str]:
    if reports is None:
        return {}
    wanted = {pair["case_id"] for pair in pairs if pair["case_id"] in reports}
    findings, impression = (reports.take(wanted, column) for column in ("findings", "impression"))
    return {case_id: f"{findings[case_id]}\n{impression[case_id]}".strip() for case_id in wanted}


def _finish(out: Path, call: Call, layout: Layout, selection: Selection) -> Exported:
    journal = Journal(out)
    sums = {name: (digest, size) for name, size, digest in journal.files()}
    for name, size in journal.lengths.items():
        with (out / name).open("r+b") as stream:
            _cut(stream, out / name, size)
            stream.write(layout.tail)
        sums[name] = (_sha256(out / name), size + len(layout.tail))
    splits = [split for split, found in selection.splits.items() if found.rows]
    for name, text in layout.extras(call, splits).items():
        (out / name).write_text(text, encoding="utf-8")
        sums[name] = (_sha256(out / name), len(text.encode()))
    for name, (_, size) in sums.items():
        if length_of(f"{out}/{name}") != size:
            raise _changed(out / name)
    lines = "".join(f"{digest}  {name}\n" for name, (digest, _) in sorted(sums.items()))
    (out / "checksums.sha256").write_text(lines, encoding="utf-8")
    _write_manifest(out, call, selection, journal, sums)
    begin(out, call)  # what is complete needs no journal
    return check(out, created=True)


def _cut(stream: BinaryIO, path: Path, size: int) -> None:
    """Go to the end of what is recorded, and drop what lies behind it."""
    if stream.seek(0, os.SEEK_END) < size:
        raise _changed(path)
    stream.truncate(size)
    stream.seek(size)


def _changed(path: Path) -> ChunkError:
    return ChunkError(f"{path} has changed while the export was written: run the same command again")


def _write_manifest(
    out: Path, call: Call, selection: Selection, journal: Journal, sums: dict[str, tuple[str, int]]
) -> None:
    counts: dict[str, dict[str, Any]] = {}
    for split in selection.splits:
        parts = [done for name, done in journal.done.items() if name.startswith(f"rows/{split}/")]
        left_out = sum((Counter(part["left_out"]) for part in parts), Counter())
        counts[split] = {"rows": sum(part["rows"] for part in parts), "left_out": dict(sorted(left_out.items()))}
    manifest = {
        "call": described(call),
        "splits": counts,
        "files": len(sums),
        "bytes": sum(size for _, size in sums.values()),
        "checksums_sha256": _sha256(out / "checksums.sha256"),
    }
    aside = out / UNFINISHED / MANIFEST
    aside.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    aside.replace(out / MANIFEST)


def check(out: Path, *, created: bool = False) -> Exported:
    """Compare a complete export with its checksums (unless it was just written).

    Raises: ConfigError that names the first file that is missing or changed.
    """
    manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    if not created:
        _verify(out, manifest["checksums_sha256"])
    splits = manifest["splits"]
    left_out = sum((Counter(found["left_out"]) for found in splits.values()), Counter())
    rows = {split: int(found["rows"]) for split, found in splits.items()}
    return Exported(out, rows, dict(left_out), int(manifest["files"]), created)


def _verify(out: Path, expected: str) -> None:
    sums = out / "checksums.sha256"
    if not sums.is_file() or _sha256(sums) != expected:
        raise ConfigError(f"{sums} is missing or changed: delete the folder and export again")
    for line in sums.read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ", 1)
        if not (out / name).is_file() or _sha256(out / name) != digest:
            raise ConfigError(f"{out / name} is missing or changed: delete the folder and export again")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
