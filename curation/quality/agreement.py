"""How far raters agree beyond chance: two raters or many, words or counts.

In: ratings. Out: kappa, 1 for always, 0 for as by chance; None where chance leaves no room or nothing was rated.
Source: Cohen, Educ. Psychol. Meas. 20 (1960) 37; Fleiss, Psychol. Bull. 76 (1971) 378.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence


def cohen_kappa_of(ratings: Iterable[tuple[Hashable, Hashable]]) -> float | None:
    """Measure the agreement of two raters from what each said of the same things, in any number of categories."""
    pairs = Counter(ratings)
    n = pairs.total()
    if n == 0:
        return None
    first: Counter[Hashable] = Counter()
    second: Counter[Hashable] = Counter()
    for (one, other), count in pairs.items():
        first[one] += count
        second[other] += count
    agreed = sum(count for (one, other), count in pairs.items() if one == other) / n
    return _beyond(agreed, sum(first[word] * second[word] for word in first) / n**2)


def fleiss_kappa(counts: Sequence[Sequence[int]]) -> float | None:
    """Measure the agreement of many raters; a row per thing, in it how many raters chose each category.

    Raises: ValueError when rows differ in their number of raters, or there are fewer than two.
    """
    if not counts:
        return None
    raters = sum(counts[0])
    if raters < 2 or any(sum(row) != raters for row in counts):
        raise ValueError("every thing must be rated by the same number of raters, at least two")
    n = len(counts)
    agreed = sum(sum(one * one for one in row) - raters for row in counts) / (n * raters * (raters - 1))
    shares = [sum(row[at] for row in counts) / (n * raters) for at in range(len(counts[0]))]
    return _beyond(agreed, sum(share * share for share in shares))


def _beyond(agreed: float, by_chance: float) -> float | None:
    return None if by_chance >= 1 else (agreed - by_chance) / (1 - by_chance)
