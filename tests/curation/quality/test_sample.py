"""The expert sample: proportional, seeded, the same whatever the order of rows, attention checks apart from it."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.quality.sample import Candidate, Plan, allocate, checks_of, draw, n_checks

PLAN = Plan(n=100, seed=1, double_share=0.1, attention_share=0.05)


def candidates(**sizes):
    return [Candidate(f"{name}/{at:04d}", (name,)) for name, size in sizes.items() for at in range(size)]


def test_places_follow_sizes_and_no_stratum_is_left_out():
    assert allocate({("a",): 700, ("b",): 290, ("c",): 9, ("d",): 1}, 100) == {
        ("a",): 69,
        ("b",): 29,
        ("c",): 1,
        ("d",): 1,
    }
    # Webster's method by hand: quotients 53, 24, 23 over 1, 3, 5, ... give 7 seats as 4, 2, 1 (23/3 < 24/3 < 53/7 fails)
    assert allocate({("a",): 53, ("b",): 24, ("c",): 23}, 7) == {("a",): 3, ("b",): 2, ("c",): 2}
    assert allocate({("a",): 5, ("b",): 3}, 1) == {("a",): 1, ("b",): 0}


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8), st.integers(0, 300))
def test_every_place_is_given_and_no_stratum_gets_more_than_it_has(sizes, n):
    strata = {(str(at),): size for at, size in enumerate(sizes)}
    given_places = allocate(strata, n)
    assert sum(given_places.values()) == min(n, sum(sizes))
    assert all(0 <= given_places[one] <= size for one, size in strata.items())


def test_a_sample_depends_on_seed_and_pairs_and_not_on_their_order():
    rows = candidates(a=700, b=300)
    drawn = draw(rows, PLAN)
    assert draw(rows[::-1], PLAN) == drawn
    assert Counter(one.stratum[0] for one in drawn) == {"a": 70, "b": 30}
    assert len({one.instance_id for one in drawn}) == 100
    assert sum(one.readers == 2 for one in drawn) == 10
    other = draw(rows, Plan(100, 2, 0.1, 0.05))
    assert {one.instance_id for one in other} != {one.instance_id for one in drawn}
    strata = [one.stratum[0] for one in drawn]
    assert 0 < strata[:50].count("b") < 30  # the order mixes the strata


def test_all_pairs_are_drawn_where_they_are_few():
    assert len(draw(candidates(a=7, b=2), PLAN)) == 9
    assert draw([], PLAN) == []


def test_attention_checks_take_pairs_that_were_not_drawn_as_long_as_there_are_any():
    rows = candidates(a=130)
    drawn = draw(rows, PLAN)
    order = checks_of(rows, drawn, PLAN)
    assert {one.instance_id for one in order[:30]}.isdisjoint(one.instance_id for one in drawn)
    assert len(order) == 130


@pytest.mark.parametrize(("drawn", "share", "checks"), [(100, 0.05, 5), (3, 0.05, 1), (100, 0.0, 0), (0, 0.05, 0)])
def test_the_number_of_checks(drawn, share, checks):
    assert n_checks(drawn, Plan(100, 1, 0.1, share)) == checks
