"""From log-probabilities of "high", "medium" and "low" to a level of quality: argmax, clusters, equal thirds.

In: log-probabilities at the score token. Out: levels. p = softmax(z); s = sum of w p with w = 1, 0.5, 0; k-means with
three clusters over all s of a dataset, ordered by centroid.
Source: Ultrasound-QBench; its weights are unpublished: evenly spaced as in Q-Align (Wu 2023), configurable.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmark.metrics.columns import Floats
from benchmark.parse.quality import LEVELS, level_of_share

WEIGHTS = (1.0, 0.5, 0.0)
#: The log-probability of what cannot be: servers say -Infinity, or a number like this one.
_LEAST = -9999.0
_TOKENS = {"high": "high", "medium": "medium", "low": "low", "高": "high", "中": "medium", "低": "low"}


def logits_of(logprobs: Mapping[str, float] | None) -> tuple[float, float, float] | None:
    """Take the log-probabilities of the three levels; spellings of one level add up.

    A level that the server did not list cannot be above the least that it listed: it gets that. None where no level is
    listed.
    """
    if not logprobs:
        return None
    found: dict[str, float] = {}
    for token, value in logprobs.items():
        level = _TOKENS.get(token.strip("▁Ġ \n\t\"'*.").casefold())
        if level is not None and value < math.inf:
            found[level] = float(np.logaddexp(found.get(level, -math.inf), value))
    if max(found.values(), default=-math.inf) == -math.inf:
        return None
    found = {level: max(value, _LEAST) for level, value in found.items()}
    least = max(min(value for value in logprobs.values() if value < math.inf), _LEAST)
    high, medium, low = (found.get(level, least) for level in LEVELS)
    return high, medium, low


def softmax(logits: Floats) -> Floats:
    """Shapes: [n, 3] -> [n, 3]."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Floats = shifted / shifted.sum(axis=-1, keepdims=True)
    return probabilities


def scores(probabilities: Floats, weights: Sequence[float] = WEIGHTS) -> Floats:
    """Weight the levels. Shapes: [n, 3] -> [n]."""
    return probabilities @ np.asarray(weights, dtype=np.float64)


def argmax_levels(logits: Floats) -> list[str]:
    """Name the level with the highest logit."""
    return [LEVELS[place] for place in logits.argmax(axis=-1)]


def thirds(values: Floats) -> list[str]:
    """Cut scores at 1/3 and 2/3."""
    return [level_of_share(float(value)) for value in values]


def clustered(values: Floats, *, seed: int = 0) -> list[str]:
    """Cluster scores in three by k-means and name the clusters by their order.

    With two distinct scores there are two clusters, low and high; with one, all are medium: nothing tells them apart.
    """
    distinct = len(np.unique(values))
    names: tuple[str, ...] = {0: (), 1: ("medium",), 2: ("low", "high")}.get(distinct, ("low", "medium", "high"))
    if len(names) < 2:
        return [*names] * len(values)
    from sklearn.cluster import KMeans  # noqa: PLC0415 - slow, and only suite qbench clusters

    with threadpool_limits(1):  # threads that wait for each other cost more than this little work
        found = KMeans(len(names), n_init=10, random_state=seed).fit(values[:, None])
    order: NDArray[np.int64] = np.argsort(found.cluster_centers_.ravel())
    rank = {int(cluster): place for place, cluster in enumerate(order)}
    return [names[rank[int(label)]] for label in found.labels_]
