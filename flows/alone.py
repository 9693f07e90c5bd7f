"""One run at a time in a folder: a lock that vanishes with its process, however that ends."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from schemas.errors import ConfigError
from warehouse.lock import held

LOCK = ".running"


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold the warehouse for this run; the lock vanishes with the process, however it ends.

    Raises: ConfigError when another run holds it or the root cannot be written.
    """
    with ExitStack() as stack:
        try:
            root.mkdir(parents=True, exist_ok=True)
            mine = stack.enter_context(held(root / LOCK))
        except OSError as error:
            raise ConfigError(f"warehouse.root: {root} cannot be written ({error.strerror})") from None
        if not mine:
            raise ConfigError(f"another run is working on {root}; wait for it to end")
        yield
