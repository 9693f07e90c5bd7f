"""Kept pairs divided over worker processes or Dask actors: the decisions are those of one process."""

import random

import pyarrow as pa
import pytest

from curation.dedup.deduplicate import deduplicate
from curation.dedup.memory import Memory
from flows.scale.workers import Choice, Workers
from schemas.config import Deduplicate
from schemas.instruction import DEDUP_INPUT
from schemas.run import Run

PAIRS, CHUNKS = 240, 4
WORDS = [
    "liver",
    "kidney",
    "thyroid",
    "cyst",
    "nodule",
    "left",
    "right",
    "upper",
    "lower",
    "pole",
    "mm",
    "cm",
    "normal",
    "enlarged",
    "shadow",
    "flow",
    "wall",
]


def chunks():
    rng = random.Random(5)
    rows = []
    for at in range(PAIRS):
        text = " ".join(rng.choices(WORDS, k=9))
        if rows and rng.random() < 0.4:
            text = rng.choice(rows)["text"] + rng.choice(["", " mm"])
        row = {"instance_id": f"c{at:04d}/x", "case_id": f"c{at:04d}", "site": "s", "text": text, "exempt": False}
        rows.append({**row, "twin_of": None, "systems": ["liver"]})
    size = PAIRS // CHUNKS
    return [pa.Table.from_pylist(rows[at : at + size], schema=DEDUP_INPUT) for at in range(0, PAIRS, size)]


def decided(kind):
    """Deduplicate chunk after chunk, as the flow does, on two workers of a kind."""
    from curation.dedup.decide import rule_of

    config = Deduplicate()
    with Workers(Choice(kind, 2, Run(task_runner=kind))) as workers:
        memory = Memory.of(config, _none(), expected=PAIRS, pool=workers.pool(rule_of(config), PAIRS))
        found = [deduplicate(chunk, config=config, pool=memory) for chunk in chunks()]
    return [(one.kept.to_pylist(), one.rejected.to_pylist(), one.byproducts["duplicates"].to_pylist()) for one in found]


def _none():
    from schemas.instruction import KEPT

    return KEPT.empty_table()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["processes", "dask"])
def test_a_divided_pool_decides_as_one_process(kind):
    alone = decided("threads")
    assert sum(len(rejected) for _, rejected, _ in alone) > 20
    assert decided(kind) == alone
