"""The search of prepared texts among kept ones, as compiled kernels."""

from typing import NamedTuple

import numpy as np

from curation.dedup.compiled import compiled, popcount
from curation.dedup.kernels.lcs import Pattern, common, lay, lift, room
from curation.dedup.kernels.near import BLOCK, FOLDED, fold, near
from curation.dedup.rouge import f1, required, window
from curation.dedup.rows import (
    EXACT,
    LENGTH_BITS,
    LENGTH_MASK,
    ROUGE_L,
    SIMHASH,
    Int64,
    Rows,
    UInt64,
)

#: Rows of the kept texts that are compared with all texts of a batch while they are in the processor's cache.
TILE = 2048


class Scratch(NamedTuple):
    """Room that one thread needs: a pattern, the folded words of the texts, the rows of a tile that are near."""

    pattern: Pattern
    words: UInt64
    near: tuple[Int64, Int64, Int64]


def scratch(queries: Rows, vocabulary: int) -> Scratch:
    """Make room for a search of these texts."""
    longest = int((queries.key & LENGTH_MASK).max(initial=0))
    words = np.empty((queries.size, FOLDED), np.uint64)
    fold(queries.bitmap, words)
    near_rows = (np.zeros(TILE, np.int64), np.zeros(BLOCK, np.int64), np.zeros(2, np.int64))
    return Scratch(room(vocabulary, longest), words, near_rows)


@compiled
def search(queries, span, segment, rule, found, scratch):
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
            explain(queries, query, segment.rows, found.row[query], (rule, found), scratch.pattern)


@compiled
def _by_simhash(queries, query, segment, rule, found):
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
def _by_rouge(queries, span, segment, rule, found, scratch):
    """Go through the lengths of the kept texts; each is compared with the texts whose length can match."""
    begin, end = span
    keys, mine, runs = segment.rows.key, queries.key[begin:end], segment.runs
    if end == begin:
        return
    group = (mine[0] >> LENGTH_BITS) << LENGTH_BITS
    run = np.searchsorted(runs, np.searchsorted(keys, group))
    while run < len(runs) - 1:
        key = keys[runs[run]]
        group = (key >> LENGTH_BITS) << LENGTH_BITS
        if group > mine[-1]:
            return
        if key > group:
            shortest, longest = window(key - group, rule.threshold)
            first = begin + np.searchsorted(mine, group + shortest)
            last = begin + np.searchsorted(mine, group + longest + 1)
            for tile in range(runs[run], runs[run + 1], TILE):
                rows = (tile, min(tile + TILE, runs[run + 1]))
                _in_tile(queries, (first, last), segment, rows, (rule, found), scratch)
        run += 1


@compiled
def _in_tile(queries, span, segment, tile, outcome, scratch):
    """Compare the texts of a span with the rows of a tile, all of one length."""
    rule = outcome[0]
    begin, end = tile
    han, planes, lengths = segment.rows.han, (segment.planes, segment.whole), queries.key
    n = segment.rows.key[begin] & LENGTH_MASK
    m, need = -1, 0
    for query in range(span[0], span[1]):
        if lengths[query] & LENGTH_MASK != m:
            m = lengths[query] & LENGTH_MASK
            need = required(m, n, rule.threshold)
        if need > min(m, n):
            continue
        bound = m + n - 2 * need
        slack, low, high = (bound - abs(n - m)) // 2, queries.han[query], queries.han[query] + n - m
        first = _lower(han, begin, end, min(low, high) - slack)
        last = _lower(han, first, end, max(low, high) + slack + 1)
        count = near(planes, scratch.words[query], m, (first, last), bound, scratch.near)
        if count > 0:
            _compare(queries, query, segment.rows, (count, need), outcome, scratch)


@compiled
def _lower(values, begin, end, wanted):
    """Find the first place of sorted values that is not below the wanted one."""
    while begin < end:
        middle = (begin + end) // 2
        if values[middle] < wanted:
            begin = middle + 1
        else:
            end = middle
    return begin


@compiled
def _compare(queries, query, rows, given, outcome, scratch):
    """Compare a text with the rows that are near; what cannot change the outcome is not looked at."""
    count, need = given
    rule, found = outcome
    pattern, near_rows = scratch.pattern, scratch.near[0]
    mine = queries.tokens[queries.start[query] : queries.start[query + 1]]
    laid = False
    for at in range(count):
        row = near_rows[at]
        arrival, differs = rows.arrival[row], rule.protect and rows.slots[row] != queries.slots[query]
        if arrival >= found.best[query] or arrival == queries.twin[query] or (differs and found.spared[query]):
            continue
        if not laid:
            lay(pattern, mine)
            laid = True
        if common(pattern, len(mine), rows.tokens, (rows.start[row], rows.start[row + 1]), need) < need:
            continue
        if differs:
            found.spared[query] = True
        else:
            found.best[query], found.row[query] = arrival, row
    if laid:
        lift(pattern, mine)


@compiled
def explain(queries, query, rows, row, outcome, pattern):
    """Say why a text is a duplicate of its match; of several reasons the order is exact, rouge_l, simhash."""
    rule, found = outcome
    if queries.digest[0, query] == rows.digest[0, row] and queries.digest[1, query] == rows.digest[1, row]:
        found.reason[query], found.score[query] = EXACT, 1.0
        return
    tokens = queries.tokens[queries.start[query] : queries.start[query + 1]]
    lay(pattern, tokens)
    first, last = rows.start[row], rows.start[row + 1]
    score = f1(common(pattern, len(tokens), rows.tokens, (first, last), 0), len(tokens), last - first)
    lift(pattern, tokens)
    if score > rule.threshold:
        found.reason[query], found.score[query] = ROUGE_L, score
    else:
        found.reason[query] = SIMHASH
        found.score[query] = popcount(queries.simhash[query] ^ rows.simhash[row])
