"""Softmax and k-means on synthetic logits: the behaviours that Ultrasound-QBench describes."""

import math

import numpy as np
import pytest

from benchmark.metrics.quality import argmax_levels, clustered, logits_of, scores, softmax, thirds
from benchmark.parse.quality import LEVELS
from benchmark.records import AnswerRow, Item
from benchmark.suites.qbench import score_block


def synthetic(seed, *, bias, n=600, spread=0.7):
    """Logits of a model that sees the level and leans to "high"."""
    rng = np.random.default_rng(seed)
    level = rng.integers(0, 3, size=n)  # 0 high, 1 medium, 2 low
    ideal = np.array([[1.0, 0.0, -1.0], [0.0, 0.4, 0.0], [-1.0, 0.0, 1.0]])
    logits = 1.5 * ideal[level] + rng.normal(0, spread, size=(n, 3)) + np.array([bias, 0.0, 0.0])
    return [LEVELS[one] for one in level], logits


@pytest.mark.parametrize(
    ("logprobs", "expected"),
    [
        ({"high": -math.inf, "low": -math.inf}, None),
        ({"high": math.nan, "low": math.inf}, None),
        ({"high": 0.0, "low": -math.inf}, (0.0, -9999.0, -9999.0)),
        ({"high": -0.1, "medium": -math.inf, "low": -3.0}, (-0.1, -9999.0, -3.0)),
        ({}, None),
    ],
)
def test_what_cannot_be_has_a_number_and_what_is_none_is_left_out(logprobs, expected):
    assert logits_of(logprobs) == (None if expected is None else pytest.approx(expected))


def share(gold, levels):
    return np.mean([a == b for a, b in zip(gold, levels, strict=True)])


@pytest.mark.parametrize("seed", range(2))
def test_a_bias_to_high_hides_medium_and_clusters_bring_part_of_it_back(seed):
    gold, logits = synthetic(seed, bias=3.0)
    raw = argmax_levels(logits)
    assert raw.count("medium") / len(raw) < 0.05
    values = scores(softmax(logits))
    found = clustered(values)
    unbiased = share(gold, argmax_levels(synthetic(seed, bias=0.0)[1]))
    assert share(gold, raw) + 0.03 < share(gold, found) < unbiased + 0.02


@pytest.mark.parametrize("seed", range(2))
def test_weighting_logits_without_softmax_fails(seed):
    gold, logits = synthetic(seed, bias=3.0)
    scale = np.random.default_rng(seed).normal(
        0, 8, size=(len(logits), 1)
    )  # log-probabilities up to a constant per item
    shifted = logits + scale
    assert clustered(scores(softmax(shifted))) == clustered(scores(softmax(logits)))
    assert share(gold, clustered(scores(shifted))) < share(gold, clustered(scores(softmax(shifted)))) - 0.1


def test_clusters_are_named_by_their_order_and_need_not_be_of_equal_width():
    values = np.array([0.90, 0.91, 0.80, 0.81, 0.70, 0.71])
    assert clustered(values) == ["high", "high", "medium", "medium", "low", "low"]
    assert thirds(values) == ["high"] * 6
    assert clustered(np.array([0.2, 0.2, 0.9])) == ["low", "low", "high"]
    assert clustered(np.array([0.5, 0.5])) == ["medium", "medium"]
    assert clustered(np.array([])) == []


def test_softmax_and_weights():
    assert softmax(np.array([[0.0, 0.0, 0.0]])) == pytest.approx(np.full((1, 3), 1 / 3))
    assert scores(np.array([[0.5, 0.25, 0.25]])) == pytest.approx([0.625])
    assert thirds(np.array([0.0, 0.333, 0.334, 0.666, 0.667, 1.0])) == [
        "low",
        "low",
        "medium",
        "medium",
        "high",
        "high",
    ]


def test_spellings_of_a_level_add_up_and_missing_ones_get_the_least():
    found = logits_of({" High": math.log(0.3), "high": math.log(0.2), "Medium": math.log(0.4), "x": math.log(0.1)})
    assert found == pytest.approx((math.log(0.5), math.log(0.4), math.log(0.1)))
    assert logits_of({"yes": -1.0}) is None
    assert logits_of(None) is None


def test_a_block_has_the_three_ways_side_by_side():
    gold, logits = synthetic(1, bias=3.0, n=60)
    items = [Item(f"i{n}", "qualitative_basic", "IVUSQA", one) for n, one in enumerate(gold)]
    answers = [AnswerRow(f"i{n}", "high", dict(zip(LEVELS, row, strict=True))) for n, row in enumerate(logits.tolist())]
    block = score_block(items, answers)
    found = {one.name: one.value() for one in block.figures}
    assert found["raw"] == pytest.approx(share(gold, argmax_levels(logits)))
    assert found["softmax_kmeans"] > found["raw"]
    hard = score_block(items, [AnswerRow(f"i{n}", f"The quality is {one}.") for n, one in enumerate(gold)])
    assert {one.value() for one in hard.figures} == {1.0}
