"""The statistics of reviews: known intervals, Holm's procedure by hand, simulated samples."""

import pytest

from curation.quality.retrospect import LEVELS, Limit, Reviewed, holm, retrospect, suspended, wilson, wilson_lower
from flows.quality.simulate import BAD, reviews, simulate


def reviewed(n, wrong, **strategy):
    base = dict.fromkeys(LEVELS, "x") | strategy
    return [Reviewed(base, number < wrong) for number in range(n)]


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (1, 10, 0.0179, 0.4042), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (0, 0, 0.0, 1.0)],
)
def test_wilson_as_published(hits, n, low, high):
    found = wilson(hits, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_wilson_lower_is_one_sided():
    assert wilson_lower(5, 10, alpha=0.025) == pytest.approx(wilson(5, 10).low)
    assert wilson_lower(0, 10, alpha=0.05) == 0.0
    with pytest.raises(ValueError, match="hits"):
        wilson_lower(11, 10, alpha=0.05)
    with pytest.raises(ValueError, match="confidence"):
        wilson(1, 10, confidence=1)


def test_holm_steps_down_and_stops():
    shares = holm([0.01, 0.04, 0.03, 0.005], 0.05)
    assert [rejected for _, rejected in shares] == [True, False, False, True]
    assert shares[3][0] == pytest.approx(0.05 / 4)
    assert shares[0][0] == pytest.approx(0.05 / 3)
    assert holm([], 0.05) == []


def test_a_strategy_needs_enough_reviews():
    rates = retrospect(reviewed(49, 30, model="a"))
    assert not suspended(rates)
    assert all(rate.lower is None for rate in rates)
    assert [rate.strategy for rate in suspended(retrospect(reviewed(50, 30, model="a")))] != []


def test_the_lower_bound_of_a_suspended_strategy_is_above_the_limit():
    rates = retrospect([*reviewed(300, 60, model="a", task="t"), *reviewed(300, 3, model="b", task="t")])
    [guilty] = suspended(rates)
    assert (guilty.level, guilty.strategy, guilty.wrong, guilty.reviews) == ("model", ("a",), 60, 300)
    assert guilty.lower > 0.05
    assert guilty.interval.low < guilty.rate < guilty.interval.high


def test_what_a_bad_model_wrote_for_is_not_suspended_with_it():
    sample = reviews(1)
    plain = sum(one.is_wrong for one in sample) / len(sample)
    assert plain > 0.05  # every template looks bad as long as the model is in
    assert [(rate.level, rate.strategy) for rate in suspended(retrospect(sample))] == [("model", (BAD,))]


def test_two_causes_are_both_found():
    sample = [
        *reviewed(200, 60, model="a", template="t1"),
        *reviewed(200, 2, model="b", template="t1"),
        *reviewed(200, 60, model="b", template="t2"),
        *reviewed(400, 4, model="c", template="t3"),
    ]
    found = {(rate.level, rate.strategy) for rate in suspended(retrospect(sample))}
    assert ("template", ("t2",)) in found
    assert ("model", ("a",)) in found
    assert not any(strategy == ("c",) for _, strategy in found)


def test_the_limit_must_make_sense():
    with pytest.raises(ValueError, match="between 0 and 1"):
        Limit(rate=0)


def test_no_review_suspends_nothing():
    assert retrospect([]) == []


def test_simulated_samples():
    found = simulate(6, first_seed=1000)
    assert (found.bad_suspended, found.others_suspended) == (6, 0)
