"""Score the answers of one model: `sonocurate bench score`.

In: gold, answers, the suite and the mode. Out: a ``Result``: every figure with its interval, the statuses, what was
wrong with the input, and one row per item.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmark.metrics.columns import Floats
from benchmark.metrics.text.texts import TextTools
from benchmark.metrics.u2_score import WEIGHTS, u2_score
from benchmark.read.answers import match, read_answers
from benchmark.read.faults import Fault, Faults
from benchmark.read.gold import read_gold
from benchmark.records import AnswerRow, Item, Mode, Status, Suite
from benchmark.rows import ITEM, STATUS, item_rows, score_row, status_rows
from benchmark.statistics.bootstrap import Estimate, estimate, interval_of
from benchmark.statistics.groups import Block, Cell, Group, groups_of
from benchmark.suites import echovlm, grounded, qbench, u2
from schemas.errors import ConfigError

#: Figure of a task -> its place in the U2-Score.
_U2 = {
    **{(task, "acc"): f"{task}_acc" for task in ("DD", "VRA", "LL", "OD", "KD")},
    **{("CVE", "RMSE"): "CVE_RMSE", ("RG", "BLEU4"): "RG_BLEU4", ("CG", "BLEU4"): "CG_BLEU4"},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be scored, and how."""

    suite: Suite
    gold: Path
    answers: Path
    mode: Mode = Mode.STRICT
    model: str = "model"
    resamples: int = 1000
    seed: int = 0
    tools: TextTools = field(default_factory=TextTools)


@dataclass
class Result:
    """What came of it. ``scores`` has one row per figure and group, ``items`` one per item."""

    asked: Asked
    scores: list[dict[str, Any]]
    statuses: list[dict[str, Any]]
    items: list[dict[str, Any]]
    faults: Faults
    notes: list[str]
    u2_figures: dict[str, float | None] = field(default_factory=dict)

    def item_table(self) -> pa.Table:
        """Give one row per item."""
        return pa.Table.from_pylist(self.items, schema=ITEM)

    def status_table(self) -> pa.Table:
        """Give one row per task, dataset and status."""
        return pa.Table.from_pylist(self.statuses, schema=STATUS)


def score(asked: Asked, progress: Callable[[int], None] | None = None) -> Result:
    """Read and score.

    Raises: ConfigError for files that cannot be read, or where no answer is for any item.
    """
    faults = Faults()
    items = read_gold(asked.gold, asked.suite, faults)
    answers = read_answers(asked.answers, faults)
    if not any(item.item_id in answers for item in items):
        raise ConfigError(
            f"{asked.answers.name}: no id is one of {asked.gold.name} (its first is {items[0].item_id!r}): "
            "`sonocurate bench tasks` lists them"
        )
    rows = match([item.item_id for item in items], answers, faults)
    blocks, notes = blocks_of(items, rows, asked, faults)
    if not blocks:
        raise ConfigError(f"{asked.gold.name} holds no task of suite {asked.suite.value}")
    return result_of(blocks, answers, asked, faults, notes, progress)


def blocks_of(
    items: Sequence[Item], answers: Sequence[AnswerRow | None], asked: Asked, faults: Faults
) -> tuple[list[Block], list[str]]:
    """Score the items of each task and dataset by themselves."""
    members: dict[tuple[str, str, bool], list[tuple[Item, AnswerRow | None]]] = {}
    for item, answer in zip(items, answers, strict=True):
        members.setdefault((item.task, item.dataset, bool(item.options)), []).append((item, answer))
    if asked.suite is not Suite.ECHOVLM:
        merged: dict[tuple[str, str, bool], list[tuple[Item, AnswerRow | None]]] = {}
        for (task, dataset, _), rows in members.items():
            merged.setdefault((task, dataset, True), []).extend(rows)
        members = merged
    blocks, notes = [], []
    for rows in members.values():
        block, more = _block([item for item, _ in rows], [answer for _, answer in rows], asked, faults)
        notes += more
        if block is not None:
            blocks.append(block)
    return blocks, list(dict.fromkeys(notes))


def _block(
    items: Sequence[Item], answers: Sequence[AnswerRow | None], asked: Asked, faults: Faults
) -> tuple[Block | None, list[str]]:
    match asked.suite:
        case Suite.U2:
            return u2.score_block(items, answers, asked.mode, faults, asked.tools)
        case Suite.ECHOVLM:
            return echovlm.score_block(items, answers, asked.mode, asked.tools)
        case Suite.QBENCH:
            return qbench.score_block(items, answers), []
        case _:
            block = grounded.score_block(items, answers)
            for item in items if block is None else ():
                faults.note(Fault.UNKNOWN_TASK, item.item_id)
            return block, []


def result_of(
    blocks: Sequence[Block],
    answers: Mapping[str, AnswerRow],
    asked: Asked,
    faults: Faults,
    notes: list[str],
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Compute all groups with their intervals, and what follows from them."""
    groups = all_groups(blocks, asked.suite)
    estimates = estimate(blocks, groups, resamples=asked.resamples, seed=asked.seed, progress=progress)
    scores = [score_row(asked.model, asked.suite, asked.mode, one) for one in estimates]
    figures: dict[str, float | None] = {}
    if asked.suite is Suite.U2:
        extra, figures = _u2_rows(estimates)
    else:
        extra = list(_spread_rows(estimates)) if asked.suite is Suite.QBENCH else []
    scores += [{"model": asked.model, "suite": asked.suite.value, "mode": asked.mode.value, **row} for row in extra]
    probabilities = {}
    if asked.suite is Suite.QBENCH:
        ids = [item.item_id for block in blocks for item in block.items]
        found = qbench.probabilities([answers.get(item_id) for item_id in ids])
        probabilities = dict(zip(ids, found, strict=True))
    return Result(asked, scores, status_rows(blocks), item_rows(blocks, probabilities), faults, notes, figures)


def all_groups(blocks: Sequence[Block], suite: Suite) -> list[Group]:
    """List the groups of a suite; EchoVLM's task is the mean over systems, not over datasets."""
    groups = groups_of(blocks, mean_tasks=suite is not Suite.ECHOVLM)
    if suite is not Suite.ECHOVLM:
        return groups
    by_system: dict[tuple[str, str], list[Cell]] = {}
    for group in groups:
        if group.scope == "anatomy" and len(group.cells) == 1:
            by_system.setdefault((group.task, group.figure), []).append(group.cells[0])
    means = [
        Group("task", task, "mean over systems", figure, tuple(cells)) for (task, figure), cells in by_system.items()
    ]
    return [*groups, *means]


def _u2_rows(estimates: Sequence[Estimate]) -> tuple[list[dict[str, Any]], dict[str, float | None]]:
    """Compute the U2-Score and its interval from the means over datasets."""
    held = {
        _U2[one.group.task, one.group.figure]: one
        for one in estimates
        if one.group.scope == "task" and (one.group.task, one.group.figure) in _U2
    }
    figures = {name: held[name].value if name in held else None for name in WEIGHTS}
    count = min((len(one.replicates) for one in held.values()), default=0)
    replicates: Floats = np.array(
        [
            u2_score({name: float(held[name].replicates[place]) if name in held else None for name in WEIGHTS})
            for place in range(count)
        ]
    )
    low, high = interval_of(replicates)
    row = {
        **{"scope": "overall", "task": "all", "name": "U2-Score", "figure": "U2_Score", "value": u2_score(figures)},
        **{"low": low, "high": high, "n_items": sum(one.n_items for one in held.values())},
        "n_scored": sum(one.n_scored for one in held.values()),
        **{"n_patients": max((one.n_patients for one in held.values()), default=0), "higher_is_better": True},
    }
    return [row], figures


def _spread_rows(estimates: Sequence[Estimate]) -> Iterator[dict[str, Any]]:
    """Say how far the accuracies of a dataset lie apart over the prompts: largest minus smallest, and deviation."""
    by_dataset: dict[tuple[str, str], list[Estimate]] = {}
    for one in estimates:
        if one.group.scope == "dataset" and one.group.task != qbench.COMPARATIVE:
            by_dataset.setdefault((one.group.name, one.group.figure), []).append(one)
    for (dataset, figure), held in by_dataset.items():
        if len(held) < 2:
            continue
        values = np.array([one.value for one in held])
        resampled = np.stack([one.replicates for one in held])
        for name, of in (("range", np.ptp), ("SD", np.std)):
            low, high = interval_of(np.asarray(of(resampled, axis=0)))
            yield {
                **{"scope": "prompts", "task": "spread over prompts", "name": dataset, "figure": f"{figure} {name}"},
                **{"value": float(of(values)), "low": low, "high": high, "n_items": sum(one.n_items for one in held)},
                "n_scored": sum(one.n_scored for one in held),
                **{"n_patients": max(one.n_patients for one in held), "higher_is_better": False},
            }


def counts_of(result: Result) -> Counter[str]:
    """Count the statuses of all items."""
    counts: Counter[str] = Counter({status.value: 0 for status in Status})
    for row in result.statuses:
        counts[row["status"]] += row["n_items"]
    return counts
