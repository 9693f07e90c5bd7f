"""One run at a time in a folder: a lock that vanishes with its process, however that ends."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from pathlib import Path

from schemas.errors import ConfigError
from warehouse.lock import held

LOCK = ".running"
#: Least time that a run waits: `sonocurate status` holds the lock for a moment to see whether it is free.
MOMENT_S = 0.5
POLL_S = 0.1
#: The folders that the running code holds already: a flow inside a flow shares the lock.
_MINE: ContextVar[frozenset[Path]] = ContextVar("_MINE", default=frozenset())


@contextmanager
def alone(root: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the warehouse for this run; the lock vanishes with the process, however it ends.

    Raises: ConfigError when another run still holds it after ``wait_s``, or the root cannot be written.
    """
    if root in _MINE.get():
        yield
        return
    with ExitStack() as stack:
        try:
            root.mkdir(parents=True, exist_ok=True)
            mine = _taken(stack, root / LOCK, time.monotonic() + max(wait_s, MOMENT_S))
        except OSError as error:
            raise ConfigError(f"warehouse.root: {root} cannot be written ({error.strerror})") from None
        if not mine:
            raise ConfigError(f"another run is working on {root}; wait for it to end")
        token = _MINE.set(_MINE.get() | {root})
        try:
            yield
        finally:
            _MINE.reset(token)


def _taken(stack: ExitStack, lock: Path, deadline: float) -> bool:
    while not (mine := stack.enter_context(held(lock))) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return mine


def is_held(root: Path) -> bool:
    """Say whether some run is working in a folder now."""
    if not (root / LOCK).exists():
        return False
    with held(root / LOCK) as free:
        return not free
