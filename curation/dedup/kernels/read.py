"""Texts to token keys, Simhash values and bitmaps, as compiled kernels.

Texts come as the code points of their lower-case form, one behind the other.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curation.dedup.compiled import compiled
from curation.dedup.rows import WORDS, Int64, UInt64
from curation.dedup.simhash import REMEMBERED, WIDTH, gram_hashes
from curation.dedup.tokens import BASE, HAN_CLASS, HAN_KEY, LONG_KEY, MIX, PACKED, classes

_CODE_BITS = 21
#: Stands for a missing character of a text of fewer than four.
_NO_CHAR = (1 << _CODE_BITS) - 1
_LONG_MASK = (1 << 62) - 1


class Grams(NamedTuple):
    """Grams by place: two code points in ``high``, two in ``low``, the md5 value; ``at`` is a hash table of places."""

    at: NDArray[np.int32]
    high: UInt64
    low: UInt64
    value: UInt64


class Features:
    """Reads batches of texts; remembers grams between them."""

    def __init__(self) -> None:
        self._kinds, self._words = classes()
        self._forget(REMEMBERED)

    def _forget(self, room: int) -> None:
        size = 1 << (room - 1).bit_length()
        by_place = np.zeros((3, size), np.uint64)
        self._grams = Grams(np.zeros(2 * size, np.int32), by_place[0], by_place[1], by_place[2])
        self._count = 1  # place 0 means free

    def __call__(self, codes: NDArray[np.uint32], start: Int64) -> tuple[UInt64, Int64, UInt64]:
        """Read n texts.

        Shapes: codes uint32[…], start int64[n + 1] -> token keys uint64[…], start int64[n + 1], simhash uint64[n].
        """
        keys, key_start = np.empty(len(codes), np.uint64), np.zeros(len(start), np.int64)
        total = token_keys(codes, start, self._kinds, keys, key_start)
        room = len(codes) + len(start) + 1
        if self._count + room > len(self._grams.value):
            self._forget(max(REMEMBERED, 2 * room))
        index, index_start = np.empty(room, np.int32), np.zeros(len(start), np.int64)
        known = self._count
        self._count = gram_places((codes, start), self._words, self._grams, known, index, index_start)
        self._hash_new(known)
        values = np.empty(len(start) - 1, np.uint64)
        majorities(index, index_start, self._grams.value, values)
        return keys[:total].copy(), key_start, values

    def _hash_new(self, known: int) -> None:
        halves = (self._grams.high[known : self._count], self._grams.low[known : self._count])
        codes = np.stack([(half >> np.uint64(shift)) & np.uint64(_NO_CHAR) for half in halves for shift in (21, 0)], 1)
        codes[codes == _NO_CHAR] = 0  # no word character
        text = codes.astype(np.uint32).tobytes().decode("utf-32-le")
        hashes = gram_hashes([text[at : at + WIDTH].replace("\0", "") for at in range(0, len(text), WIDTH)])
        self._grams.value[known : self._count] = hashes


@compiled
def token_keys(codes, start, kinds, keys, key_start):
    """Write the keys of all tokens, and where those of each text start; gives how many."""
    total = 0
    for text in range(len(start) - 1):
        length, packed, long = 0, np.uint64(0), np.uint64(0)
        for at in range(start[text], start[text + 1] + 1):
            kind = kinds[codes[at]] if at < start[text + 1] else np.uint8(0)
            if 0 < kind < HAN_CLASS:
                length += 1
                packed = packed * np.uint64(BASE) + np.uint64(kind)
                long = (long ^ np.uint64(codes[at])) * np.uint64(MIX)
                long ^= long >> np.uint64(29)
                continue
            if length > 0:
                keys[total] = packed if length <= PACKED else np.uint64(LONG_KEY) | (long & np.uint64(_LONG_MASK))
                total += 1
                length, packed, long = 0, np.uint64(0), np.uint64(0)
            if kind == HAN_CLASS:
                keys[total] = np.uint64(HAN_KEY) | np.uint64(codes[at])
                total += 1
        key_start[text + 1] = total
    return total


@compiled
def gram_places(texts, words, grams, count, index, index_start):
    """Write the place of every gram in the table, entering new ones; gives the new count."""
    codes, start = texts
    total = 0
    none, bits, mask = np.uint64(_NO_CHAR), np.uint64(_CODE_BITS), np.uint64((1 << 2 * _CODE_BITS) - 1)
    for text in range(len(start) - 1):
        high, low, length = (none << bits) | none, (none << bits) | none, 0
        for at in range(start[text], start[text + 1]):
            code = codes[at]
            if not words[code]:
                continue
            high = ((high << bits) & mask) | (low >> bits)
            low = ((low << bits) & mask) | np.uint64(code)
            length += 1
            if length >= WIDTH:
                count, index[total] = _place(grams, high, low, count)
                total += 1
        if length < WIDTH:
            count, index[total] = _place(grams, high, low, count)
            total += 1
        index_start[text + 1] = total
    return count


@compiled
def _place(grams, high, low, count):
    mask = np.uint64(len(grams.at) - 1)
    slot = _mix(high * np.uint64(MIX) ^ low) & mask
    while grams.at[slot] != 0:
        place = grams.at[slot]
        if grams.high[place] == high and grams.low[place] == low:
            return count, place
        slot = (slot + np.uint64(1)) & mask
    grams.at[slot], grams.high[count], grams.low[count] = count, high, low
    return count + 1, np.int32(count)


@compiled
def _mix(word):
    word ^= word >> np.uint64(30)
    word *= np.uint64(MIX)
    word ^= word >> np.uint64(27)
    word *= np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@compiled
def majorities(index, start, value, out):
    """Set each bit that more than half of a text's grams have; counts are kept bit by bit in 32 words (carry-save)."""
    planes = np.zeros(32, np.uint64)
    for text in range(len(start) - 1):
        count = start[text + 1] - start[text]
        planes[:] = np.uint64(0)
        for at in range(start[text], start[text + 1]):
            carry = value[index[at]]
            plane = 0
            while carry != 0:
                both = planes[plane] & carry
                planes[plane] ^= carry
                carry = both
                plane += 1
        half = count // 2
        above, equal = np.uint64(0), ~np.uint64(0)
        for plane in range(31, -1, -1):
            if half >> plane & 1:
                equal &= planes[plane]
            else:
                above |= equal & planes[plane]
                equal &= ~planes[plane]
        out[text] = above


@compiled
def bitmaps(ids, start, keys, counts, out):
    """Flip one of 512 bits for every token and occurrence. Shapes: keys uint64[vocabulary]; out uint64[8, n], zeros."""
    for text in range(len(start) - 1):
        for at in range(start[text], start[text + 1]):
            token = ids[at]
            bit = bit_of(keys[token], np.uint64(counts[token]))
            out[bit >> np.uint64(6), text] ^= np.uint64(1) << (bit & np.uint64(63))
            counts[token] += 1
        for at in range(start[text], start[text + 1]):
            counts[ids[at]] = 0


@compiled
def bit_of(key, occurrence):
    """Choose the bit of a token's occurrence."""
    return _mix(key + occurrence * np.uint64(0x9E3779B97F4A7C15)) & np.uint64(WORDS * 64 - 1)


class Vocabulary:
    """Numbers tokens in the order in which they come."""

    def __init__(self) -> None:
        self.keys = np.zeros(1024, np.uint64)
        self.size = 0
        self._slots = np.zeros(4096, np.int32)

    def number(self, keys: UInt64) -> NDArray[np.uint32]:
        """Give the number of every key, entering new ones."""
        while (self.size + len(keys)) * 2 > len(self._slots):
            self._grow()
        out = np.empty(len(keys), np.uint32)
        self.size = number_keys(keys, self.keys, self._slots, self.size, out)
        return out

    def _grow(self) -> None:
        self._slots = np.zeros(2 * len(self._slots), np.int32)
        known, keys = self.keys[: self.size], np.zeros(len(self._slots), np.uint64)
        number_keys(known, keys, self._slots, 0, np.empty(len(known), np.uint32))
        self.keys = keys  # whole before another thread can see it


@compiled
def number_keys(keys, known, slots, size, out):
    """Number keys by a hash table (a slot holds the number + 1); gives the new size."""
    mask = np.uint64(len(slots) - 1)
    for at in range(len(keys)):
        key = keys[at]
        slot = _mix(key) & mask
        while slots[slot] != 0 and known[slots[slot] - 1] != key:
            slot = (slot + np.uint64(1)) & mask
        if slots[slot] == 0:
            known[size] = key
            size += 1
            slots[slot] = size
        out[at] = slots[slot] - 1
    return size
