"""A segment: kept texts sorted for the search, never changed once they are built.

Sorted by key (group, then length), number of Han tokens and arrival for the scan; indexed by bands of the Simhash
value, so that two values within k bits agree in at least one of k + 1 bands (pigeonhole); sorted by digest for equal
texts.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curation.dedup.rows import EXACT, LENGTH_MASK, NONE, Found, Int64, Rows, Rule, UInt64

SIMHASH_BITS = 64
#: (largest distance, number of bands): 4 x 16 bits, 8 x 8 bits, else one band that holds everything.
_BANDS = ((3, 4), (7, 8), (SIMHASH_BITS, 1))


class Bands(NamedTuple):
    """Rows by bands of their Simhash value, in order of arrival within a bucket; none without tokens.

    Shapes: start int64[bands, buckets + 1]; row int32[bands, rows with tokens]; simhash uint64[bands, the same].
    """

    bits: int
    start: Int64
    row: NDArray[np.int32]
    simhash: UInt64


class Segment(NamedTuple):
    """Kept texts.

    Shapes: planes uint64[6, n], bitmaps folded to two and to four words; whole uint64[n, 8]; runs int64[keys + 1],
    where the rows of each key begin; digest_order int64[n].
    """

    rows: Rows
    planes: UInt64
    whole: UInt64
    runs: Int64
    bands: Bands
    digest_order: Int64
    digest_high: UInt64

    @property
    def size(self) -> int:
        """Number of texts."""
        return self.rows.size


def build(rows: Rows, rule: Rule) -> Segment:
    """Sort and index texts."""
    rows = rows.take(np.lexsort((rows.arrival, rows.han, rows.key)))
    by_arrival = np.argsort(rows.arrival, kind="stable")
    four = rows.bitmap[:4] ^ rows.bitmap[4:]
    planes = np.concatenate([four[:2] ^ four[2:], four])
    whole = np.ascontiguousarray(rows.bitmap.T)
    high = rows.digest[0][by_arrival]
    order = np.argsort(high, kind="stable")
    light = rows._replace(bitmap=rows.bitmap[:, :0])  # ``whole`` holds it
    runs = np.concatenate(([0], np.flatnonzero(np.diff(rows.key)) + 1, [rows.size]))
    return Segment(light, planes, whole, runs, _bands(rows, by_arrival, rule.distance), by_arrival[order], high[order])


def rows_of(segment: Segment) -> Rows:
    """Give the texts of a segment back."""
    return segment.rows._replace(bitmap=np.ascontiguousarray(segment.whole.T))


def _bands(rows: Rows, by_arrival: Int64, distance: int) -> Bands:
    count = next(bands for largest, bands in _BANDS if distance <= largest)
    bits = SIMHASH_BITS // count if count > 1 else 0
    compared = by_arrival[(rows.key[by_arrival] & LENGTH_MASK) > 0] if distance >= 0 else by_arrival[:0]
    values = rows.simhash[compared]
    start = np.zeros((count, (1 << bits) + 1), np.int64)
    row = np.empty((count, len(compared)), np.int32)
    simhash = np.empty((count, len(compared)), np.uint64)
    for band in range(count):
        bucket = ((values >> np.uint64(band * bits)) & np.uint64((1 << bits) - 1)).astype(np.uint16)
        order = np.argsort(bucket, kind="stable")
        start[band, 1:] = np.cumsum(np.bincount(bucket, minlength=1 << bits))
        row[band], simhash[band] = compared[order], values[order]
    return Bands(bits, start, row, simhash)


def find_equal(queries: Rows, segment: Segment, found: Found) -> None:
    """Note for each text the earliest equal one of the segment, where it is earlier than what is known."""
    if not segment.size or not queries.size:
        return
    place = np.searchsorted(segment.digest_high, queries.digest[0])
    inside = np.minimum(place, segment.size - 1)
    for query in np.flatnonzero(segment.digest_high[inside] == queries.digest[0]):
        arrival = _first_equal(queries, int(query), segment, int(place[query]))
        if arrival < found.best[query]:
            found.best[query], found.reason[query], found.score[query] = arrival, EXACT, 1.0


def _first_equal(queries: Rows, query: int, segment: Segment, at: int) -> int:
    high, low = queries.digest[:, query]
    while at < segment.size and segment.digest_high[at] == high:
        row = segment.digest_order[at]
        if segment.rows.digest[1, row] == low and segment.rows.arrival[row] != queries.twin[query]:
            return int(segment.rows.arrival[row])
        at += 1
    return NONE
