"""One run at a time in a folder: a lock that vanishes with its process, however that ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import ConfigError

LOCK = ".running"


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold the warehouse for this run; the lock vanishes with the process, however it ends.

    Raises: ConfigError when another run holds it or the root cannot be written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(root / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"warehouse.root: {root} cannot be written ({error.strerror})") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise ConfigError(f"another run is working on {root}; wait for it to end") from None
    try:
        yield
    finally:
        os.close(descriptor)
