"""The compiled engine: see ``curation.dedup.engine``."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from curation.dedup.kernels import search as kernels
from curation.dedup.kernels.ordered import greedy
from curation.dedup.kernels.read import Features, Vocabulary, bitmaps
from curation.dedup.rows import WORDS, Found, Int64, Rows, Rule, UInt64
from curation.dedup.segment import Segment


class CompiledEngine:
    """Reads and compares texts with numba's kernels."""

    name = "numba"

    def __init__(self) -> None:
        self._features = Features()
        self._vocabulary = Vocabulary()

    def read(self, texts: Sequence[str]) -> tuple[NDArray[np.uint32], Int64, UInt64]:
        """Read texts: token numbers, their start, Simhash values."""
        lower = [text.lower() for text in texts]
        start = np.concatenate(([0], np.cumsum(np.fromiter(map(len, lower), np.int64, len(lower)))))
        codes = np.frombuffer("".join(lower).encode("utf-32-le", "surrogatepass"), np.uint32)
        keys, key_start, simhash = self._features(codes, start)
        return self.number(keys), key_start, simhash

    def number(self, keys: UInt64) -> NDArray[np.uint32]:
        """Give tokens numbers by their keys."""
        return self._vocabulary.number(keys)

    def keys(self, tokens: NDArray[np.uint32]) -> UInt64:
        """Give the keys of tokens by their numbers."""
        return self._vocabulary.keys[tokens]

    def bitmaps(self, tokens: NDArray[np.uint32], start: Int64) -> UInt64:
        """Compute the bitmaps of texts. Shapes: -> uint64[8, n]."""
        out = np.zeros((WORDS, len(start) - 1), np.uint64)
        bitmaps(tokens, start, self._vocabulary.keys, np.zeros(self._vocabulary.size, np.int32), out)
        return out

    def search(
        self, queries: Rows, spans: Iterable[tuple[int, int]], segments: Sequence[Segment], rule: Rule, found: Found
    ) -> None:
        """Find the earliest match of the texts of some spans (queries are sorted by key) in all segments."""
        room = kernels.scratch(queries, self._largest(queries, *(segment.rows for segment in segments)))
        for span in spans:
            for segment in segments:
                kernels.search(queries, span, segment, rule, found, room)

    def greedy(self, rows: Rows, joins: NDArray[np.bool_], rule: Rule, found: Found) -> None:
        """Go through a batch in order."""
        greedy(rows, joins, rule, found, self._largest(rows))

    def _largest(self, *tables: Rows) -> int:
        return max(self._vocabulary.size, *(int(rows.tokens.max(initial=0)) + 1 for rows in tables))
