"""Can it learn? A tiny model learns 32 rows of stage 1, 32 of stage 2, and 16 outlines by heart; the load stays even."""

import csv
from collections import defaultdict

import pytest

pytest.importorskip("peft")

import torch

from schemas.training import Experts, Lora, Stage, Training
from training.checkpoint import latest, load_trained
from training.data import batches, moved, open_release, samples_of
from training.grounded import predicted
from training.loop import objective_of, train
from training.model import sizes
from training.rows import Order
from training.tiny import write_tiny

pytestmark = pytest.mark.train
EXPERTS = Experts(width=192, shared_width=384)


@pytest.fixture(scope="module", autouse=True)
def one_core():
    """Matrices this small are slower on two cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def base(release, tmp_path_factory):
    import pyarrow.parquet as pq

    rows = [
        row
        for view in ("stage1", "stage2")
        for row in pq.read_table(next((release / view).glob("train-*"))).to_pylist()
    ]
    texts = [text for row in rows for text in (row["question"], row["answer"]) if text]
    return write_tiny(tmp_path_factory.mktemp("overfit"), texts, hidden=128)


def settings(base, out, **more):
    given = {"release": "small", "batch": 8, "workers": 0, "learning_rate": 3e-3, "checkpointing": False}
    return Training(model=base, out=out, **given | {"save_every": 1000, "experts": EXPERTS} | more)


@pytest.mark.parametrize("stage", ["1", "2"])
def test_thirty_two_rows_are_learned(release, base, tmp_path, stage):
    config = settings(base, tmp_path / "run", max_rows=32, max_steps=60)
    assert sizes(objective_of(config, Stage(stage), lambda _line: None))[0] <= 5_000_000
    train(config, Stage(stage), release, allow_demo=True, tell=lambda _line: None)
    with (config.out / "log.csv").open() as file:
        log = list(csv.DictReader(file))
    first, last = float(log[0]["text"]), sum(float(row["text"]) for row in log[-4:]) / 4
    assert last <= 0.2 * first
    load = defaultdict(list)
    with (config.out / "router.csv").open() as file:
        for row in csv.DictReader(file):
            load[row["expert"]].append(float(row["share"]))
    assert len(load) == 4
    shares = [[float(row[f"load_{expert}"]) for row in log[10:]] for expert in range(4)]
    assert all(0.1 <= share <= 0.4 for its in shares for share in its)


def test_sixteen_outlines_are_learned(grounded_release, base, tmp_path):
    folder, masks = grounded_release
    config = settings(base, tmp_path / "run", max_steps=120, batch=8)
    train(config, Stage.GROUNDED, folder, allow_demo=True, tell=lambda _line: None)
    objective = objective_of(config, Stage.GROUNDED, lambda _line: None).eval()
    load_trained(objective, latest(config.out))
    samples = samples_of(open_release(folder, allow_demo=True), config, Stage.GROUNDED)
    order = Order(16, 16)
    found = predicted(objective, moved(next(batches(samples, order)), "cpu"), [(112, 112)] * 16)
    overlaps = []
    for one, number in zip(found, next(order.of_rank(0)), strict=True):
        mask = torch.from_numpy(masks[number]).bool()
        overlaps.append(((one & mask).sum() / (one | mask).sum()).item())
    assert sum(overlaps) / 16 >= 0.9
    assert Lora().rank == 8
