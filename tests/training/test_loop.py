"""A run from the command line: what it writes, what it refuses, and what a kill does to it (nothing)."""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("peft")

import torch
from accelerate.state import AcceleratorState
from accelerate.utils import set_seed

from flows.cli import main
from schemas.load import load_training
from schemas.training import Stage
from tests.training.conftest import changed, sealed
from training.checkpoint import STATE, latest, written
from training.data import batches, moved, open_release, samples_of
from training.journal import forget
from training.loop import _precision, objective_of
from training.rows import Order

pytestmark = pytest.mark.train
ROOT = Path(__file__).parents[2]


@pytest.fixture
def toml(release, tiny, tmp_path):
    """Give a function that writes the TOML of a run."""

    def write(name="run", **settings):
        values = {"model": str(tiny), "release": str(release), "out": str(tmp_path / name), "batch": 4, "workers": 0}
        values |= {"max_steps": 6, "save_every": 2} | settings
        lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        path = tmp_path / f"{name}.toml"
        path.write_text("\n".join([*lines, "[experts]", "width = 32", "shared_width = 64"]), encoding="utf-8")
        return path

    return write


@pytest.fixture
def run(toml, monkeypatch, capsys):
    """Give a function that runs `sonocurate train` here: importing torch takes ten times as long as the run."""

    def start(*options, stage="1", **settings):
        arguments = ["sonocurate", "train", "--stage", stage, "--config", str(toml(**settings)), *options]
        monkeypatch.setattr(sys, "argv", arguments)
        AcceleratorState._reset_state(reset_partial_state=True)  # a process has one precision; a command is a process
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        return code, *capsys.readouterr()

    return start


def started(path, *launcher, stage="1", env=()):
    """Start `sonocurate train` in a process of its own."""
    command = [sys.executable, *launcher, "-m", "flows.cli", "train", "--stage", stage, "--config", str(path)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", **dict(env)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*command, "--allow-demo"], cwd=ROOT, env=environment, **pipes)


def log_of(folder):
    with (folder / "log.csv").open() as file:
        return list(csv.DictReader(file))


def losses(folder):
    return {int(row["step"]): float(row["loss"]) for row in log_of(folder)}


def test_a_run_writes_checkpoints_logs_and_a_model(run, tmp_path):
    code, out, err = run("--allow-demo", stage="2")
    assert code == 0, err
    assert "98 rows of small/stage2, 6 steps" in out
    folder = tmp_path / "run"
    assert sorted(path.name for path in (folder / "checkpoints").iterdir()) == ["step-000004", "step-000006"]
    assert list(losses(folder)) == [1, 2, 3, 4, 5, 6]
    with (folder / "router.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6 * 2 * 4
    of_first = [row for row in rows if (row["step"], row["layer"]) == ("1", "0")]
    assert sum(float(row["share"]) for row in of_first) == pytest.approx(1)
    tokens = int(log_of(folder)[0]["tokens"])
    assert sum(int(row["tokens"]) for row in of_first) == 2 * tokens  # top 2
    assert list((folder / "tensorboard").iterdir())


def test_half_precision_keeps_what_is_trained_whole(run, tmp_path):
    from safetensors.torch import load_file

    code, _, err = run("--allow-demo", precision="bf16", max_steps=2, stage="2")
    assert code == 0, err
    assert all(5 < loss < 9 for loss in losses(tmp_path / "run").values())
    weights = load_file(tmp_path / "run" / "checkpoints" / "step-000002" / "trained.safetensors")
    assert {str(one.dtype) for one in weights.values()} == {"torch.float32"}


def test_a_killed_run_goes_on_with_the_same_losses(run, toml, tmp_path):
    """Stage 2 has dropout, so the state of the random generators counts too."""
    settings = {"max_steps": 16, "save_every": 3, "batch": 4, "accumulate": 2, "workers": 1}
    code, _, err = run("--allow-demo", stage="2", name="whole", **settings)
    assert code == 0, err
    expected = losses(tmp_path / "whole")
    path, log, after = (
        toml(name="killed", **settings),
        tmp_path / "killed" / "log.csv",
        random.Random(7).randrange(4, 14),
    )
    process = started(path, stage="2")
    while process.poll() is None and (not log.exists() or log.read_text().count("\n") <= after):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "killed" / "checkpoints" / "step-000016").exists()
    for _ in range(2):  # the second time there is nothing left to do
        code, out, err = run("--allow-demo", stage="2", name="killed", **settings)
        assert code == 0, err
        assert "going on after step" in out
        found = losses(tmp_path / "killed")
        assert found.keys() == expected.keys()
        assert max(abs(found[step] - expected[step]) for step in expected) <= 1e-5


def test_two_processes_share_the_rows_of_the_order(run, toml, release, tmp_path):
    """Every step of the log has the tokens of the rows that the order gives to both; the first has their loss."""
    folder = tmp_path / "copy" / "small"
    shutil.copytree(release, folder)
    shard = next((folder / "stage1").glob("train-*"))
    table = pq.read_table(shard)
    lengthened = [row | {"answer": row["answer"] + " lan" * at} for at, row in enumerate(table.to_pylist())]
    pq.write_table(pa.Table.from_pylist(lengthened, schema=table.schema), shard)
    path = toml(name="two", batch=2, release=str(sealed(folder)))
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2")
    out, err = started(path, *launcher, env={"ACCELERATE_USE_CPU": "true"}.items()).communicate(timeout=280)
    assert "done: " in out, err
    assert out.count("49 rows of small/stage1, 6 steps") == 1
    config = load_training(path)
    samples = samples_of(open_release(folder, allow_demo=True), config, Stage.ONE)
    order = Order(len(samples), 2, 2, config.seed, samples.rows.block)
    numbers = [[next(stream) for _ in range(6)] for stream in (order.of_rank(0), order.of_rank(1))]
    assert not {row for its in numbers[0] for row in its} & {row for its in numbers[1] for row in its}
    tokens = [sum(len(samples[row].ids) for its in numbers for row in its[step]) for step in range(6)]
    assert len(set(tokens)) > 3
    log = log_of(tmp_path / "two")
    assert [int(row["tokens"]) for row in log] == tokens
    set_seed(config.seed)
    objective = objective_of(config, Stage.ONE, lambda _line: None)
    first = [objective(moved(next(batches(samples, order, rank=rank)), "cpu"))["loss"].item() for rank in (0, 1)]
    assert abs(first[0] - first[1]) > 1e-3
    assert float(log[0]["loss"]) == pytest.approx(sum(first) / 2, abs=1e-5)
    assert len(list((tmp_path / "two" / "checkpoints" / "step-000006").glob("random_states_*"))) == 2
    code, _, err = run("--allow-demo", name="two", batch=2, release=str(folder))
    assert code == 2
    assert "holds a run with another number of processes: choose another `out`" in err


def test_another_base_of_the_same_name_is_refused(run, tiny, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(tiny, base)
    assert run("--allow-demo", model=str(base), max_steps=2)[0] == 0
    code, out, err = run("--allow-demo", model=str(base), max_steps=2)
    assert (code, "going on after step 2" in out) == (0, True), err
    changed(base)
    code, _, err = run("--allow-demo", model=str(base), max_steps=2)
    assert code == 2
    assert "holds a run with another base: choose another `out`" in err
    assert len(err.strip().splitlines()) == 1


def test_checkpoints_are_sorted_by_number(tmp_path):
    for step in (1_000_000, 999_999, 2):
        folder = tmp_path / "checkpoints" / f"step-{step:06d}"
        folder.mkdir(parents=True)
        (folder / STATE).write_text("{}")
    assert latest(tmp_path).name == "step-1000000"
    assert [path.name for path in written(tmp_path)] == ["step-000002", "step-999999", "step-1000000"]
    assert latest(tmp_path / "none") is None


def test_a_device_that_only_imitates_half_precision_is_given_whole_numbers(toml, monkeypatch):
    config = load_training(toml())
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation)
    assert _precision(config) == "no"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: True)
    assert _precision(config) == "bf16"


@pytest.mark.parametrize(
    ("options", "settings", "message"),
    [
        ((), {}, "is of tier demo"),
        (("--allow-demo",), {"stage": "3"}, "--stage must be one of 1, 2, grounded"),
        (("--allow-demo",), {"release": "none"}, "there is no release none"),
        (("--allow-demo",), {"model": "none"}, "no readable config.json"),
        (("--allow-demo",), {"stage": "grounded"}, "view grounded has no row to train on"),
        (("--allow-demo",), {"batch": 50}, "49 rows do not fill a batch of 50"),
        (("--allow-demo",), {"max_tokens": 20}, "no row to train on (too_long: 49)"),
        (("--allow-demo",), {"sped": 1}, "sped: unknown key"),
    ],
)
def test_bad_input_gets_one_line_before_the_first_step(run, tmp_path, options, settings, message):
    code, out, err = run(*options, **settings)
    assert code == 2, err
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert "step 1" not in out
    assert not (tmp_path / "run" / "log.csv").exists()


def test_missing_images_are_said_before_the_first_step(run, release, tmp_path):
    folder = tmp_path / "copy" / "small"
    shutil.copytree(release, folder)
    path = sorted((folder / "images").glob("train-*"))[0]
    path.unlink()
    code, _, err = run("--allow-demo", release=str(folder))
    assert code == 2
    assert f"not intact: missing: images/{path.name}" in err


def test_a_log_forgets_what_is_behind_the_checkpoint(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("step,loss\n1,3.0\n2,2.5\n3,2.0\n4,1.")
    forget(path, 2)
    assert path.read_text() == "step,loss\n1,3.0\n2,2.5\n"
    forget(path, 0)
    assert path.read_text() == ""
    forget(tmp_path / "none.csv", 1)
    assert not (tmp_path / "none.csv").exists()
