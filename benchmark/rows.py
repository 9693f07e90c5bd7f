"""Rows of the results: scores, statuses, items. The schemas of what is written and read again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from benchmark.metrics.columns import Figure, Floats
from benchmark.records import Mode, Status, Suite
from benchmark.statistics.bootstrap import Estimate, patients_of
from benchmark.statistics.groups import Block

SCORE = pa.schema(
    [
        pa.field("model", pa.string(), False, {"comment": "model that answered"}),
        pa.field("suite", pa.string(), False, {"comment": "u2, qbench, echovlm, grounded"}),
        pa.field("mode", pa.string(), False, {"comment": "compat or strict"}),
        pa.field("scope", pa.string(), False, {"comment": "overall, task, dataset, pooled, anatomy, visible, prompts"}),
        pa.field("task", pa.string(), False, {"comment": "task"}),
        pa.field("name", pa.string(), False, {"comment": "dataset, anatomy or part of the items"}),
        pa.field("figure", pa.string(), False, {"comment": "accuracy, BLEU-4, …"}),
        pa.field("value", pa.float64(), True, {"comment": "the figure; null: nothing to compute"}),
        pa.field("low", pa.float64(), True, {"comment": "lower end of the 95 % interval"}),
        pa.field("high", pa.float64(), True, {"comment": "upper end"}),
        pa.field("n_items", pa.int64(), False, {"comment": "items of the group, whatever their status"}),
        pa.field("n_scored", pa.int64(), False, {"comment": "of them in the denominator, as the mode says"}),
        pa.field("n_patients", pa.int64(), False, {"comment": "what was resampled"}),
        pa.field("higher_is_better", pa.bool_(), False, {"comment": "direction of the figure"}),
    ]
)
STATUS = pa.schema(
    [
        *(pa.field(name, pa.string(), False) for name in ("task", "dataset", "status")),
        pa.field("right", pa.bool_(), True, {"comment": "for answered items of a task with right and wrong"}),
        pa.field("n_items", pa.int64(), False),
    ]
)
_PAIR = pa.struct([("figure", pa.string()), ("sums", pa.list_(pa.float64()))])
ITEM = pa.schema(
    [
        *(pa.field(name, pa.string(), False) for name in ("item_id", "task", "dataset")),
        pa.field("patient", pa.string(), False, {"comment": "what is resampled: the patient, else the item"}),
        pa.field("anatomy", pa.string(), False),
        pa.field("status", pa.string(), False, {"comment": "answered, refused, unparsable, missing"}),
        pa.field("why", pa.string(), False, {"comment": "why an answer is unparsable"}),
        pa.field("stated", pa.string(), True, {"comment": "what the answer states, for labels and numbers"}),
        pa.field("gold", pa.string(), True, {"comment": "what is true, for labels and numbers"}),
        pa.field("score", pa.float64(), True, {"comment": "the item's first figure by itself"}),
        pa.field("sums", pa.list_(_PAIR), False, {"comment": "what the item adds to each figure that can be pooled"}),
        pa.field("p", pa.list_(pa.float64()), True, {"comment": "probabilities of high, medium, low (QBench)"}),
    ]
)
_SHOWN_CHARS = 80


def score_row(model: str, suite: Suite, mode: Mode, one: Estimate) -> dict[str, Any]:
    """Give the row of a group; what is NaN becomes null."""
    low, high = one.interval
    group = one.group
    return {
        **{"model": model, "suite": suite.value, "mode": mode.value},
        **{"scope": group.scope, "task": group.task, "name": group.name, "figure": group.figure},
        **{"value": _known(one.value), "low": _known(low), "high": _known(high)},
        **{"n_items": one.n_items, "n_scored": one.n_scored, "n_patients": one.n_patients},
        "higher_is_better": group.cells[0].figure.higher_is_better,
    }


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None


def status_rows(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """Count statuses: refused, unparsable, missing, and answered right or wrong where a task knows that."""
    counts: Counter[tuple[str, str, str, bool | None]] = Counter()
    for block in blocks:
        right = _right(block)
        for parsed, own in zip(block.parsed, right, strict=True):
            known = own if parsed.status is Status.ANSWERED else None
            counts[block.task, block.dataset, parsed.status.value, known] += 1
    return [
        {"task": task, "dataset": dataset, "status": status, "right": right, "n_items": n}
        for (task, dataset, status, right), n in sorted(counts.items(), key=lambda one: tuple(map(str, one[0])))
    ]


def _right(block: Block) -> list[bool | None]:
    first = block.figures[0] if block.figures else None
    if first is None or not first.binary:
        return [None] * len(block.items)
    return [None if np.isnan(value) else bool(value) for value in first.per_item()]


def item_rows(blocks: Sequence[Block], probabilities: Mapping[str, Floats]) -> list[dict[str, Any]]:
    """Give one row per item, with what it adds to each figure."""
    rows = []
    for block in blocks:
        first = block.figures[0].per_item() if block.figures else np.full(len(block.items), np.nan)
        kept = [figure for figure in block.figures if figure.poolable and isinstance(figure.sums, np.ndarray)]
        patients = patients_of(block)
        for place, (item, parsed) in enumerate(zip(block.items, block.parsed, strict=True)):
            p = probabilities.get(item.item_id)
            rows.append(
                {
                    **{"item_id": item.item_id, "task": block.task, "dataset": block.dataset},
                    **{
                        "patient": patients[place].lstrip("\x00"),
                        "anatomy": item.anatomy,
                        "status": parsed.status.value,
                    },
                    **{
                        "why": parsed.why,
                        "stated": _stated(parsed.value),
                        "gold": _stated(item.gold),
                        "score": _known(float(first[place])),
                    },
                    "sums": [_sums(figure, place) for figure in kept],
                    "p": None if p is None or np.isnan(p).any() else [float(one) for one in p],
                }
            )
    return rows


def _sums(figure: Figure, place: int) -> dict[str, Any]:
    return {"figure": figure.name, "sums": [float(one) for one in figure.sums[place]]}


def _stated(value: object) -> str | None:
    """Show a label or number; reports and shapes are not shown."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value)
    return text if len(text) <= _SHOWN_CHARS else None
