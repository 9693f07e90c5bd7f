"""The ordered pass inside a batch, as compiled kernels: each text against the earlier ones that joined."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curation.dedup.compiled import compiled, popcount
from curation.dedup.kernels.lcs import common, lay, lift
from curation.dedup.kernels.near import BLOCK, FOLDED
from curation.dedup.kernels.search import explain, scratch
from curation.dedup.rouge import required
from curation.dedup.rows import LENGTH_BITS, LENGTH_MASK, NONE, Found, Int64, Rows, Rule, UInt64


class Accepted(NamedTuple):
    """The texts of a batch that later ones are compared with, in order. Shapes: [n]; planes uint64[4, n]."""

    planes: UInt64
    simhash: UInt64
    digest: UInt64
    length: NDArray[np.float64]
    group: Int64
    place: Int64
    open: Int64


def greedy(rows: Rows, joins: NDArray[np.bool_], rule: Rule, found: Found, vocabulary: int) -> None:
    """Go through a batch in order: each text against the earlier ones that joined; first come, first kept."""
    n = rows.size
    words, planes = np.empty(n, np.uint64), np.empty((4, n), np.uint64)
    groups, places = np.empty(n, np.int64), np.empty(n, np.int64)
    accepted = Accepted(planes, words, words.copy(), np.empty(n), groups, places, np.zeros(BLOCK, np.int64))
    _greedy(rows, joins, rule, found, accepted, scratch(rows, vocabulary))


@compiled
def _greedy(rows, joins, rule, found, accepted, scratch):
    count = 0
    for query in range(len(rows.key)):
        words = scratch.words[query]
        if found.best[query] == NONE:
            _first(rows, query, (scratch.words, count), rule, found, (accepted, scratch.pattern))
        if joins[query] and (rule.against_all or found.best[query] == NONE):
            for word in range(4):
                accepted.planes[word, count] = words[2 + word]
            accepted.simhash[count], accepted.digest[count] = rows.simhash[query], rows.digest[0, query]
            accepted.length[count] = rows.key[query] & LENGTH_MASK
            accepted.group[count], accepted.place[count] = rows.key[query] >> LENGTH_BITS, query
            count += 1


@compiled
def _first(rows, query, given, rule, found, tools):
    """Look block by block, in order of arrival, and stop at the first match."""
    folded, count = given
    accepted, pattern = tools
    words = folded[query]
    group, slope = rows.key[query] >> LENGTH_BITS, max(0.0, 1 - rule.threshold)
    # what two texts may differ by is at most (1 - threshold) (m + n) + 2: required() is at least that of the threshold
    slack = slope * (rows.key[query] & LENGTH_MASK) + 3
    hashes = (rows.simhash[query], rows.digest[0, query])
    mine = rows.tokens[rows.start[query] : rows.start[query + 1]]
    laid, match = False, -1
    for block in range(0, count, BLOCK):
        end = min(count, block + BLOCK)
        if _open_rows(accepted, (block, end), words, (slope, slack), hashes, rule.distance) == 0:
            continue
        if not laid:
            lay(pattern, mine)
            laid = True
        for at in range(end - block):
            if accepted.open[at] == 0 or accepted.group[block + at] != group:
                continue
            other = accepted.place[block + at]
            near_enough = _apart(folded, query, other) <= slope * accepted.length[block + at] + slack
            if (near_enough or accepted.open[at] > 1) and _meets(rows, query, other, rule, found, pattern):
                match = other
                break
        if match >= 0:
            break
    if laid:
        lift(pattern, mine)
    if match >= 0:
        found.best[query] = rows.arrival[match]
        explain(rows, query, rows, match, (rule, found), pattern)


@compiled
def _apart(folded, query, other):
    bits = 0
    for word in range(6, FOLDED):
        bits += popcount(folded[query, word] ^ folded[other, word])
    return bits


@compiled
def _open_rows(accepted, span, words, line, hashes, distance):
    """Mark rows that the bitmap (1), the Simhash value or the digest (2) do not rule out; 0 when there is none."""
    p0, p1, p2, p3 = accepted.planes[0], accepted.planes[1], accepted.planes[2], accepted.planes[3]
    w0, w1, w2, w3 = words[2], words[3], words[4], words[5]
    simhash, digest, length, marks = accepted.simhash, accepted.digest, accepted.length, accepted.open
    value, equal = hashes
    slope, slack = line
    found, first = np.int64(0), np.uint64(span[0])
    for at in range(np.uint64(span[1] - span[0])):
        row = first + at
        bits = popcount(p0[row] ^ w0) + popcount(p1[row] ^ w1) + popcount(p2[row] ^ w2) + popcount(p3[row] ^ w3)
        other = (popcount(simhash[row] ^ value) <= distance) | (digest[row] == equal)
        mark = np.int64(bits <= slope * length[row] + slack) + 2 * np.int64(other)
        marks[at] = mark
        found += mark
    return found


@compiled
def _meets(rows, query, other, rule, found, pattern):
    """Apply the rule to two texts of a batch; the pattern of the query is laid out."""
    if rows.arrival[other] == rows.twin[query]:
        return False
    m, n = rows.key[query] & LENGTH_MASK, rows.key[other] & LENGTH_MASK
    if rows.digest[0, query] != rows.digest[0, other] or rows.digest[1, query] != rows.digest[1, other]:
        if m == 0 or n == 0:
            return False
        if popcount(rows.simhash[query] ^ rows.simhash[other]) > rule.distance:
            need = required(m, n, rule.threshold)
            if need > min(m, n):
                return False
            if common(pattern, m, rows.tokens, (rows.start[other], rows.start[other + 1]), need) < need:
                return False
    if rule.protect and rows.slots[query] != rows.slots[other]:
        found.spared[query] = True
        return False
    return True
