"""Kappa against worked examples that were published."""

import pytest

from curation.quality.agreement import cohen_kappa_of, fleiss_kappa
from curation.statistics import cohen_kappa

#: Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, table 18.1: two raters, three categories.
TABLE_18_1 = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]
#: The example of Fleiss' kappa in Wikipedia: 10 subjects, 14 raters, 5 categories.
SUBJECTS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def spread(table):
    return [(row, column) for row, counts in enumerate(table) for column, n in enumerate(counts) for _ in range(n)]


def test_cohen_as_published():
    assert cohen_kappa_of(spread(TABLE_18_1)) == pytest.approx(0.676, abs=5e-4)
    assert cohen_kappa_of(spread([[20, 5], [10, 15]])) == pytest.approx(0.40)


def test_fleiss_as_published():
    assert fleiss_kappa(SUBJECTS) == pytest.approx(0.210, abs=5e-4)


def test_both_agree_with_the_fourfold_table_where_they_measure_the_same():
    assert cohen_kappa_of(spread([[7, 2], [3, 8]])) == pytest.approx(cohen_kappa(7, 2, 3, 8))


def test_where_chance_leaves_no_room_or_nothing_was_rated_there_is_no_kappa():
    assert cohen_kappa_of([]) is None
    assert cohen_kappa_of([("a", "a")] * 5) is None
    assert fleiss_kappa([]) is None
    assert fleiss_kappa([[3, 0], [3, 0]]) is None
    assert fleiss_kappa([[2, 0], [0, 2]]) == 1


@pytest.mark.parametrize("counts", [[[1, 0]], [[2, 0], [1, 2]]])
def test_raters_must_be_as_many_for_every_thing(counts):
    with pytest.raises(ValueError, match="same number"):
        fleiss_kappa(counts)
