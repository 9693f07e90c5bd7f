"""Are two models different? Paired tests on the items that both were asked.

In: two results. Out: one row per task and figure, as `score` gives them: both values, their difference with its
interval, p by the paired bootstrap (patients resampled, the same for both) and, for right-or-wrong figures, by
McNemar's exact test; all p of a comparison are corrected by Holm.
Source: Efron 1979; McNemar 1947; Holm 1979.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.stats import binomtest

from benchmark.metrics.columns import Floats
from benchmark.records import Suite
from benchmark.score import all_groups
from benchmark.statistics.bootstrap import Estimate, estimate, interval_of
from benchmark.statistics.groups import Block, Group
from benchmark.stored import Stored, blocks_of
from schemas.errors import ConfigError

COMPARISON = pa.schema(
    [
        *(pa.field(name, pa.string(), False) for name in ("task", "figure")),
        pa.field("a", pa.float64(), True, {"comment": "figure of the first model"}),
        pa.field("b", pa.float64(), True, {"comment": "figure of the second"}),
        pa.field("difference", pa.float64(), True, {"comment": "b - a"}),
        pa.field("low", pa.float64(), True, {"comment": "lower end of the 95 % interval of the difference"}),
        pa.field("high", pa.float64(), True),
        pa.field("p_bootstrap", pa.float64(), True, {"comment": "paired bootstrap, two-sided"}),
        pa.field(
            "p_mcnemar", pa.float64(), True, {"comment": "exact; for figures of right or wrong, items as independent"}
        ),
        pa.field("p_holm", pa.float64(), True, {"comment": "p_bootstrap, corrected over all rows"}),
        pa.field("better", pa.string(), False, {"comment": "a, b, or - where the corrected p is 0.05 or more"}),
        pa.field("n_items", pa.int64(), False),
    ]
)
ALPHA = 0.05


def common_items(a: Stored, b: Stored) -> list[str]:
    """List the items that both were asked.

    Raises: ConfigError where suite or mode differ, or there are none.
    """
    for name in ("suite", "mode"):
        if a.facts[name] != b.facts[name]:
            raise ConfigError(f"{a.name} and {b.name} differ in {name}: {a.facts[name]} and {b.facts[name]}")
    asked = {row["item_id"] for row in b.items}
    found = [row["item_id"] for row in a.items if row["item_id"] in asked]
    if not found:
        raise ConfigError(f"{a.name} and {b.name} have no item in common")
    return found


def compare(a: Stored, b: Stored, *, resamples: int = 1000, seed: int = 0) -> pa.Table:
    """Compare two results (``COMPARISON``)."""
    item_ids = common_items(a, b)
    suite = Suite(a.facts["suite"])
    left, right = (_estimates(blocks_of(one, item_ids), suite, resamples, seed) for one in (a, b))
    rows = [_row(left[key], right[key]) for key in left if key in right]
    corrected = holm([row["p_bootstrap"] for row in rows])
    for row, p in zip(rows, corrected, strict=True):
        sure = p is not None and p < ALPHA
        row |= {"p_holm": p, "better": row.pop("ahead") if sure else "-"}
    return pa.Table.from_pylist(rows, schema=COMPARISON)


def _estimates(
    blocks: Sequence[Block], suite: Suite, resamples: int, seed: int
) -> dict[tuple[str, str], tuple[Estimate, Floats]]:
    found = estimate(blocks, _compared(blocks, suite), resamples=resamples, seed=seed)
    return {(one.group.task, one.group.figure): (one, _per_item(one.group)) for one in found}


def _compared(blocks: Sequence[Block], suite: Suite) -> list[Group]:
    """List the figures of tasks; those of all items where a task has none (EchoVLM's, of items without a system)."""
    groups = all_groups(blocks, suite)
    of_scope = [{(one.task, one.figure): one for one in groups if one.scope == scope} for scope in ("pooled", "task")]
    return list((of_scope[0] | of_scope[1]).values())


def _per_item(group: Group) -> Floats:
    """Give the items' own values, block after block; an item of several systems once."""
    values = ((cell.figure.per_item(), cell.mask) for cell in group.members)
    return np.concatenate([own if mask is None else own[mask] for own, mask in values])


def _row(left: tuple[Estimate, Floats], right: tuple[Estimate, Floats]) -> dict[str, Any]:
    (a, a_items), (b, b_items) = left, right
    figure = a.group.cells[0].figure
    differences = b.replicates - a.replicates
    low, high = interval_of(differences)
    gain = b.value - a.value
    return {
        **{"task": a.group.task, "figure": a.group.figure, "a": _known(a.value), "b": _known(b.value)},
        **{"difference": _known(gain), "low": _known(low), "high": _known(high)},
        "p_bootstrap": bootstrap_p(differences),
        "p_mcnemar": mcnemar(a_items, b_items) if figure.binary else None,
        "ahead": "b" if (gain > 0) == figure.higher_is_better else "a",
        "n_items": a.n_items,
    }


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def bootstrap_p(differences: Floats) -> float | None:
    """Give the two-sided p of resampled differences: how often they lie on the other side of 0."""
    held = differences[np.isfinite(differences)]
    if held.size == 0:
        return None
    side = min(int((held <= 0).sum()), int((held >= 0).sum()))
    return min(1.0, 2 * (side + 1) / (held.size + 1))


def mcnemar(a: Floats, b: Floats) -> float | None:
    """Give the exact p of discordant pairs; 1 where there are none."""
    both = np.isfinite(a) & np.isfinite(b)
    only_a, only_b = int(((a == 1) & (b == 0) & both).sum()), int(((a == 0) & (b == 1) & both).sum())
    return 1.0 if only_a + only_b == 0 else float(binomtest(only_a, only_a + only_b, 0.5).pvalue)


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Correct p values for their number; None stays None."""
    known = sorted((p, place) for place, p in enumerate(values) if p is not None)
    corrected: list[float | None] = [None] * len(values)
    most = 0.0
    for rank, (p, place) in enumerate(known):
        most = max(most, min(1.0, p * (len(known) - rank)))
        corrected[place] = most
    return corrected
