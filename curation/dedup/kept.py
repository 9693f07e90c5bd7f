"""The kept texts in memory: a few sorted segments, searched by threads that share them.

Small segments are merged into larger ones as they come, so that there are few and each text is moved rarely.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Protocol

import numpy as np

from curation.dedup import segment as segments
from curation.dedup.engine import Engine
from curation.dedup.rows import EXACT, NONE, Found, Int64, Rows, Rule, join

#: A segment is merged with the one before it unless that one is so many times larger.
_GROWTH = 4
#: Parts of a batch per thread: some are slower than others.
_PARTS = 8


class Pool(Protocol):
    """Kept texts that can be asked for earlier matches."""

    @property
    def size(self) -> int:
        """Number of texts."""

    def search(self, queries: Rows) -> Found:
        """Find the earliest match of every text."""

    def add(self, rows: Rows) -> None:
        """Keep texts that arrived after all others."""


class LocalPool:
    """Kept texts in this process."""

    def __init__(self, engine: Engine, rule: Rule, threads: int = 1) -> None:
        self._engine, self._rule, self._threads = engine, rule, threads
        self._segments: list[segments.Segment] = []

    @property
    def size(self) -> int:
        """Number of texts."""
        return sum(segment.size for segment in self._segments)

    def add(self, rows: Rows) -> None:
        """Keep texts that arrived after all others."""
        if not rows.size:
            return
        parts = [rows]
        while self._segments and self._segments[-1].size < _GROWTH * sum(part.size for part in parts):
            parts.insert(0, segments.rows_of(self._segments.pop()))
        self._segments.append(segments.build(join(parts) if len(parts) > 1 else rows, self._rule))

    def search(self, queries: Rows) -> Found:
        """Find the earliest match of every text."""
        found = Found.nothing(queries.size)
        for segment in self._segments:
            segments.find_equal(queries, segment, found)
        # an equal text that was kept had no earlier match, so this one has none either
        known = (found.best != NONE) & (found.reason == EXACT) & (not self._rule.against_all)
        rest = np.flatnonzero(~known)
        rest = rest[np.argsort(queries.key[rest], kind="stable")]
        self._search_segments(queries.take(rest), rest, found)
        return found

    def _search_segments(self, queries: Rows, rest: Int64, found: Found) -> None:
        some = found.take(rest)
        if self._threads == 1:
            self._engine.search(queries, [(0, queries.size)], self._segments, self._rule, some)
        else:
            spans = iter(_spans(queries.size, self._threads * _PARTS))  # who is ready takes the next
            with ThreadPoolExecutor(self._threads) as threads:
                given = (queries, spans, self._segments, self._rule, some)
                running = [threads.submit(self._engine.search, *given) for _ in range(self._threads)]
                for part in running:
                    part.result()
        found.put(rest, some)


def _spans(n: int, parts: int) -> Sequence[tuple[int, int]]:
    edges = np.linspace(0, n, min(parts, max(n, 1)) + 1).astype(int).tolist()
    return list(pairwise(edges))
