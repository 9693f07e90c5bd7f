"""Texts prepared for comparison: parallel arrays in the order of arrival, and what was found about them.

A key holds the group (texts of different groups are never compared) above the number of tokens, so that texts sorted by
key lie together by group and then by length.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curation.dedup.tokens import HAN_KEY, HAN_SHIFT

Int64 = NDArray[np.int64]
UInt64 = NDArray[np.uint64]

#: Bits below the group in a key.
LENGTH_BITS = 32
LENGTH_MASK = (1 << LENGTH_BITS) - 1
#: ``best`` of a text that has no earlier match.
NONE = 1 << 62
#: Words of a bitmap (512 bits).
WORDS = 8
#: Texts whose tokens are moved at a time.
_AT_ONCE = 4096
EXACT, ROUGE_L, SIMHASH = 0, 1, 2
REASON_NAMES = ("exact", "rouge_l", "simhash")


class Rule(NamedTuple):
    """When a text is a duplicate: F1 above the threshold, or a Simhash distance of at most this many bits."""

    threshold: float
    distance: int
    protect: bool
    against_all: bool


class Rows(NamedTuple):
    """n prepared texts.

    Shapes: arrival, key, twin, han int64[n] (``han`` counts the Han tokens); bitmap uint64[8, n]; simhash, slots
    uint64[n]; digest uint64[2, n]; start int64[n + 1] into tokens uint32[…]. ``twin`` is the arrival of the one text
    that this is not compared with.
    """

    arrival: Int64
    key: Int64
    twin: Int64
    han: Int64
    bitmap: UInt64
    simhash: UInt64
    slots: UInt64
    digest: UInt64
    start: Int64
    tokens: NDArray[np.uint32]

    @property
    def size(self) -> int:
        """Number of texts."""
        return len(self.key)

    def take(self, index: Int64) -> "Rows":
        """Give some of the texts, in the order of the index."""
        start = np.concatenate(([0], np.cumsum(self.start[index + 1] - self.start[index])))
        return Rows(
            self.arrival[index],
            self.key[index],
            self.twin[index],
            self.han[index],
            np.take(self.bitmap, index, axis=1),
            self.simhash[index],
            self.slots[index],
            np.take(self.digest, index, axis=1),
            start,
            self._tokens_of(index, start),
        )

    def _tokens_of(self, index: Int64, start: Int64) -> NDArray[np.uint32]:
        """Put the tokens of some texts behind each other; some thousand at a time, whose places stay in the cache."""
        out = np.empty(start[-1], self.tokens.dtype)
        for first in range(0, len(index), _AT_ONCE):
            some = index[first : first + _AT_ONCE]
            edges = start[first : first + len(some) + 1]
            place = np.arange(edges[0], edges[-1])
            place += np.repeat(self.start[some] - edges[:-1], np.diff(edges))
            out[edges[0] : edges[-1]] = self.tokens[place]
        return out


class Found(NamedTuple):
    """What was found about n texts.

    Shapes: best int64[n], the arrival of the earliest match or ``NONE``; row int64[n], scratch of a search; reason
    int8[n] and score float64[n] of that match; spared bool[n], a match was refused because clinical slots differ.
    """

    best: Int64
    row: Int64
    reason: NDArray[np.int8]
    score: NDArray[np.float64]
    spared: NDArray[np.bool_]

    @classmethod
    def nothing(cls, n: int) -> "Found":
        """Begin with no match."""
        best, row = np.full(n, NONE, np.int64), np.full(n, -1, np.int64)
        return cls(best, row, np.zeros(n, np.int8), np.zeros(n), np.zeros(n, np.bool_))

    def take(self, index: Int64) -> "Found":
        """Give some of the texts."""
        return Found(self.best[index], self.row[index], self.reason[index], self.score[index], self.spared[index])

    def put(self, index: Int64, other: "Found") -> None:
        """Write what was found about some of the texts."""
        self.best[index], self.row[index], self.reason[index] = other.best, other.row, other.reason
        self.score[index], self.spared[index] = other.score, other.spared

    def merge(self, other: "Found") -> None:
        """Take over every match that is earlier."""
        earlier = other.best < self.best
        self.best[earlier], self.row[earlier] = other.best[earlier], other.row[earlier]
        self.reason[earlier], self.score[earlier] = other.reason[earlier], other.score[earlier]
        self.spared[:] |= other.spared


def han_counts(keys: UInt64, start: Int64) -> Int64:
    """Count the Han tokens of every text by the keys of its tokens."""
    before = np.concatenate(([0], np.cumsum(keys >> np.uint64(HAN_SHIFT) == HAN_KEY >> HAN_SHIFT)))
    return before[start[1:]] - before[start[:-1]]


def join(parts: Sequence[Rows]) -> Rows:
    """Put texts behind each other."""
    offsets = np.cumsum([0, *(len(part.tokens) for part in parts)])
    starts = [part.start[:-1] + offset for part, offset in zip(parts, offsets[:-1], strict=True)]
    return Rows(
        np.concatenate([part.arrival for part in parts]),
        np.concatenate([part.key for part in parts]),
        np.concatenate([part.twin for part in parts]),
        np.concatenate([part.han for part in parts]),
        np.concatenate([part.bitmap for part in parts], axis=1),
        np.concatenate([part.simhash for part in parts]),
        np.concatenate([part.slots for part in parts]),
        np.concatenate([part.digest for part in parts], axis=1),
        np.concatenate([*starts, offsets[-1:]]),
        np.concatenate([part.tokens for part in parts]),
    )
