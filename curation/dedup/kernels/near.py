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
BLOCK = 128
#: Texts of up to so many tokens are told apart by two words, by four words.
TWO_WORDS, FOUR_WORDS = 72, 144


@compiled
def fold(bitmap, column):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Give the words of one bitmap, folded to two, to four, and whole: uint64[14]."""
    words = np.empty(2 + 4 + WORDS, np.uint64)
    for word in range(WORDS):
        words[6 + word] = bitmap[word, column]
    for word in range(4):
        words[2 + word] = words[6 + word] ^ words[10 + word]
    for word in range(2):
        words[word] = words[2 + word] ^ words[4 + word]
    return words


@compiled
def near(planes, words, m, span, bound, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """List the rows of a span whose bitmap is within the bound of the folded words; gives how many.

    Shapes: planes uint64[14, rows] as ``fold`` gives them; out int64[rows of the span].
    """
    begin, end = span
    found = 0
    for block in range(begin, end, BLOCK):
        stop = min(end, block + BLOCK)
        if _closest(planes, words, m, block, stop) > bound:
            continue
        for row in range(block, stop):
            if apart(planes, words, row) <= bound:
                out[found] = row
                found += 1
    return found


@compiled
def apart(planes, words, row):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Count the bits in which whole bitmaps differ."""
    bits = 0
    for word in range(6, 6 + WORDS):
        bits += popcount(planes[word, row] ^ words[word])
    return bits


@compiled
def _closest(planes, words, m, begin, end):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    if m <= TWO_WORDS:
        return _closest_2(planes[0, begin:end], planes[1, begin:end], words)
    if m <= FOUR_WORDS:
        return _closest_4(planes[2:6, begin:end], words)
    return _closest_8(planes[6:, begin:end], words)


@compiled
def _closest_2(first, second, words):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    w0, w1 = words[0], words[1]
    least = np.int64(1 << 20)
    for row in range(len(first)):
        bits = popcount(first[row] ^ w0) + popcount(second[row] ^ w1)
        least = min(least, bits)
    return least


@compiled
def _closest_4(planes, words):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    w0, w1, w2, w3 = words[2], words[3], words[4], words[5]
    p0, p1, p2, p3 = planes[0], planes[1], planes[2], planes[3]
    least = np.int64(1 << 20)
    for row in range(len(p0)):
        bits = popcount(p0[row] ^ w0) + popcount(p1[row] ^ w1) + popcount(p2[row] ^ w2) + popcount(p3[row] ^ w3)
        least = min(least, bits)
    return least


@compiled
def _closest_8(planes, words):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    w0, w1, w2, w3, w4, w5, w6, w7 = words[6], words[7], words[8], words[9], words[10], words[11], words[12], words[13]
    p0, p1, p2, p3, p4, p5, p6, p7 = (
        planes[0], planes[1], planes[2], planes[3], planes[4], planes[5], planes[6], planes[7],
    )  # fmt: skip
    least = np.int64(1 << 20)
    for row in range(len(p0)):
        bits = popcount(p0[row] ^ w0) + popcount(p1[row] ^ w1) + popcount(p2[row] ^ w2) + popcount(p3[row] ^ w3)
        bits += popcount(p4[row] ^ w4) + popcount(p5[row] ^ w5) + popcount(p6[row] ^ w6) + popcount(p7[row] ^ w7)
        least = min(least, bits)
    return least
