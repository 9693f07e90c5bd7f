"""The longest common subsequence, 64 tokens of the pattern at a time.

A pattern is laid out once and compared with many texts. Source: Hyyrö 2004, bit-parallel LCS-length computation.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curation.dedup.compiled import compiled, popcount
from curation.dedup.rows import Int64, UInt64

WORD = 64
#: Tokens between two looks at whether the rest can still suffice.
_LOOK_SHORT, _LOOK_LONG = 8, 64


class Pattern(NamedTuple):
    """Room for one pattern.

    Shapes: slot int32[vocabulary], 0 for tokens that the pattern does not hold; mask, mask_2 uint64[m + 1] of patterns
    of one or two words; first, used int64[m + 2] and place int64[m]: where each token stands in longer ones; state,
    line uint64[words].
    """

    slot: NDArray[np.int32]
    mask: UInt64
    mask_2: UInt64
    first: Int64
    used: Int64
    place: Int64
    state: UInt64
    line: UInt64


def room(vocabulary: int, longest: int) -> Pattern:
    """Make room for patterns of up to ``longest`` tokens."""
    words = longest // WORD + 1
    return Pattern(
        np.zeros(vocabulary + 1, np.int32),
        np.zeros(longest + 2, np.uint64),
        np.zeros(longest + 2, np.uint64),
        np.zeros(longest + 3, np.int64),
        np.zeros(longest + 3, np.int64),
        np.zeros(longest + 1, np.int64),
        np.zeros(words, np.uint64),
        np.zeros(words, np.uint64),
    )


@compiled
def lay(pattern, tokens):
    """Lay a pattern out; it must be lifted before the next."""
    slots = 0
    short = len(tokens) <= 2 * WORD
    for at in range(len(tokens)):
        token = tokens[at]
        if pattern.slot[token] == 0:
            slots += 1
            pattern.slot[token] = slots
            pattern.mask[slots] = pattern.mask_2[slots] = np.uint64(0)
            pattern.used[slots] = 0
        slot = pattern.slot[token]
        pattern.used[slot] += 1
        if at < WORD:
            pattern.mask[slot] |= np.uint64(1) << np.uint64(at)
        elif short:
            pattern.mask_2[slot] |= np.uint64(1) << np.uint64(at - WORD)
    if short:
        return
    pattern.first[1] = 0
    for slot in range(1, slots + 1):
        pattern.first[slot + 1] = pattern.first[slot] + pattern.used[slot]
        pattern.used[slot] = 0
    for at in range(len(tokens)):
        slot = pattern.slot[tokens[at]]
        pattern.place[pattern.first[slot] + pattern.used[slot]] = at
        pattern.used[slot] += 1
    for slot in range(1, slots + 1):
        pattern.used[slot] = 0


@compiled
def lift(pattern, tokens):
    """Take a pattern away."""
    for at in range(len(tokens)):
        pattern.slot[tokens[at]] = 0


@compiled
def common(pattern, m, tokens, span, need):
    """Measure the common subsequence of the pattern (m tokens) and a span; -1 as soon as it must stay below need."""
    if m <= WORD:
        return _common_short(pattern.slot, pattern.mask, m, tokens, span, need)
    if m <= 2 * WORD:
        return _common_double(pattern, m, tokens, span, need)
    return _common_long(pattern, m, tokens[span[0] : span[1]], need)


@compiled
def _common_short(slots, mask, m, tokens, span, need):
    first = np.uint64(span[0])
    n = span[1] - span[0]
    every = ~np.uint64(0) >> np.uint64(WORD - m)
    state = every
    for at in range(n):
        slot = slots[tokens[first + np.uint64(at)]]
        if slot != 0:
            hit = state & mask[slot]
            state = (state + hit) | (state - hit)
        if at % _LOOK_SHORT == _LOOK_SHORT - 1 and m - popcount(state & every) + n - 1 - at < need:
            return -1
    return m - popcount(state & every)


@compiled
def _common_double(pattern, m, tokens, span, need):
    slots, mask, mask_2 = pattern.slot, pattern.mask, pattern.mask_2
    first = np.uint64(span[0])
    n = span[1] - span[0]
    last = ~np.uint64(0) >> np.uint64(2 * WORD - m)
    low, high = ~np.uint64(0), last
    for at in range(n):
        slot = slots[tokens[first + np.uint64(at)]]
        if slot != 0:
            hit, hit_2 = low & mask[slot], high & mask_2[slot]
            total = low + hit
            carry = np.uint64(total < low)
            low, high = total | (low - hit), (high + hit_2 + carry) | (high - hit_2)
        left = n - 1 - at
        if at % _LOOK_SHORT == _LOOK_SHORT - 1 and m - popcount(low) - popcount(high & last) + left < need:
            return -1
    return m - popcount(low) - popcount(high & last)


@compiled
def _common_long(pattern, m, text, need):
    n = len(text)
    if _overlap(pattern, text) < need:
        return -1
    words = (m + WORD - 1) // WORD
    for word in range(words):
        pattern.state[word] = ~np.uint64(0)
        pattern.line[word] = np.uint64(0)
    for at in range(n):
        slot = pattern.slot[text[at]]
        if slot != 0:
            _step(pattern, slot, words)
        if at % _LOOK_LONG == _LOOK_LONG - 1 and _zeros(pattern, m, words) + n - 1 - at < need:
            return -1
    return _zeros(pattern, m, words)


@compiled
def _step(pattern, slot, words):
    begin, end = pattern.first[slot], pattern.first[slot + 1]
    for at in range(begin, end):
        place = pattern.place[at]
        pattern.line[place // WORD] |= np.uint64(1) << np.uint64(place % WORD)
    carry = np.uint64(0)
    for word in range(pattern.place[begin] // WORD, words):  # words before the first place stay as they are
        state, line = pattern.state[word], pattern.line[word]
        total = state + (state & line)
        more = total + carry
        carry = np.uint64(total < state) | np.uint64(more < total)
        pattern.state[word] = more | (state & ~line)
    for at in range(begin, end):
        pattern.line[pattern.place[at] // WORD] = np.uint64(0)


@compiled
def _zeros(pattern, m, words):
    ones = 0
    for word in range(words - 1):
        ones += popcount(pattern.state[word])
    last = ~np.uint64(0) >> np.uint64(words * WORD - m)
    return m - ones - popcount(pattern.state[words - 1] & last)


@compiled
def _overlap(pattern, text):
    """Count the tokens that both hold, each as often as in the poorer one: no common subsequence is longer."""
    overlap = 0
    for at in range(len(text)):
        slot = pattern.slot[text[at]]
        if slot != 0 and pattern.used[slot] < pattern.first[slot + 1] - pattern.first[slot]:
            pattern.used[slot] += 1
            overlap += 1
    for at in range(len(text)):
        pattern.used[pattern.slot[text[at]]] = 0
    return overlap
