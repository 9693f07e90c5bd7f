"""BLEU of a corpus as sums: the numbers of sacreBLEU (strict) and of the COCO caption scorer (compat).

In: n-gram counts. Out: figures BLEU-1 to BLEU-4 in percent.
Source: Papineni 2002; Post 2018 (sacreBLEU, exponential smoothing); Chen 2015 (COCO caption evaluation).
"""

import numpy as np

from benchmark.metrics.columns import Figure, Floats
from benchmark.metrics.text.ngrams import Grams, overlap, totals
from benchmark.records import Mode

ORDERS = 4
#: Constants of the COCO scorer.
_TINY, _SMALL = 1e-15, 1e-9


def bleu_sums(grams: Grams) -> Floats:
    """Shapes: [items, 10]: length of answer and gold, shared n-grams and n-grams of the answer by order."""
    answer_length, gold_length = grams.lengths
    shared, held = [], []
    for order in range(1, ORDERS + 1):
        answers, gold = grams.counts(order)
        shared.append(overlap(answers, gold))
        held.append(totals(answers))
    return np.stack([answer_length, gold_length, *shared, *held], axis=1).astype(np.float64)


def bleu_figures(grams: Grams, mode: Mode) -> list[Figure]:
    """Make BLEU-1 to BLEU-4."""
    sums = bleu_sums(grams)

    def of_order(order: int) -> Figure:
        return Figure(f"BLEU{order}", sums, lambda total: combine_bleu(total, order, mode))

    return [of_order(order) for order in range(1, ORDERS + 1)]


def combine_bleu(sums: Floats, order: int, mode: Mode) -> Floats:
    """Make BLEU of sums. Shapes: [..., 10] -> [...]."""
    return _coco(sums, order) if mode is Mode.COMPAT else _sacre(sums, order)


def _sacre(sums: Floats, order: int) -> Floats:
    shared, held = sums[..., 2 : 2 + order], sums[..., 6 : 6 + order]
    smooth = np.ones(sums.shape[:-1])
    logs = np.zeros(sums.shape[:-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        for n in range(order):
            smooth = np.where(shared[..., n] == 0, smooth * 2, smooth)
            precision = np.where(shared[..., n] == 0, 1 / (smooth * held[..., n]), shared[..., n] / held[..., n])
            logs += np.where(held[..., n] == 0, -np.inf, np.log(precision))
        penalty = np.where(sums[..., 0] < sums[..., 1], np.exp(1 - sums[..., 1] / sums[..., 0]), 1.0)
        score = 100 * penalty * np.exp(logs / order)
    score = np.where((sums[..., 2:6].sum(axis=-1) == 0) | (sums[..., 0] == 0), 0.0, score)
    return np.where(sums[..., 1] > 0, score, np.nan)


def _coco(sums: Floats, order: int) -> Floats:
    shared, held = sums[..., 2 : 2 + order], sums[..., 6 : 6 + order]
    product = np.prod((shared + _TINY) / (held + _SMALL), axis=-1) ** (1 / order)
    share = (sums[..., 0] + _TINY) / (sums[..., 1] + _SMALL)
    with np.errstate(over="ignore", divide="ignore"):
        penalty = np.where(share < 1, np.exp(1 - 1 / share), 1.0)
    return np.where(sums[..., 1] > 0, 100 * product * penalty, np.nan)
