"""Write pictures as files: read in one thread, written in others.

In: PNG bytes and their sha256 by row group. Out: files below a folder, with size and sha256, in order. Memory holds a
few row groups: those that are written, and one that waits.
"""

import os
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pyarrow as pa

from warehouse.export.layout import picture_path

#: Threads that write. Opening and writing a file both let other threads run; what they share is the journal of
#: the file system, so that more of them gain little.
WRITERS = 2
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC

#: A frame's id, its PNG bytes and their sha256.
Content = tuple[str, pa.Buffer, str]


def write_pictures(folder: str, split: str, groups: Iterable[Sequence[Content]]) -> list[list[Any]]:
    """Write the pictures of some row groups; gives name, size and sha256 of every file.

    Raises: OSError when a file cannot be written; no further group is begun then.
    """
    files: list[list[Any]] = []
    waiting: deque[Future[list[list[Any]]]] = deque()
    writers = ThreadPoolExecutor(WRITERS, "pictures")
    try:
        for group in groups:
            waiting.append(writers.submit(_write_group, folder, split, group))
            if len(waiting) > WRITERS:
                files += waiting.popleft().result()
        for future in waiting:
            files += future.result()
    finally:
        writers.shutdown(cancel_futures=True)
    return files


def _write_group(folder: str, split: str, group: Sequence[Content]) -> list[list[Any]]:
    return list(map(partial(_write_picture, folder, split), group))


def _write_picture(folder: str, split: str, content: Content) -> list[Any]:
    frame_id, data, digest = content
    name = picture_path(split, frame_id)
    descriptor = _created(f"{folder}/{name}")
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)
    return [name, len(data), digest]


def _created(path: str) -> int:
    """Open a file for its first byte: a third of the time of pathlib, millions of times."""
    try:
        return os.open(path, _NEW, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        return os.open(path, _NEW, 0o666)
