"""Frames that look alike, exactly: all pairs of 64-bit hashes within a Hamming distance, without comparing all pairs.

In: hashes of frames. Out: pairs, or groups of what belongs together.
Source: Norouzi, Punjani, Fleet 2014 (multi-index hashing): of d + 1 bands, two hashes within d bits share one.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

UInt64 = npt.NDArray[np.uint64]
T = TypeVar("T", bound=Hashable)
_BITS = 64
_BLOCK = 2048


def near_pairs(hashes: UInt64, bits: int) -> Iterator[tuple[int, int]]:
    """Find all i < j whose hashes differ in at most so many bits; a pair may come more than once.

    Shapes: hashes uint64[n].
    """
    if bits < 0:
        return
    for band in _bands(hashes, bits):
        order = np.argsort(band, kind="stable")
        ends = np.flatnonzero(np.diff(band[order])) + 1
        for bucket in np.split(order, ends):
            if len(bucket) > 1:
                yield from _within(hashes, np.sort(bucket), bits)


def matches(hashes: UInt64, others: UInt64, bits: int) -> npt.NDArray[np.bool_]:
    """Say of every frame whether it is like one of the others: each of its hashes lies within so many bits.

    Shapes: hashes uint64[n, h], others uint64[m, h], result bool[n].
    """
    found = np.zeros(len(hashes), np.bool_)
    if bits < 0:
        return found
    for start in range(0, len(hashes), _BLOCK):
        block = slice(start, start + _BLOCK)
        for first in range(0, len(others), _BLOCK):
            apart = np.bitwise_count(hashes[block, None, :] ^ others[None, first : first + _BLOCK, :])
            found[block] |= (apart <= bits).all(axis=2).any(axis=1)
    return found


def _bands(hashes: UInt64, bits: int) -> Iterator[UInt64]:
    edges = np.linspace(0, _BITS, bits + 2).astype(int)
    for low, high in pairwise(edges):
        mask = np.uint64((1 << int(high - low)) - 1)
        yield (hashes >> np.uint64(low)) & mask


def _within(hashes: UInt64, bucket: npt.NDArray[np.int64], bits: int) -> Iterator[tuple[int, int]]:
    for start in range(0, len(bucket), _BLOCK):
        rows = bucket[start : start + _BLOCK]
        for first in range(start, len(bucket), _BLOCK):
            columns = bucket[first : first + _BLOCK]
            near = np.bitwise_count(hashes[rows][:, None] ^ hashes[columns][None, :]) <= bits
            for i, j in zip(*np.nonzero(near), strict=True):
                if rows[i] < columns[j]:
                    yield int(rows[i]), int(columns[j])


def groups(members: Sequence[T], pairs: Iterable[tuple[T, T]]) -> dict[T, T]:
    """Join members that pairs connect; gives every member the smallest of its group.

    Source: Tarjan 1975, union-find with path halving.
    """
    parent = {member: member for member in members}

    def root(member: T) -> T:
        while parent[member] != member:
            parent[member] = parent[parent[member]]
            member = parent[member]
        return member

    for left, right in pairs:
        a, b = root(left), root(right)
        if a != b:
            low, high = sorted((a, b), key=str)
            parent[high] = low
    return {member: root(member) for member in members}
