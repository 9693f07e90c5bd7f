"""Which bitmaps lie near one: the bound that spares almost all comparisons.

The bits in which the bitmaps of two texts of m and n tokens differ are at most m + n - 2 · overlap, and the common
subsequence is at most the overlap. So a pair that differs in more than m + n - 2 · required bits needs no look. Folding
a bitmap (the exclusive or of its halves) keeps the bound, and short texts are told apart by few words.
"""

import numpy as np

from curation.dedup.compiled import callable_from_kernels, compiled, popcount
from curation.dedup.rouge import f1, required, window
from curation.dedup.rows import WORDS

for _function in (f1, required, window):
    callable_from_kernels(_function)

#: Rows that are looked at together.
BLOCK = 64
#: Texts of up to so many tokens may be told apart by two words.
TWO_WORDS = 72
#: Trials that are remembered.
_MEMORY = 1 << 14
#: Words of a bitmap folded to two, to four, and whole.
FOLDED = 2 + 4 + WORDS


@compiled
def fold(bitmap, words):
    """Fold bitmaps uint64[8, n] to words uint64[n, 14]: two words, four words, and the whole."""
    for text in range(bitmap.shape[1]):
        for word in range(WORDS):
            words[text, 6 + word] = bitmap[word, text]
        for word in range(4):
            words[text, 2 + word] = words[text, 6 + word] ^ words[text, 10 + word]
        for word in range(2):
            words[text, word] = words[text, 2 + word] ^ words[text, 4 + word]


@compiled
def near(planes, words, m, span, bound, room):
    """List the rows of a span whose bitmap is within the bound of the folded words; gives how many.

    Two words are tried for short texts, as long as they rule out every other block; four decide for most.
    Shapes: planes is uint64[6, rows] (two words, four words) and uint64[rows, 8]; words uint64[14]; room holds the list
    int64[rows of the span], int64[BLOCK], and how often two words were tried and useless.
    """
    begin, end = span
    folded, whole = planes
    out, bits, trials = room
    tried, useless = trials[0], trials[1]
    found = 0
    for block in range(begin, end, BLOCK):
        stop = min(end, block + BLOCK)
        if m <= TWO_WORDS and 2 * useless <= tried + 16:
            tried += 1
            if _closest_2(folded, words, block, stop) > bound:
                continue
            useless += 1
        if _apart_4(folded, words, block, stop, bits) > bound:
            continue
        for at in range(stop - block):
            if bits[at] <= bound and _apart(whole, words, block + at) <= bound:
                out[found] = block + at
                found += 1
    trials[0], trials[1] = tried, useless
    if tried > _MEMORY:
        trials[0], trials[1] = tried // 2, useless // 2
    return found


@compiled
def _apart(whole, words, row):
    bits = 0
    for word in range(WORDS):
        bits += popcount(whole[row, word] ^ words[6 + word])
    return bits


@compiled
def _closest_2(planes, words, begin, end):
    w0, w1 = words[0], words[1]
    p0, p1 = planes[0], planes[1]
    least = np.int64(1 << 20)
    for row in range(np.uint64(begin), np.uint64(end)):  # unsigned: no index can be negative
        least = min(least, popcount(p0[row] ^ w0) + popcount(p1[row] ^ w1))
    return least


@compiled
def _apart_4(planes, words, begin, end, bits):
    w0, w1, w2, w3 = words[2], words[3], words[4], words[5]
    p0, p1, p2, p3 = planes[2], planes[3], planes[4], planes[5]
    least, first = np.int64(1 << 20), np.uint64(begin)
    for at in range(np.uint64(end - begin)):
        row = first + at
        differ = popcount(p0[row] ^ w0) + popcount(p1[row] ^ w1) + popcount(p2[row] ^ w2) + popcount(p3[row] ^ w3)
        bits[at] = differ
        least = min(least, differ)
    return least
