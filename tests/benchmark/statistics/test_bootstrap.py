"""Intervals by patient, and tests between models."""

import numpy as np
import pytest
from scipy.stats import kendalltau

from benchmark.metrics.classify import accuracy, macro_f1
from benchmark.metrics.columns import mean_of
from benchmark.records import Item, Parsed, Status
from benchmark.statistics.bootstrap import estimate
from benchmark.statistics.compare import bootstrap_p, holm, mcnemar
from benchmark.statistics.groups import Block, groups_of
from benchmark.statistics.ranks import random_ranks, rank_table


def block(values, patients, *, task="DD", dataset="d", anatomies=None, more=()):
    items = [
        Item(f"{dataset}-{n}", task, dataset, None, patient, anatomies[n] if anatomies else "")
        for n, patient in enumerate(patients)
    ]
    parsed = [Parsed(Status.ANSWERED)] * len(items)
    return Block(task, dataset, items, parsed, [mean_of("acc", np.array(values, dtype=float), binary=True), *more])


def estimates(blocks, **options):
    return {
        (one.group.scope, one.group.name, one.group.figure): one
        for one in estimate(blocks, groups_of(blocks), **options)
    }


def test_items_of_one_patient_come_together():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, size=40)
    values = np.repeat(truth, 25)
    alone = estimates([block(values, [None] * 1000)])["dataset", "d", "acc"]
    together = estimates([block(values, [f"p{n // 25}" for n in range(1000)])])["dataset", "d", "acc"]
    width = [one.interval[1] - one.interval[0] for one in (alone, together)]
    assert width[1] > 4 * width[0]
    assert together.n_patients == 40
    assert np.std(together.replicates) == pytest.approx(np.sqrt(truth.var() / 40), rel=0.1)


def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(1)
    covered = 0
    for trial in range(60):
        own = block(rng.random(100) < 0.6, [None] * 100)
        low, high = estimates([own], resamples=300, seed=trial)["dataset", "d", "acc"].interval
        covered += low <= 0.6 <= high
    assert 50 <= covered <= 60


def test_a_task_is_the_mean_over_its_datasets_and_pooled_is_not():
    found = estimates([block([1] * 10, [None] * 10, dataset="a"), block([0] * 30, [None] * 30, dataset="b")])
    assert found["task", "mean over datasets", "acc"].value == 0.5
    assert found["pooled", "all items", "acc"].value == 0.25
    assert found["task", "mean over datasets", "acc"].n_items == 40


def test_groups_by_anatomy_count_an_item_under_each_of_its_labels():
    found = estimates([block([1, 0, 0, 1], [None] * 4, anatomies=["liver", "liver", "breast", "liver|breast"])])
    assert found["anatomy", "liver", "acc"].value == pytest.approx(2 / 3)
    assert found["anatomy", "breast", "acc"].value == pytest.approx(1 / 2)


def test_sparse_figures_are_resampled_as_computed_directly():
    gold, guesses = list("aabbccab" * 20), list("abbbcxab" * 20)
    own = block([1] * 160, [f"p{n // 4}" for n in range(160)], more=[macro_f1(gold, guesses, only_gold=False)])
    found = estimates([own], resamples=50)["dataset", "d", "macro_F1"]
    assert found.value == pytest.approx(macro_f1(gold, guesses, only_gold=False).value())
    assert len(set(found.replicates)) > 10


def test_what_leaves_the_denominator_is_counted():
    figure = accuracy(["a", "b", "c"], ["a", None, "x"])
    own = block([1, 1, 1], [None] * 3, more=[])
    found = estimates([Block("DD", "d", own.items, own.parsed, [figure])])["dataset", "d", "acc"]
    assert (found.value, found.n_items, found.n_scored) == (0.5, 3, 2)


def test_the_same_seed_gives_the_same_resamples():
    own = [block(np.arange(50) % 2, [None] * 50)]
    first, second, other = (estimates(own, seed=seed)["dataset", "d", "acc"].replicates for seed in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_p_of_the_bootstrap_and_of_mcnemar():
    assert bootstrap_p(np.full(999, 0.1)) == pytest.approx(2 / 1000)
    assert bootstrap_p(np.array([-1.0, 1.0] * 500)) == 1.0
    assert mcnemar(np.array([1.0, 1, 1, 1, 1, 0]), np.array([0.0, 0, 0, 0, 0, 0])) == pytest.approx(2 / 32)
    assert mcnemar(np.array([1.0, 0]), np.array([1.0, 0])) == 1.0


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, None]) == [pytest.approx(0.03), pytest.approx(0.06), pytest.approx(0.06), None]
    assert holm([0.6, 0.9]) == [1.0, 1.0]


def test_ranks_move_with_the_weights():
    models = {"a": {"DD_acc": 1.0}, "b": {"OD_acc": 0.9}, "c": {}}
    rows = {(row["weights"], row["model"]): row for row in rank_table(models)}
    assert [rows["published", model]["rank"] for model in "abc"] == [2, 1, 3]
    assert [rows["equal", model]["rank"] for model in "abc"] == [1, 2, 3]
    assert rows["equal", "a"]["tau"] == pytest.approx(kendalltau([0.2, 0.243, 0], [1, 0.9, 0]).statistic)
    drawn = {row["model"]: row for row in random_ranks(models)}
    assert drawn["a"]["first"] + drawn["b"]["first"] == pytest.approx(1)
    assert drawn["c"]["best"] == 3
