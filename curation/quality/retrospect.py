"""Retrospective analysis: which generation strategies make errors, and which of them are to be suspended.

In: reviews of a sample of instances, each with its strategy. Out: ``StrategyRate`` rows and those to suspend.
A strategy is a value of one level (a model, a template, a prompt version, a task, a system) or of several at once.
Source: Wilson, J. Am. Stat. Assoc. 22 (1927) 209 (score interval); Holm, Scand. J. Stat. 6 (1979) 65 (step-down);
EchoVLM section 3.1 (when a sample has errors, its strategy or source model is analysed and adjusted).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from curation.statistics import Interval

#: The levels of a strategy; the retrospect looks at each, and at all of them at once.
LEVELS = ("model", "template", "prompt_version", "task", "system")
CELL = "cell"
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One review: the values of ``LEVELS`` of its instance, and whether the expert found an error."""

    strategy: Mapping[str, str]
    is_wrong: bool


Strategy = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class StrategyRate:
    """The error rate of a strategy.

    ``wrong`` and ``reviews`` count all reviews, ``interval`` is Wilson's for them. ``p_value`` (the rate is at most the
    limit) and ``lower``, the one-sided bound at the share of alpha that Holm's procedure leaves to the strategy, are of
    the reviews that no strategy suspended before it explains; None where those are too few to be tested.
    """

    level: str
    strategy: tuple[str, ...]
    wrong: int
    reviews: int
    interval: Interval
    p_value: float | None
    lower: float | None
    is_suspended: bool

    @property
    def rate(self) -> float:
        """Wrong per review."""
        return self.wrong / self.reviews


@dataclass(frozen=True, slots=True)
class Limit:
    """When a strategy is suspended: error rate above ``rate``, proven at ``alpha`` over all strategies."""

    rate: float = 0.05
    min_reviews: int = 50
    alpha: float = 0.05

    def __post_init__(self) -> None:
        """Refuse what is no rate, no count or no level of error."""
        if not 0 < self.rate < 1 or not 0 < self.alpha < 1 or self.min_reviews < 1:
            raise ValueError("rate and alpha must lie between 0 and 1, min_reviews must be at least 1")


def wilson(hits: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Bound the rate of ``hits`` in ``n`` trials by the two-sided score interval; n = 0 tells nothing: [0, 1].

    Raises: ValueError when the counts or the confidence make no sense.
    """
    if not 0 <= hits <= n or not 0 < confidence < 1:
        raise ValueError("hits must lie between 0 and n, confidence between 0 and 1")
    if n == 0:
        return Interval(0.0, 1.0)
    z = _NORMAL.inv_cdf(0.5 + confidence / 2)
    centre, half = _score(hits, n, z)
    return Interval(0.0 if hits == 0 else max(0.0, centre - half), 1.0 if hits == n else min(1.0, centre + half))


def wilson_lower(hits: int, n: int, *, alpha: float) -> float:
    """Bound the rate from below, one-sided, by the score interval.

    Raises: ValueError when the counts or alpha make no sense.
    """
    if not 0 <= hits <= n or not 0 < alpha < 1:
        raise ValueError("hits must lie between 0 and n, alpha between 0 and 1")
    if n == 0 or hits == 0:
        return 0.0
    centre, half = _score(hits, n, _NORMAL.inv_cdf(1 - alpha))
    return max(0.0, centre - half)


def _score(hits: int, n: int, z: float) -> tuple[float, float]:
    share, squared = hits / n, z * z / n
    centre = (share + squared / 2) / (1 + squared)
    half = z * (share * (1 - share) / n + squared / (4 * n)) ** 0.5 / (1 + squared)
    return centre, half


def score_p_value(hits: int, n: int, *, rate: float) -> float:
    """Test by the score that the true rate is at most ``rate``; it rejects where ``wilson_lower`` exceeds the rate."""
    if n == 0:
        return 1.0
    z = (hits / n - rate) / (rate * (1 - rate) / n) ** 0.5
    return 1 - _NORMAL.cdf(z)


def holm(p_values: Sequence[float], alpha: float) -> list[tuple[float, bool]]:
    """Give each hypothesis its share of alpha and whether it is rejected, in the order given.

    The smallest p-value is tested at alpha / m, the next at alpha / (m - 1), …; after the first that is not rejected
    none is, and all of those keep its share.

    Source: Holm 1979.
    """
    shares: list[tuple[float, bool]] = [(alpha, False)] * len(p_values)
    stopped_at: float | None = None
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda one: (p_values[one], one))):
        share = stopped_at or alpha / (len(p_values) - rank)
        rejected = stopped_at is None and p_values[place] < share
        if not rejected:
            stopped_at = share
        shares[place] = (share, rejected)
    return shares


@dataclass(frozen=True, slots=True)
class _Tested:
    p_value: float
    lower: float
    is_rejected: bool


def retrospect(
    reviews: Iterable[Reviewed], *, limit: Limit = Limit(), levels: Sequence[str] = LEVELS
) -> list[StrategyRate]:
    """Rate every strategy of every level, and of all levels at once; the worst of a level come first.

    A bad model makes every template look bad that it wrote for. So the strategy with the strongest evidence is
    suspended first, its reviews are set aside, and the others are tested again on what is left, until none exceeds the
    limit. Holm's procedure runs over all strategies that have ``min_reviews`` left.
    """
    left = [(_strategies(review, levels), review.is_wrong) for review in reviews]
    totals = _counts(left)
    last: dict[Strategy, _Tested] = {}
    guilty: set[Strategy] = set()
    while True:
        tested = _test(_counts(left), limit)
        last |= {one: result for one, result in tested.items() if one not in guilty}
        rejected = [one for one, result in tested.items() if result.is_rejected]
        if not rejected:
            break
        worst = min(rejected, key=lambda one: (tested[one].p_value, -tested[one].lower, one))
        guilty.add(worst)
        left = [(strategies, wrong) for strategies, wrong in left if worst not in strategies]
    rates = [_rate(one, counts, last.get(one), one in guilty) for one, counts in totals.items()]
    order = (*levels, CELL)
    return sorted(rates, key=lambda rate: (order.index(rate.level), -rate.rate, rate.strategy))


def _strategies(review: Reviewed, levels: Sequence[str]) -> tuple[Strategy, ...]:
    cell = tuple(review.strategy[name] for name in levels)
    return (*((name, (value,)) for name, value in zip(levels, cell, strict=True)), (CELL, cell))


def _counts(reviews: Iterable[tuple[tuple[Strategy, ...], bool]]) -> dict[Strategy, tuple[int, int]]:
    """Count wrong and all reviews of each strategy."""
    wrong: Counter[Strategy] = Counter()
    total: Counter[Strategy] = Counter()
    for strategies, is_wrong in reviews:
        total.update(strategies)
        wrong.update(strategies if is_wrong else ())
    return {one: (wrong[one], total[one]) for one in sorted(total)}


def _test(counts: Mapping[Strategy, tuple[int, int]], limit: Limit) -> dict[Strategy, _Tested]:
    enough = {one: count for one, count in counts.items() if count[1] >= limit.min_reviews}
    p_values = [score_p_value(*count, rate=limit.rate) for count in enough.values()]
    return {
        one: _Tested(p_value, wilson_lower(*count, alpha=share), rejected)
        for (one, count), p_value, (share, rejected) in zip(
            enough.items(), p_values, holm(p_values, limit.alpha), strict=True
        )
    }


def _rate(one: Strategy, counts: tuple[int, int], tested: _Tested | None, is_suspended: bool) -> StrategyRate:
    level, strategy = one
    p_value, lower = (tested.p_value, tested.lower) if tested else (None, None)
    return StrategyRate(level, strategy, *counts, wilson(*counts), p_value, lower, is_suspended)


def suspended(rates: Iterable[StrategyRate]) -> list[StrategyRate]:
    """Keep the strategies to be suspended."""
    return [rate for rate in rates if rate.is_suspended]
