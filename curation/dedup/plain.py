"""The engine without numba: numpy and rapidfuzz, the same decisions, slower. See ``curation.dedup.engine``."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from curation.dedup.rouge import f1, required, window
from curation.dedup.rows import (
    EXACT,
    LENGTH_BITS,
    LENGTH_MASK,
    NONE,
    ROUGE_L,
    SIMHASH,
    WORDS,
    Found,
    Int64,
    Rows,
    Rule,
    UInt64,
)
from curation.dedup.segment import Segment
from curation.dedup.simhash import simhash64
from curation.dedup.tokens import MIX, token_key, tokenize


class PlainEngine:
    """Reads and compares texts one by one."""

    name = "numpy"

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._keys: list[int] = []

    def read(self, texts: Sequence[str]) -> tuple[NDArray[np.uint32], Int64, UInt64]:
        """Read texts: token numbers, their start, Simhash values."""
        keys = [[token_key(token) for token in tokenize(text)] for text in texts]
        start = np.cumsum([0, *map(len, keys)], dtype=np.int64)
        flat = np.array([key for some in keys for key in some], np.uint64)
        return self.number(flat), start, np.array([simhash64(text) for text in texts], np.uint64)

    def number(self, keys: UInt64) -> NDArray[np.uint32]:
        """Give tokens numbers by their keys."""
        out = []
        for key in keys.tolist():
            if key not in self._numbers:
                self._numbers[key] = len(self._keys)
                self._keys.append(key)
            out.append(self._numbers[key])
        return np.array(out, np.uint32)

    def keys(self, tokens: NDArray[np.uint32]) -> UInt64:
        """Give the keys of tokens by their numbers."""
        return np.array([self._keys[token] for token in tokens.tolist()], np.uint64)

    def bitmaps(self, tokens: NDArray[np.uint32], start: Int64) -> UInt64:
        """Compute the bitmaps of texts. Shapes: -> uint64[8, n]."""
        occurrence = np.empty(len(tokens), np.uint64)
        for first, last in zip(start[:-1].tolist(), start[1:].tolist(), strict=True):
            seen: Counter[int] = Counter()
            for at in range(first, last):
                token = int(tokens[at])
                occurrence[at] = seen[token]
                seen[token] += 1
        bit = _bits(self.keys(tokens), occurrence)
        text = np.repeat(np.arange(len(start) - 1), np.diff(start))
        out = np.zeros((WORDS, len(start) - 1), np.uint64)
        np.bitwise_xor.at(out, (bit >> np.uint64(6), text), np.uint64(1) << (bit & np.uint64(63)))
        return out

    def search(
        self, queries: Rows, spans: Iterable[tuple[int, int]], segments: Sequence[Segment], rule: Rule, found: Found
    ) -> None:
        """Find the earliest match of the texts of some spans in all segments."""
        for span in spans:
            for segment in segments:
                rows = segment.rows._replace(bitmap=segment.whole.T)
                everywhere = np.arange(rows.size)
                for query in range(*span):
                    _first(queries, query, rows, everywhere[rows.arrival < found.best[query]], rule, found)

    def greedy(self, rows: Rows, joins: NDArray[np.bool_], rule: Rule, found: Found) -> None:
        """Go through a batch in order."""
        joined = np.zeros(rows.size, np.bool_)
        for query in range(rows.size):
            if found.best[query] == NONE:
                _first(rows, query, rows, np.flatnonzero(joined[:query]), rule, found)
            joined[query] = joins[query] and (rule.against_all or found.best[query] == NONE)


def _bits(keys: UInt64, occurrence: UInt64) -> UInt64:
    """Choose the bit of every token and occurrence, as the kernel does."""
    word = keys + occurrence * np.uint64(0x9E3779B97F4A7C15)
    word ^= word >> np.uint64(30)
    word *= np.uint64(MIX)
    word ^= word >> np.uint64(27)
    word *= np.uint64(0x94D049BB133111EB)
    bits: UInt64 = (word ^ (word >> np.uint64(31))) & np.uint64(WORDS * 64 - 1)
    return bits


def _first(queries: Rows, query: int, rows: Rows, among: Int64, rule: Rule, found: Found) -> None:
    """Note the earliest of some rows that meets the rule."""
    for row in _candidates(queries, query, rows, among, rule):
        met = _meets(queries, query, rows, row, rule)
        if met is None:
            continue
        if rule.protect and rows.slots[row] != queries.slots[query]:
            found.spared[query] = True
            continue
        found.best[query] = rows.arrival[row]
        found.reason[query], found.score[query] = met
        return


def _candidates(queries: Rows, query: int, rows: Rows, among: Int64, rule: Rule) -> Iterator[int]:
    """List what the bitmap and the Simhash value do not rule out, in order of arrival."""
    key = int(queries.key[query])
    same = (rows.key[among] >> LENGTH_BITS) == key >> LENGTH_BITS
    among = among[same & (rows.arrival[among] != queries.twin[query])]
    equal = rows.digest[0, among] == queries.digest[0, query]
    m, n = key & LENGTH_MASK, rows.key[among] & LENGTH_MASK
    if m:
        shortest, longest = window(m, rule.threshold)
        in_window = (n >= shortest) & (n <= longest)
        bound = np.full(len(n), -1)
        for length in np.unique(n[in_window]).tolist():
            need = required(m, length, rule.threshold)
            bound[n == length] = m + length - 2 * need if need <= min(m, length) else -1
        apart = np.bitwise_count(rows.bitmap[:, among] ^ queries.bitmap[:, query, None]).sum(0, dtype=np.int64)
        like = np.bitwise_count(rows.simhash[among] ^ queries.simhash[query]) <= rule.distance
        equal |= (n > 0) & ((apart <= bound) | like)
    chosen = among[equal]
    yield from chosen[np.argsort(rows.arrival[chosen], kind="stable")].tolist()


def _meets(queries: Rows, query: int, rows: Rows, row: int, rule: Rule) -> tuple[int, float] | None:
    """Apply the rule to one pair of texts; of several reasons the order is exact, rouge_l, simhash."""
    if (queries.digest[:, query] == rows.digest[:, row]).all():
        return EXACT, 1.0
    mine = queries.tokens[queries.start[query] : queries.start[query + 1]].tolist()
    theirs = rows.tokens[rows.start[row] : rows.start[row + 1]].tolist()
    if not mine or not theirs:
        return None
    score = f1(LCSseq.similarity(mine, theirs), len(mine), len(theirs))
    if score > rule.threshold:
        return ROUGE_L, score
    bits = int(np.bitwise_count(queries.simhash[query] ^ rows.simhash[row]))
    return (SIMHASH, float(bits)) if bits <= rule.distance else None
