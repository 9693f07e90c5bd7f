"""Bounds and estimates against published numbers and against what must always hold."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from curation.statistics import (
    chapman,
    chapman_interval,
    chapman_variance,
    clopper_pearson,
    cohen_kappa,
)


@pytest.mark.parametrize(
    ("hits", "n", "sided", "low", "high"),
    [
        (0, 300, "upper", 0.0, 1 - 0.05 ** (1 / 300)),  # closed form for no hits
        (0, 300, "upper", 0.0, 0.0099),
        (0, 3000, "upper", 0.0, 0.000998),
        (0, 10, "two", 0.0, 0.3085),
        (1, 10, "two", 0.0025, 0.4450),
        (5, 10, "two", 0.1871, 0.8129),
        (10, 10, "two", 0.6915, 1.0),
        (10, 10, "upper", 0.0, 1.0),
        (10, 12578, "two", 0.000381, 0.001462),  # Duke 2024: 10 of 12,578 undetected
        (0, 0, "two", 0.0, 1.0),
    ],
)
def test_clopper_pearson_gives_published_bounds(hits, n, sided, low, high):
    found = clopper_pearson(hits, n, sided=sided)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


@given(st.integers(0, 5000), st.integers(1, 5000), st.floats(0.5, 0.999), st.sampled_from(["two", "upper"]))
def test_the_interval_lies_in_0_to_1_and_holds_the_rate(hits, n, confidence, sided):
    hits = min(hits, n)
    found = clopper_pearson(hits, n, confidence=confidence, sided=sided)
    assert 0 <= found.low <= found.high <= 1
    assert hits / n in found


@given(st.integers(0, 400), st.integers(1, 400))
def test_bounds_grow_with_hits_and_shrink_with_n(hits, n):
    assume(hits < n)
    here = clopper_pearson(hits, n)
    more_hits, more_trials = clopper_pearson(hits + 1, n), clopper_pearson(hits, n + 1)
    assert more_hits.low > here.low
    assert more_hits.high > here.high
    assert more_trials.high < here.high
    assert more_trials.low <= here.low
    assert clopper_pearson(hits, n, sided="upper").high < here.high
    assert clopper_pearson(hits, n, confidence=0.99).high > here.high


@given(st.integers(0, 200), st.integers(1, 200))
def test_the_upper_bound_is_the_rate_at_which_so_few_hits_are_rare(hits, n):
    """The definition: at the bound, as few hits or fewer come with probability 1 - confidence."""
    assume(hits < n)
    rate = clopper_pearson(hits, n, sided="upper").high
    tail = sum(math.comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(hits + 1))
    assert tail == pytest.approx(0.05, rel=1e-6)


@pytest.mark.parametrize(
    ("hits", "n", "more"),
    [
        (-1, 10, {}),
        (11, 10, {}),
        (0, -1, {}),
        (0, 1, {"confidence": 0.0}),
        (0, 1, {"confidence": 1.0}),
        (0, 1, {"confidence": math.nan}),
        (0, 1, {"sided": "lower"}),
    ],
)
def test_clopper_pearson_refuses_nonsense(hits, n, more):
    with pytest.raises(ValueError, match="must"):
        clopper_pearson(hits, n, **more)


@pytest.mark.parametrize(
    ("n1", "n2", "both", "total", "variance"),
    [
        (
            10,
            15,
            5,
            11 * 16 / 6 - 1,
            11 * 16 * 5 * 10 / (6 * 6 * 7),
        ),  # turtles: 28.3 by Chapman, 30 by Lincoln-Petersen
        (200, 100, 20, 201 * 101 / 21 - 1, 201 * 101 * 180 * 80 / (21 * 21 * 22)),
        (0, 0, 0, 0.0, 0.0),
        (3, 0, 0, 3.0, 0.0),
        (2, 2, 2, 2.0, 0.0),
        (1, 1, 0, 3.0, 2 * 2 * 1 * 1 / (1 * 1 * 2)),
    ],
)
def test_chapman_textbook_examples(n1, n2, both, total, variance):
    assert chapman(n1, n2, both) == pytest.approx(total)
    assert chapman_variance(n1, n2, both) == pytest.approx(variance)


def test_chao_interval_by_hand():
    """20 found, 8.33 unseen, variance 34.92: C = exp(1.96 sqrt(ln(1 + 34.92 / 69.44))) = 3.494."""
    found = chapman_interval(10, 15, 5)
    assert found.low == pytest.approx(20 + 8.3333 / 3.494, abs=0.01)
    assert found.high == pytest.approx(20 + 8.3333 * 3.494, abs=0.02)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_the_estimate_is_at_least_what_was_found_and_lies_in_its_interval(n1, n2, both):
    assume(both <= min(n1, n2))
    estimate, interval = chapman(n1, n2, both), chapman_interval(n1, n2, both)
    assert estimate == pytest.approx((n1 + 1) * (n2 + 1) / (both + 1) - 1)
    assert n1 + n2 - both <= interval.low <= estimate <= interval.high
    assert chapman(n2, n1, both) == estimate
    if both < min(n1, n2):
        assert chapman(n1, n2, both + 1) < estimate
        assert chapman_interval(n1, n2, both, confidence=0.99).high > interval.high


@pytest.mark.parametrize(("n1", "n2", "both"), [(1, 1, 2), (-1, 0, 0), (3, 3, -1), (0, 5, 1)])
def test_chapman_refuses_nonsense(n1, n2, both):
    for function in (chapman, chapman_variance, chapman_interval):
        with pytest.raises(ValueError, match="must"):
            function(n1, n2, both)


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        ((20, 5, 10, 15), 0.4),  # a common textbook table
        ((45, 15, 25, 15), 0.1304),
        ((5, 0, 0, 5), 1.0),
        ((0, 5, 5, 0), -1.0),
        ((0, 0, 0, 300), None),
        ((300, 0, 0, 0), None),
        ((0, 3, 0, 297), 0.0),
    ],
)
def test_kappa(table, kappa):
    assert cohen_kappa(*table) == (kappa if kappa is None else pytest.approx(kappa, abs=5e-5))


@given(st.tuples(*[st.integers(0, 50)] * 4))
def test_kappa_is_at_most_1_and_the_readers_may_change_places(table):
    assume(sum(table))
    found = cohen_kappa(*table)
    assert found is None or -1 <= found <= 1 + 1e-12
    assert cohen_kappa(table[0], table[2], table[1], table[3]) == found


def test_kappa_refuses_nonsense():
    for table in ((0, 0, 0, 0), (1, -1, 1, 1)):
        with pytest.raises(ValueError, match="must"):
            cohen_kappa(*table)
