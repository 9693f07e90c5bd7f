"""Which items are hard, and which tell good models from bad ones.

In: results of several models. Out: per item of a task with right and wrong: the share of models that are right, and the
correlation of being right with the model's accuracy on all other items.
Source: classical test theory: item difficulty and corrected item-total correlation.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmark.metrics.known import BINARY
from benchmark.stored import Stored

#: With fewer models a correlation says nothing.
_LEAST_MODELS = 4


def difficulty(results: Sequence[Stored]) -> list[dict[str, Any]]:
    """Give one row per item that all models were asked, the hardest first."""
    tables = [
        {row["item_id"]: row for row in one.items if row["score"] is not None and _binary(row)} for one in results
    ]
    shared = [item_id for item_id in tables[0] if all(item_id in table for table in tables)] if tables else []
    if not shared:
        return []
    right = np.array([[table[item_id]["score"] for item_id in shared] for table in tables])
    links = _correlations(right)
    rows = []
    for place, item_id in enumerate(shared):
        row = tables[0][item_id]
        rows.append(
            {
                **{"item_id": item_id, "task": row["task"], "dataset": row["dataset"], "anatomy": row["anatomy"]},
                **{"share_right": float(right[:, place].mean()), "n_models": len(tables), "correlation": links[place]},
            }
        )
    return sorted(rows, key=lambda row: (row["share_right"], row["item_id"]))


def _binary(row: dict[str, Any]) -> bool:
    return bool(row["sums"]) and row["sums"][0]["figure"] in BINARY


def _correlations(right: "np.ndarray[Any, np.dtype[np.float64]]") -> list[float | None]:
    """Correlate each item with the rest. Shapes: [models, items] -> items."""
    n_models, n_items = right.shape
    if n_models < _LEAST_MODELS or n_items < 2:
        return [None] * n_items
    rest = (right.sum(axis=1, keepdims=True) - right) / (n_items - 1)
    own, other = right - right.mean(axis=0), rest - rest.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = (own * other).sum(axis=0) / np.sqrt((own**2).sum(axis=0) * (other**2).sum(axis=0))
    return [float(value) if np.isfinite(value) else None for value in values]


def summary(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Count by task: items that every model gets right, none, or some."""
    found = []
    for task in dict.fromkeys(row["task"] for row in rows):
        shares = [row["share_right"] for row in rows if row["task"] == task]
        found.append(
            {
                **{"task": task, "n_items": len(shares), "all right": sum(share == 1 for share in shares)},
                **{"none right": sum(share == 0 for share in shares), "mean share right": float(np.mean(shares))},
            }
        )
    return found
