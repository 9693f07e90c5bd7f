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
        self._waiting: list[Rows] = []

    @property
    def size(self) -> int:
        """Number of texts."""
        return sum(segment.size for segment in self._segments) + sum(part.size for part in self._waiting)

    def add(self, rows: Rows) -> None:
        """Keep texts that arrived after all others."""
        if rows.size:
            self._waiting.append(rows)

    def _sort_in(self) -> None:
        """Build what came since the last search into segments."""
        parts, self._waiting = self._waiting, []
        if not parts:
            return
        while self._segments and self._segments[-1].size < _GROWTH * sum(part.size for part in parts):
            parts.insert(0, segments.rows_of(self._segments.pop()))
        self._segments.append(segments.build(join(parts) if len(parts) > 1 else parts[0], self._rule))

    def search(self, queries: Rows) -> Found:
        """Find the earliest match of every text."""
        self._sort_in()
        order = np.argsort(queries.key, kind="stable")
        found, result = Found.nothing(queries.size), Found.nothing(queries.size)
        sorted_queries = queries.take(order)
        for segment in self._segments:
            segments.find_equal(sorted_queries, segment, found)
        # an equal text that was kept had no earlier match, so this one has none either
        known = found.best != NONE if not self._rule.against_all else np.zeros(queries.size, np.bool_)
        rest = np.flatnonzero(~(known & (found.reason == EXACT)))
        self._search_segments(sorted_queries.take(rest), rest, found)
        result.put(order, found)
        return result

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
