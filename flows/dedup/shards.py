"""Kept texts divided over processes: the same decisions as one process, because the earliest of the earliest wins.

Each process holds a part of the kept texts. A batch goes to all of them, every one answers with its earliest match, and
the batch is then decided in order by the one process that reads. Whole batches of kept texts go to the smallest part.
"""

import pickle
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from curation.dedup.engine import new_engine
from curation.dedup.kept import LocalPool
from curation.dedup.rows import Found, Rows, Rule
from schemas.errors import ChunkError


class ShardedPool:
    """Kept texts in several processes, which end with this object."""

    def __init__(self, rule: Rule, workers: int, expected: int | None = None) -> None:
        context = get_context("spawn")
        self._sizes = [0] * workers
        self._ends: list[Connection] = []
        self._processes = []
        for _ in range(workers):
            mine, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, rule, expected), daemon=True)
            process.start()
            theirs.close()
            self._ends.append(mine)
            self._processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for end in self._ends:
            end.close()  # a worker ends when nobody is at the other end
        for process in self._processes:
            process.join()

    @property
    def size(self) -> int:
        """Number of texts."""
        return sum(self._sizes)

    def search(self, queries: Rows) -> Found:
        """Find the earliest match of every text.

        Raises: ChunkError when a worker was killed.
        """
        message = pickle.dumps(queries, pickle.HIGHEST_PROTOCOL)
        found = Found.nothing(queries.size)
        try:
            for end in self._ends:
                end.send_bytes(b"?" + message)
            for end in self._ends:
                found.merge(pickle.loads(end.recv_bytes()))  # noqa: S301 - from our own worker
        except (EOFError, OSError):
            raise ChunkError("a worker process ended early; run again") from None
        return found

    def add(self, rows: Rows) -> None:
        """Keep texts that arrived after all others.

        Raises: ChunkError when a worker was killed.
        """
        if not rows.size:
            return
        smallest = self._sizes.index(min(self._sizes))
        try:
            self._ends[smallest].send_bytes(b"+" + pickle.dumps(rows, pickle.HIGHEST_PROTOCOL))
        except OSError:
            raise ChunkError("a worker process ended early; run again") from None
        self._sizes[smallest] += rows.size


def _serve(end: Connection, rule: Rule, expected: int | None) -> None:
    """Answer until the other end is closed."""
    pool = LocalPool(new_engine(expected), rule)
    while True:
        try:
            message = end.recv_bytes()
        except (EOFError, KeyboardInterrupt):
            return
        rows: Rows = pickle.loads(message[1:])  # noqa: S301 - from our own parent
        if message[:1] == b"+":
            pool.add(rows)
        else:
            end.send_bytes(pickle.dumps(pool.search(rows), pickle.HIGHEST_PROTOCOL))
