"""Accuracy and macro-F1 of labels.

In: gold and predicted labels, None where an item does not count. Out: figures. Numbers are those of scikit-learn
(``f1_score(average="macro", zero_division=0)``).
"""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from benchmark.metrics.columns import Figure, Floats, mean_of

#: Stands for an answer that is no label at all: wrong, and no class of its own.
NO_LABEL = "\x00"


def accuracy(gold: Sequence[str], predicted: Sequence[str | None]) -> Figure:
    """Share of equal labels; None does not count."""
    pairs = zip(gold, predicted, strict=True)
    values = [np.nan if guess is None else float(guess == truth) for truth, guess in pairs]
    return mean_of("acc", np.array(values), binary=True)


def macro_f1(gold: Sequence[str], predicted: Sequence[str | None], *, only_gold: bool) -> Figure:
    """Mean F1 over labels: those of the gold only, or of gold and answers (where every wrong text is a class).

    Shapes: sums [items, 2 L + E]: equal, gold + predicted of each of L gold labels, and counts of E other texts.
    """
    labels = {label: number for number, label in enumerate(sorted({*gold}))}
    others = {
        guess: n
        for n, guess in enumerate(sorted({g for g in predicted if g is not None and g not in labels} - {NO_LABEL}))
    }
    n_labels = len(labels)
    rows: list[int] = []
    columns: list[int] = []
    for row, (truth, guess) in enumerate(zip(gold, predicted, strict=True)):
        if guess is None:
            continue
        places = [n_labels + labels[truth]]
        if guess in labels:
            places.append(n_labels + labels[guess])
        elif not only_gold and guess in others:
            places.append(2 * n_labels + others[guess])
        if guess == truth:
            places.append(labels[truth])
        rows += [row] * len(places)
        columns += places
    width = 2 * n_labels + (0 if only_gold else len(others))
    counts = np.array([guess is not None for guess in predicted], dtype=np.bool_)
    sums = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(gold), width))
    return Figure("macro_F1", sums, lambda totals: _macro(totals, n_labels), poolable=False, counts=counts)


def _macro(totals: Floats, n_labels: int) -> Floats:
    """Shapes: [..., 2 L + E] -> [...]."""
    hits, both = totals[..., :n_labels], totals[..., n_labels : 2 * n_labels]
    with np.errstate(divide="ignore", invalid="ignore"):
        f1 = np.where(both > 0, 2 * hits / both, 0.0)
    classes = (both > 0).sum(axis=-1) + (totals[..., 2 * n_labels :] > 0).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(classes > 0, f1.sum(axis=-1) / classes, np.nan)
