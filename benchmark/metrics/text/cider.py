"""CIDEr-D: n-grams weighted by how rare they are in the gold texts.

In: n-gram counts. Out: one figure, the mean over items (0 to 10).
Source: Vedantam 2015; the COCO caption scorer (n = 1 to 4, sigma 6, clipped counts, length as its number of bigrams).
"""

import numpy as np
from scipy.sparse import csr_matrix, diags

from benchmark.metrics.columns import Figure, Floats, mean_of
from benchmark.metrics.text.ngrams import Grams

_ORDERS, _SIGMA = 4, 6.0


def cider_figure(grams: Grams) -> Figure:
    """Make the figure; how rare an n-gram is, is known from all gold texts of the group and stays so in resamples."""
    return mean_of("CIDEr", cider(grams))


def cider(grams: Grams) -> Floats:
    """Compute CIDEr-D of each item."""
    n_items = grams.n_items
    if n_items == 0:
        return np.zeros(0)
    log_items = np.log(float(n_items))
    total = np.zeros(n_items)
    delta = np.maximum(grams.lengths[0] - 1, 0) - np.maximum(grams.lengths[1] - 1, 0)
    for order in range(1, _ORDERS + 1):
        answers, gold = grams.counts(order)
        documents = np.asarray((gold > 0).sum(axis=0), dtype=np.float64).ravel()
        rare = diags(log_items - np.log(np.maximum(1.0, documents)))
        total += _alike(csr_matrix(answers @ rare), csr_matrix(gold @ rare))
    return 10 * total / _ORDERS * np.exp(-(delta.astype(np.float64) ** 2) / (2 * _SIGMA**2))


def _alike(answers: csr_matrix, gold: csr_matrix) -> Floats:
    """Compare two weighted bags: clipped product over both lengths."""
    shared = np.asarray(answers.minimum(gold).multiply(gold).sum(axis=1)).ravel()
    norms = np.sqrt(np.asarray(answers.power(2).sum(axis=1)).ravel() * np.asarray(gold.power(2).sum(axis=1)).ravel())
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(norms > 0, shared / norms, shared)
