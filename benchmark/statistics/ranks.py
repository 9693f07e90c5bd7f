"""How much do the ranks of models depend on the weights of the tasks?

In: task figures of models. Out: scores and ranks under other weights, Kendall's tau with the published order, and how
often each model leads under random weights.
Source: Kendall 1938; uniform weights on the simplex (Dirichlet).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import kendalltau, rankdata

from benchmark.metrics.columns import Floats
from benchmark.metrics.u2_score import WEIGHTS, other_weights, terms, u2_score

DRAWS = 1000


def rank_table(models: Mapping[str, Mapping[str, float | None]]) -> list[dict[str, Any]]:
    """Give one row per set of weights and model: score, rank, and the tau of the set with the published order."""
    published = np.array([u2_score(figures) for figures in models.values()])
    rows = []
    for name, weights in {"published": dict(WEIGHTS), **other_weights()}.items():
        scored = np.array([u2_score(figures, weights) for figures in models.values()])
        tau = tau_of(published, scored)
        for model, value, rank in zip(models, scored, ranks(scored), strict=True):
            rows.append({"weights": name, "model": model, "score": float(value), "rank": int(rank), "tau": tau})
    return rows


def ranks(scored: Floats) -> Floats:
    """Rank scores, the highest first; equal ones share the better rank."""
    return np.asarray(rankdata(-scored, method="min"), dtype=np.float64)


def tau_of(one: Floats, other: Floats) -> float | None:
    """Give Kendall's tau; None for fewer than two models or where all are equal."""
    if len(one) < 2:
        return None
    tau = float(kendalltau(one, other).statistic)
    return tau if np.isfinite(tau) else None


def random_ranks(models: Mapping[str, Mapping[str, float | None]], *, seed: int = 0) -> list[dict[str, Any]]:
    """Give for each model how often it leads, and its best, median and worst rank, over random weights."""
    names: Sequence[str] = list(models)
    matrix = np.array([[terms(models[model])[name] for name in WEIGHTS] for model in names])
    drawn = np.random.default_rng(seed).dirichlet(np.ones(len(WEIGHTS)), size=DRAWS)
    placed = np.stack([ranks(row) for row in drawn @ matrix.T])
    return [
        {
            "model": model,
            "first": float((placed[:, place] == 1).mean()),
            "best": int(placed[:, place].min()),
            "median": float(np.median(placed[:, place])),
            "worst": int(placed[:, place].max()),
        }
        for place, model in enumerate(names)
    ]
