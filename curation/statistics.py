"""Statistics of a leak audit: exact bounds on a rate, how many leaks two readers missed, how well they agree.

In: counts. Out: numbers; nothing is rounded.
Source: Clopper and Pearson, Biometrika 26 (1934) 404; Chapman, Univ. Calif. Publ. Stat. 1 (1951) 131; Seber, Biometrika
57 (1970) 13; Chao, Biometrics 43 (1987) 783; Cohen, Educ. Psychol. Meas. 20 (1960) 37.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from scipy.special import betaincinv  # type: ignore[import-untyped,unused-ignore]


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, both ends included."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def clopper_pearson(hits: int, n: int, *, confidence: float = 0.95, sided: Literal["two", "upper"] = "two") -> Interval:
    """Bound the rate of ``hits`` in ``n`` independent trials by the exact binomial interval.

    ``upper`` spends all of 1 - confidence on the upper end and gives 0 as the lower: "at most". No trial tells nothing:
    the interval of n = 0 is [0, 1].

    Raises: ValueError when the counts or the confidence make no sense.
    Source: Clopper and Pearson 1934, as quantiles of the beta distribution.
    """
    _check_confidence(confidence)
    if not 0 <= hits <= n:
        raise ValueError("hits must lie between 0 and n")
    if sided not in ("two", "upper"):
        raise ValueError("sided must be two or upper")
    if n == 0:
        return Interval(0.0, 1.0)
    tail = (1.0 - confidence) / (2.0 if sided == "two" else 1.0)
    low = 0.0 if hits == 0 or sided == "upper" else float(betaincinv(hits, n - hits + 1, tail))
    high = 1.0 if hits == n else float(betaincinv(hits + 1, n - hits, 1.0 - tail))
    return Interval(low, high)


def chapman(n1: int, n2: int, both: int) -> float:
    """Estimate how many leaks there are when two independent readers found ``n1`` and ``n2``, ``both`` in common.

    Raises: ValueError when the counts make no sense.
    Source: Chapman 1951: (n1 + 1)(n2 + 1) / (both + 1) - 1; unlike Lincoln-Petersen it exists for both = 0.
    """
    return n1 + n2 - both + _unseen(n1, n2, both)


def chapman_variance(n1: int, n2: int, both: int) -> float:
    """Estimate the variance of ``chapman``.

    Raises: ValueError when the counts make no sense.
    Source: Seber 1970.
    """
    unseen = _unseen(n1, n2, both)
    return (n1 + 1) * (n2 + 1) * unseen / ((both + 1) * (both + 2))


def chapman_interval(n1: int, n2: int, both: int, *, confidence: float = 0.95) -> Interval:
    """Bound the number of leaks: log-normal in those that nobody found, so never below what was found.

    Where one reader found all that the other did, the estimate sees nothing unseen and the interval is that one number.

    Raises: ValueError when the counts or the confidence make no sense.
    Source: Chao 1987, with Seber's variance.
    """
    _check_confidence(confidence)
    unseen, found = _unseen(n1, n2, both), n1 + n2 - both
    if unseen == 0:
        return Interval(float(found), float(found))
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    spread = math.exp(z * math.sqrt(math.log1p(chapman_variance(n1, n2, both) / unseen**2)))
    return Interval(found + unseen / spread, found + unseen * spread)


def cohen_kappa(both: int, only_1: int, only_2: int, neither: int) -> float | None:
    """Measure how far two readers agree beyond chance: 1 always, 0 as by chance; None where chance leaves no room.

    Raises: ValueError when a count is negative or all are 0.
    Source: Cohen 1960.
    """
    n = both + only_1 + only_2 + neither
    if min(both, only_1, only_2, neither) < 0 or n == 0:
        raise ValueError("counts must not be negative, nor all 0")
    yes_1, yes_2 = both + only_1, both + only_2
    by_chance = (yes_1 * yes_2 + (n - yes_1) * (n - yes_2)) / n**2
    return None if by_chance == 1 else ((both + neither) / n - by_chance) / (1 - by_chance)


def _unseen(n1: int, n2: int, both: int) -> float:
    """Estimate what neither reader found; Chapman's estimator minus the distinct finds."""
    if not 0 <= both <= min(n1, n2):
        raise ValueError("both must lie between 0 and the smaller of n1 and n2")
    return (n1 - both) * (n2 - both) / (both + 1)


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError("confidence must lie between 0 and 1")
