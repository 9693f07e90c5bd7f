"""ROUGE-1, ROUGE-2 and ROUGE-L: the numbers of rouge-score (strict); ROUGE-L of the COCO scorer (compat).

In: tokens. Out: figures in percent, means over items.
Source: Lin 2004; rouge-score 0.1.2 (F1); COCO caption evaluation (F with beta 1.2).
"""

from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import LCSseq

from benchmark.metrics.columns import Figure, Floats, mean_of
from benchmark.metrics.text.ngrams import Grams, overlap, totals

_BETA = 1.2


def rouge_figures(grams: Grams, answers: Sequence[Sequence[str]], gold: Sequence[Sequence[str]]) -> list[Figure]:
    """Make ROUGE-1, ROUGE-2 and ROUGE-L by F1."""
    found = []
    for order in (1, 2):
        own, true = grams.counts(order)
        found.append(mean_of(f"ROUGE{order}", _f(overlap(own, true), totals(own), totals(true), 1.0), scale=100.0))
    return [*found, mean_of("ROUGEL", rouge_l(answers, gold, 1.0), scale=100.0)]


def rouge_l(answers: Sequence[Sequence[str]], gold: Sequence[Sequence[str]], beta: float = _BETA) -> Floats:
    """Compute ROUGE-L of each item."""
    common = np.array([LCSseq.similarity(own, true) for own, true in zip(answers, gold, strict=True)], dtype=np.float64)
    held, wanted = (np.array([len(text) for text in side], dtype=np.float64) for side in (answers, gold))
    return _f(common, held, wanted, beta)


def _f(common: Floats, held: Floats, wanted: Floats, beta: float) -> Floats:
    """Combine precision and recall; 0 where nothing is shared."""
    with np.errstate(divide="ignore", invalid="ignore"):
        precision, recall = common / held, common / wanted
        score = (1 + beta**2) * precision * recall / (recall + beta**2 * precision)
    return np.where(common > 0, score, 0.0)
