"""`sonocurate push`: the tables of a local warehouse onto s3-compatible storage, table by table.

Flows in: a root with tables, a remote root. Flows out: one Delta commit per table that has changed since the last push.
"""

from collections.abc import Iterator
from pathlib import Path

from schemas.errors import ConfigError
from warehouse.remote import PUSHED, Remote
from warehouse.tables import Shelf


def push_tables(root: Path, to: str) -> Iterator[str]:
    """Push what has changed, and say what was done.

    Raises: ConfigError when there is nothing to push; ChunkError when the storage does not answer.
    """
    remote, shelf = Remote(to), Shelf(root)
    present = [name for name in PUSHED if shelf.exists(name)]
    if not present:
        raise ConfigError(f"no tables below {root}: run `sonocurate run` first")
    pushed = 0
    for name in present:
        if remote.push(shelf, name):
            pushed += 1
            yield f"pushed {name}"
    yield f"{remote.root}: {pushed} of {len(present)} tables had changed"
