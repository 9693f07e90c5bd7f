"""Ultrasound-QBench: levels of quality by five prompts, read in three ways.

In: items of one prompt and dataset with their answers. Out: a block with the accuracy of the raw answer, of softmax +
k-means, and of equal thirds, side by side. k-means sees all answers of the dataset at once (it is transductive):
resamples keep its clusters.
Source: Ultrasound-QBench. The published prompt texts are pictures: ours are in `benchmark/ask/qbench_prompts.toml`.
"""

from collections.abc import Sequence

import numpy as np

from benchmark.metrics.columns import Figure, Floats, mean_of
from benchmark.metrics.quality import argmax_levels, clustered, logits_of, scores, softmax, thirds
from benchmark.parse.choice import parse_choice
from benchmark.parse.quality import LEVELS, parse_quality
from benchmark.records import AnswerRow, Item, Parsed, Status, answered
from benchmark.statistics.groups import Block

COMPARATIVE = "comparative"
PROMPTS = ("qualitative_basic", "qualitative_contextual", "qualitative_diagnostic", "quantitative", COMPARATIVE)
#: Published gain of softmax + k-means in points: as stated, and recomputed from the paper's Table I (56 cells).
PUBLISHED_GAIN = {"stated": (10.11, 20.3), "recomputed": (9.25, 20.51)}
_MISSING = Parsed(Status.MISSING)
_SCALE = (0.0, 100.0)


def score_block(items: Sequence[Item], answers: Sequence[AnswerRow | None]) -> Block:
    """Score the items of one prompt and dataset."""
    gold = [str(item.gold).strip().lower() for item in items]
    if items[0].task == COMPARATIVE:
        parsed = [
            _MISSING if one is None or one.value is None else parse_choice(one.text, item.options)
            for item, one in zip(items, answers, strict=True)
        ]
        return Block(COMPARATIVE, items[0].dataset, items, parsed, [_accuracy("raw", gold, _values(parsed))])
    logits = [None if one is None else logits_of(one.logprobs) for one in answers]
    parsed = [_parsed(item, one, own) for item, one, own in zip(items, answers, logits, strict=True)]
    stated = _values(parsed)
    held = [place for place, own in enumerate(logits) if own is not None]
    ways = {"raw": list(stated), "softmax_kmeans": list(stated), "equal_thirds": list(stated)}
    if held:
        matrix = np.array([logits[place] for place in held], dtype=np.float64)
        values = scores(softmax(matrix))
        for name, levels in (("softmax_kmeans", clustered(values)), ("equal_thirds", thirds(values))):
            for place, level in zip(held, levels, strict=True):
                ways[name][place] = level
    figures = [_accuracy(name, gold, guesses) for name, guesses in ways.items()]
    return Block(items[0].task, items[0].dataset, items, parsed, figures)


def probabilities(answers: Sequence[AnswerRow | None]) -> Floats:
    """Give p of every item, NaN where there are no log-probabilities. Shapes: [n, 3] high, medium, low."""
    found = np.full((len(answers), len(LEVELS)), np.nan)
    for place, one in enumerate(answers):
        own = None if one is None else logits_of(one.logprobs)
        if own is not None:
            found[place] = softmax(np.array([own]))[0]
    return found


def _parsed(item: Item, answer: AnswerRow | None, logits: tuple[float, float, float] | None) -> Parsed:
    """Read the level: the likeliest where there are log-probabilities, else what the text says."""
    if logits is not None:
        return answered(argmax_levels(np.array([logits]))[0])
    if answer is None or answer.value is None:
        return _MISSING
    return parse_quality(answer.text, scale=_SCALE if item.task == "quantitative" else None)


def _values(parsed: Sequence[Parsed]) -> list[str | None]:
    return [str(one.value).strip().lower() if one.status is Status.ANSWERED else None for one in parsed]


def _accuracy(name: str, gold: Sequence[str], guesses: Sequence[str | None]) -> Figure:
    """Share of right levels; what states none is wrong."""
    return mean_of(name, np.array([float(a == b) for a, b in zip(gold, guesses, strict=True)]), binary=True)
