"""One run at a time in a folder: a lock that vanishes with its process, however that ends.

A run that waits for a person sets the lock aside, so that others can work meanwhile, and takes it again.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType

from schemas.errors import ConfigError
from warehouse.lock import held, is_taken

LOCK = ".running"
#: Least time that a run waits: `sonocurate status` holds the lock for a moment to see whether it is free.
MOMENT_S = 0.5
POLL_S = 0.1
#: The folders that the running code holds already, and their locks: a flow inside a flow shares the lock.
_MINE: ContextVar[Mapping[Path, ExitStack]] = ContextVar("_MINE", default=MappingProxyType({}))


@contextmanager
def alone(root: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the warehouse for this run; the lock vanishes with the process, however it ends.

    Raises: ConfigError when another run still holds it after ``wait_s``, or the root cannot be written.
    """
    if root in _MINE.get():
        yield
        return
    with ExitStack() as lock:
        _take(lock, root, wait_s)
        token = _MINE.set({**_MINE.get(), root: lock})
        try:
            yield
        finally:
            _MINE.reset(token)


@contextmanager
def set_aside(root: Path, wait_s: float) -> Iterator[None]:
    """Let others work in a folder that this run holds for the time of the block; then take it again.

    What was read before the block may be out of date after it.
    Raises: ConfigError when another run still holds it ``wait_s`` after the block.
    """
    lock = _MINE.get().get(root)
    if lock is None:
        yield
        return
    lock.close()
    yield
    _take(lock, root, wait_s)


def _take(lock: ExitStack, root: Path, wait_s: float) -> None:
    deadline = time.monotonic() + max(wait_s, MOMENT_S)
    try:
        root.mkdir(parents=True, exist_ok=True)
        while not (mine := _try(lock, root / LOCK)) and time.monotonic() < deadline:
            time.sleep(POLL_S)
    except OSError as error:
        raise ConfigError(f"warehouse.root: {root} cannot be written ({error.strerror})") from None
    if not mine:
        raise ConfigError(f"another run is working on {root}; wait for it to end")


def _try(lock: ExitStack, path: Path) -> bool:
    with ExitStack() as attempt:
        mine = attempt.enter_context(held(path))
        if mine:
            lock.push(attempt.pop_all())
    return mine


def is_held(root: Path) -> bool:
    """Say whether some run is working in a folder now; the folder need not be writable.

    Raises: ConfigError when the folder cannot be read.
    """
    try:
        return is_taken(root / LOCK)
    except OSError as error:
        raise ConfigError(f"warehouse.root: {root} cannot be read ({error.strerror})") from None
