"""Numbers that an answer may take from others: rounded, converted, added up or subtracted.

In: quantities of an answer and of its report, in base units. Out: whether one stands for another.
"""

import re
from collections.abc import Sequence
from itertools import combinations

from curation.facts.quantities import Quantity
from curation.facts.reading import Segment
from curation.verify.claims import Case

#: Words of change: by about 4 mm over six months.
_CHANGED = re.compile(
    r"\b(?:grown|grew|increas\w+|decreas\w+|larger|smaller|shrunk|bigger)\b.*\bby\b|\bby\b.*\bover\b"
    r"|(?:增大|缩小|增加|减少|增长)了",
    re.IGNORECASE,
)


def equal(one: Quantity, other: Quantity, *, loose: bool) -> bool:
    """Compare in base units; the answer may round, by a tenth at most unless it says about."""
    if one.unit == other.unit:
        gap = abs(one.value - other.value)
        if gap == 0:
            return True
        may_round = one.step > other.step or loose
        limit = one.step / 2 if loose else min(one.step / 2, other.value / 10)
        return may_round and gap <= limit
    if not one.unit:
        return one.raw == other.raw
    return not other.unit and one.raw == other.raw and one.unit in {"%", "bpm"}


def is_near(one: Quantity, other: Quantity) -> bool:
    """Nearly 100 ml is at least 90."""
    return one.unit == other.unit and one.value * 9 / 10 <= other.value <= one.value


def is_total(one: Quantity, case: Case) -> bool:
    """Tell whether a count is the sum of the other counts of the answer: three, two right and one left."""
    counts = [
        q.value for part in case.answer.segments for q in part.quantities if q.is_word and not q.unit and q != one
    ]
    return len(counts) > 1 and sum(counts) == one.value


def is_derived(one: Quantity, segment: Segment, case: Case, known: Sequence[Quantity]) -> bool:
    """Tell whether a number is the sum or the difference of two of its sentence that the report holds."""
    if any(other.group == one.group and other != one for other in segment.quantities):
        return False  # a factor of a size is measured, not derived
    others = [
        other
        for part in case.answer.segments
        if part.sentence == segment.sentence
        for other in part.quantities
        if other != one and other.unit == one.unit and any(equal(other, held, loose=False) for held in known)
    ]
    if _CHANGED.search(case.answer.sentence(segment)) and others:
        others += [held for held in known if held.unit == one.unit and held not in others]
    pairs = combinations(others, 2)
    return any(one.value in {first.value + second.value, abs(first.value - second.value)} for first, second in pairs)
