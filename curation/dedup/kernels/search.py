"""The search of prepared texts among kept ones, and the ordered pass inside a batch, as compiled kernels."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curation.dedup.compiled import compiled, popcount
from curation.dedup.kernels.lcs import Pattern, common, lay, lift, room
from curation.dedup.kernels.near import fold, near
from curation.dedup.rouge import f1, required, window
from curation.dedup.rows import EXACT, LENGTH_BITS, LENGTH_MASK, NONE, ROUGE_L, SIMHASH, Found, Int64, Rows, Rule
from curation.dedup.segment import Segment

#: Rows of the kept texts that are compared with all texts of a batch while they are in the processor's cache.
TILE = 2048


class Scratch(NamedTuple):
    """Room that one thread needs: a pattern, and the rows of a tile that are near."""

    pattern: Pattern
    near: Int64


def scratch(queries: Rows, vocabulary: int) -> Scratch:
    """Make room for a search of these texts."""
    longest = int((queries.key & LENGTH_MASK).max(initial=0))
    return Scratch(room(vocabulary, longest), np.zeros(TILE, np.int64))


@compiled
def search(queries, span, segment, rule, found, scratch):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, PLR0913
    """Find the earliest match of texts (sorted by key) in a segment; ``found`` may hold matches of other segments."""
    begin, end = span
    for query in range(begin, end):
        found.row[query] = -1
        if queries.key[query] & LENGTH_MASK > 0 and rule.distance >= 0:
            _by_simhash(queries, query, segment, rule, found)
    if rule.threshold < 1:
        _by_rouge(queries, span, segment, rule, found, scratch)
    for query in range(begin, end):
        if found.row[query] >= 0:
            _explain(queries, query, segment.rows, found.row[query], rule, found, scratch.pattern)


@compiled
def _by_simhash(queries, query, segment, rule, found):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    value, group, bands = queries.simhash[query], queries.key[query] >> LENGTH_BITS, segment.bands
    for band in range(bands.start.shape[0]):
        bucket = (value >> np.uint64(band * bands.bits)) & np.uint64((1 << bands.bits) - 1)
        first, last = bands.start[band, np.int64(bucket)], bands.start[band, np.int64(bucket) + 1]
        for at in range(first, last):
            if popcount(bands.simhash[band, at] ^ value) > rule.distance:
                continue
            row = np.int64(bands.row[band, at])
            arrival = segment.rows.arrival[row]
            if arrival >= found.best[query]:
                break
            if segment.rows.key[row] >> LENGTH_BITS != group or arrival == queries.twin[query]:
                continue
            if rule.protect and segment.rows.slots[row] != queries.slots[query]:
                found.spared[query] = True
                continue
            found.best[query], found.row[query] = arrival, row
            break


@compiled
def _by_rouge(queries, span, segment, rule, found, scratch):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913
    begin, end = span
    keys = segment.rows.key
    first, last = np.zeros(end - begin, np.int64), np.zeros(end - begin, np.int64)
    for query in range(begin, end):
        m = queries.key[query] & LENGTH_MASK
        if m > 0:
            shortest, longest = window(m, rule.threshold)
            group = (queries.key[query] >> LENGTH_BITS) << LENGTH_BITS
            first[query - begin] = np.searchsorted(keys, group + shortest)
            last[query - begin] = np.searchsorted(keys, group + longest + 1)
    for tile in range(0, len(keys), TILE):
        for query in range(begin, end):
            low, high = max(tile, first[query - begin]), min(tile + TILE, last[query - begin])
            if low < high:
                _in_tile(queries, query, segment, (low, high), rule, found, scratch)


@compiled
def _in_tile(queries, query, segment, span, rule, found, scratch):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913
    m = queries.key[query] & LENGTH_MASK
    words = fold(queries.bitmap, query)
    laid = False
    row, end = span
    while row < end:
        key = segment.rows.key[row]
        after = min(end, np.int64(np.searchsorted(segment.rows.key[row:end], key, side="right")) + row)
        n = key & LENGTH_MASK
        need = required(m, n, rule.threshold)
        count = 0
        if need <= min(m, n):
            count = near(segment.planes, words, m, (row, after), m + n - 2 * need, scratch.near)
        for at in range(count):
            candidate = scratch.near[at]
            if not _is_open(queries, query, segment.rows, candidate, rule, found):
                continue
            if not laid:
                lay(scratch.pattern, queries.tokens[queries.start[query] : queries.start[query + 1]])
                laid = True
            _try(queries, query, segment.rows, (candidate, need), rule, found, scratch.pattern)
        row = after
    if laid:
        lift(scratch.pattern, queries.tokens[queries.start[query] : queries.start[query + 1]])


@compiled
def _is_open(queries, query, rows, row, rule, found):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913
    """Say whether a comparison could still change what is found."""
    arrival = rows.arrival[row]
    if arrival == queries.twin[query] or arrival >= found.best[query]:
        return False
    return not rule.protect or rows.slots[row] == queries.slots[query] or not found.spared[query]


@compiled
def _try(queries, query, rows, pair, rule, found, pattern):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913
    row, need = pair
    m = queries.key[query] & LENGTH_MASK
    if common(pattern, m, rows.tokens[rows.start[row] : rows.start[row + 1]], need) < need:
        return
    if rule.protect and rows.slots[row] != queries.slots[query]:
        found.spared[query] = True
        return
    found.best[query], found.row[query] = rows.arrival[row], row


@compiled
def _explain(queries, query, rows, row, rule, found, pattern):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913
    """Say why a text is a duplicate of its match; of several reasons the order is exact, rouge_l, simhash."""
    if queries.digest[0, query] == rows.digest[0, row] and queries.digest[1, query] == rows.digest[1, row]:
        found.reason[query], found.score[query] = EXACT, 1.0
        return
    tokens = queries.tokens[queries.start[query] : queries.start[query + 1]]
    lay(pattern, tokens)
    other = rows.tokens[rows.start[row] : rows.start[row + 1]]
    score = f1(common(pattern, len(tokens), other, 0), len(tokens), len(other))
    lift(pattern, tokens)
    if score > rule.threshold:
        found.reason[query], found.score[query] = ROUGE_L, score
    else:
        found.reason[query] = SIMHASH
        found.score[query] = popcount(queries.simhash[query] ^ rows.simhash[row])


class Accepted(NamedTuple):
    """The texts of a batch that later ones are compared with, in order. Shapes: [n]; planes uint64[2, n]."""

    planes: NDArray[np.uint64]
    simhash: NDArray[np.uint64]
    digest: NDArray[np.uint64]
    length: NDArray[np.float64]
    group: Int64
    index: Int64


def greedy(rows: Rows, joins: NDArray[np.bool_], rule: Rule, found: Found, vocabulary: int) -> None:
    """Go through a batch in order: each text against the earlier ones that joined; first come, first kept."""
    n = rows.size
    planes, words = np.empty((2, n), np.uint64), np.empty(n, np.uint64)
    accepted = Accepted(planes, words, words.copy(), np.empty(n), np.empty(n, np.int64), np.empty(n, np.int64))
    _greedy(rows, joins, rule, found, accepted, scratch(rows, vocabulary).pattern)


@compiled
def _greedy(rows, joins, rule, found, accepted, pattern):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913
    count = 0
    for query in range(len(rows.key)):
        words = fold(rows.bitmap, query)
        if found.best[query] == NONE:
            _first(rows, query, (words[0], words[1], count), rule, found, (accepted, pattern))
        if joins[query] and (rule.against_all or found.best[query] == NONE):
            accepted.planes[0, count], accepted.planes[1, count] = words[0], words[1]
            accepted.simhash[count], accepted.digest[count] = rows.simhash[query], rows.digest[0, query]
            accepted.length[count] = rows.key[query] & LENGTH_MASK
            accepted.group[count], accepted.index[count] = rows.key[query] >> LENGTH_BITS, query
            count += 1


@compiled
def _first(rows, query, given, rule, found, tools):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913
    """Look block by block, in order of arrival, and stop at the first match."""
    w0, w1, count = given
    accepted, pattern = tools
    m = float(rows.key[query] & LENGTH_MASK)
    value, digest, group = rows.simhash[query], rows.digest[0, query], rows.key[query] >> LENGTH_BITS
    slope = max(0.0, 1 - rule.threshold)
    for block in range(0, count, 128):
        end = min(count, block + 128)
        p0, p1, simhash = accepted.planes[0, block:end], accepted.planes[1, block:end], accepted.simhash[block:end]
        length, equal = accepted.length[block:end], accepted.digest[block:end]
        open_rows = 0
        for at in range(end - block):
            bits = popcount(p0[at] ^ w0) + popcount(p1[at] ^ w1)
            like = (bits <= slope * (m + length[at]) + 3) | (popcount(simhash[at] ^ value) <= rule.distance)
            open_rows += like | (equal[at] == digest)
        if open_rows == 0:
            continue
        for at in range(block, end):
            if accepted.group[at] == group and _meets(rows, query, accepted.index[at], rule, found, pattern):
                return


@compiled
def _meets(rows, query, other, rule, found, pattern):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913
    """Apply the rule to two texts of a batch, and note the match."""
    if rows.arrival[other] == rows.twin[query]:
        return False
    m, n = rows.key[query] & LENGTH_MASK, rows.key[other] & LENGTH_MASK
    if rows.digest[0, query] != rows.digest[0, other] or rows.digest[1, query] != rows.digest[1, other]:
        if m == 0 or n == 0:
            return False
        if popcount(rows.simhash[query] ^ rows.simhash[other]) > rule.distance:
            need = required(m, n, rule.threshold)
            bits = 0
            for word in range(rows.bitmap.shape[0]):
                bits += popcount(rows.bitmap[word, query] ^ rows.bitmap[word, other])
            if need > min(m, n) or bits > m + n - 2 * need or not _reaches(rows, query, other, need, pattern):
                return False
    if rule.protect and rows.slots[query] != rows.slots[other]:
        found.spared[query] = True
        return False
    found.best[query] = rows.arrival[other]
    _explain(rows, query, rows, other, rule, found, pattern)
    return True


@compiled
def _reaches(rows, query, other, need, pattern):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    tokens = rows.tokens[rows.start[query] : rows.start[query + 1]]
    lay(pattern, tokens)
    enough = common(pattern, len(tokens), rows.tokens[rows.start[other] : rows.start[other + 1]], need) >= need
    lift(pattern, tokens)
    return enough
