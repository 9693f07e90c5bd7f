"""The journal of an export that is being written: whose it is, which parts are done, how long its files were then.

In: finished parts. Out: where to go on. A part counts when its line is complete and its files are as long as it says;
what lies behind the recorded length of a file was written by a part that was cut down, and is written again. The
folder ``.unfinished`` is gone when the export is complete.
"""

import json
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from schemas.errors import ConfigError
from warehouse.export.layout import Call
from warehouse.lock import held

UNFINISHED = ".unfinished"
MANIFEST = "export.json"
#: Raise it when the same call gives other bytes.
VERSION = 2


def described(call: Call) -> dict[str, Any]:
    """Describe a call as the manifest records it."""
    return {**asdict(call), "splits": list(call.splits), "version": VERSION}


class Journal:
    """Parts that are done, appended one line at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / UNFINISHED / "parts.jsonl"
        self._one_at_a_time = threading.Lock()
        self._load()

    def _load(self) -> None:
        self.lengths: dict[str, int] = {}
        self.done: dict[str, dict[str, Any]] = {}
        complete = 0
        for line in self._lines():
            complete += len(line)
            part = json.loads(line)
            self.done[part["part"]] = {"rows": part["rows"], "left_out": part["left_out"]}
            self.lengths.update(part["lengths"])
        if self._path.exists():
            os.truncate(self._path, complete)  # a torn last line

    def forget_lost(self) -> None:
        """Take parts out whose files are gone or have another length (a file that grows: a shorter one)."""
        if all(self._is_whole(part) for part in map(json.loads, self._lines())):
            return
        aside = self._path.with_suffix(".new")
        with aside.open("wb") as file:
            file.writelines(line for line in self._lines() if self._is_whole(json.loads(line)))
        aside.replace(self._path)
        self._load()

    def _is_whole(self, part: dict[str, Any]) -> bool:
        grown = all(length_of(f"{self._folder}/{name}") >= size for name, size in part["lengths"].items())
        return grown and all(length_of(f"{self._folder}/{name}") == size for name, size, _ in part["files"])

    def add(
        self, part: str, rows: int, left_out: Mapping[str, int], files: list[list[Any]], length: tuple[str, int]
    ) -> None:
        """Record a finished part: its files with size and sha256, or the new length of a file that grows."""
        lengths = {length[0]: length[1]} if length[0] else {}
        row = {"part": part, "rows": rows, "left_out": dict(left_out), "files": files, "lengths": lengths}
        with self._one_at_a_time:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
                file.flush()
                os.fsync(file.fileno())
            self.done[part] = {"rows": rows, "left_out": dict(left_out)}
            self.lengths.update(lengths)

    def files(self) -> Iterator[tuple[str, int, str]]:
        """Give name, size and sha256 of every file that one part wrote."""
        for line in self._lines():
            yield from ((name, size, digest) for name, size, digest in json.loads(line)["files"])

    def _lines(self) -> Iterator[bytes]:
        if self._path.exists():
            with self._path.open("rb") as file:
                yield from (line for line in file if line.endswith(b"\n"))


def length_of(path: str) -> int:
    """Give the length of a file, or -1: asked millions of times, so without pathlib."""
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return -1


def begin(folder: Path, call: Call) -> bool:
    """Take a folder for an export; False when this very export is complete there.

    Raises: ConfigError when the folder holds anything else.
    """
    wanted = described(call)
    if (folder / MANIFEST).is_file():
        if _read(folder / MANIFEST).get("call") != wanted:
            raise ConfigError(f"{folder} holds another export: choose a new folder")
        shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
        return False
    mark = folder / UNFINISHED / "call.json"
    if mark.is_file():
        if _read(mark) != wanted:
            raise ConfigError(f"{folder} holds an unfinished export of another call: choose a new folder or delete it")
        return True
    if folder.exists() and (not folder.is_dir() or any(path.name != UNFINISHED for path in folder.iterdir())):
        raise ConfigError(f"{folder} is not empty and no export of this call: choose a new folder")
    mark.parent.mkdir(parents=True, exist_ok=True)
    aside = mark.with_suffix(".new")
    aside.write_text(json.dumps(wanted, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    aside.replace(mark)
    return True


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes out of an unfinished export.

    Raises: ConfigError when one is writing there.
    """
    with held(folder / UNFINISHED / "lock") as mine:
        if not mine:
            raise ConfigError(f"{folder}: another process is writing this export")
        yield


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise ConfigError(f"{path} is damaged: delete the folder and export again") from None
