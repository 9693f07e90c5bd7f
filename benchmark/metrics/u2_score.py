"""The U2-Score: one number from the figures of the eight tasks of U2-BENCH.

In: figures by task (accuracies and RMSE as shares, BLEU-4 as percent). Out: the score.
Source: U2-BENCH (ICLR 2026), overall score and its weights; the public leaderboard.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from schemas.errors import ConfigError

#: Figure -> weight. Together 1.
WEIGHTS: dict[str, float] = {
    **{"DD_acc": 0.20, "VRA_acc": 0.20, "LL_acc": 0.07, "OD_acc": 0.27},
    **{"KD_acc": 0.07, "CVE_RMSE": 0.07, "RG_BLEU4": 0.08, "CG_BLEU4": 0.04},
}
#: Scenarios (datasets) of each task: the weights "by scenario".
SCENARIOS = {
    "DD_acc": 13,
    "VRA_acc": 10,
    "LL_acc": 5,
    "OD_acc": 13,
    "KD_acc": 1,
    "CVE_RMSE": 5,
    "RG_BLEU4": 1,
    "CG_BLEU4": 2,
}
_DECIMALS = 6
#: No figure is so large; NaN is not below it either.
_ABSURD = 1e9


def terms(figures: Mapping[str, float | None]) -> dict[str, float]:
    """Give the term of every task in [0, 1]; a task without a figure gives 0."""
    found = {}
    for name in WEIGHTS:
        value = figures.get(name)
        if value is None or math.isnan(value):
            found[name] = 0.0
        else:
            raw = 1 - value if name == "CVE_RMSE" else value / 100 if name.endswith("BLEU4") else value
            found[name] = min(1.0, max(0.0, raw))
    return found


def u2_score(figures: Mapping[str, float | None], weights: Mapping[str, float] = WEIGHTS) -> float:
    """Weight the terms of all tasks."""
    found = terms(figures)
    return sum(weights[name] * found[name] for name in WEIGHTS)


def score_rows(rows: object) -> list[dict[str, Any]]:
    """Add ``U2_Score`` to a list of {"model", figures}.

    Raises: ConfigError that names the row and the key.
    """
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigError('figures: must be a list of {"model", "DD_acc", …}')
    return [
        {**row, "U2_Score": round(u2_score(_checked(row, number)), _DECIMALS)} for number, row in enumerate(rows, 1)
    ]


def _checked(row: Mapping[str, Any], number: int) -> dict[str, float | None]:
    figures: dict[str, float | None] = {}
    for name in WEIGHTS:
        value = row.get(name)
        if value is not None and not _is_figure(value):
            raise ConfigError(f"figures: row {number}: {name} must be a number or null")
        figures[name] = None if value is None else float(value)
    if not any(name in row for name in WEIGHTS):
        raise ConfigError(f"figures: row {number} has none of {', '.join(WEIGHTS)}")
    return figures


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _ABSURD


def other_weights() -> dict[str, dict[str, float]]:
    """List the alternatives to the published weights: equal, by scenario, and without each task."""
    names: Sequence[str] = list(WEIGHTS)
    total = sum(SCENARIOS.values())
    found = {
        "equal": {name: 1 / len(names) for name in names},
        "by scenario": {name: SCENARIOS[name] / total for name in names},
    }
    for left_out in names:
        rest = 1 - WEIGHTS[left_out]
        found[f"without {left_out}"] = {name: 0.0 if name == left_out else WEIGHTS[name] / rest for name in names}
    return found
