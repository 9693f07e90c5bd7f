"""A run becomes a model: the same numbers, answers through generate(), a file that `bench score` reads."""

import json
import shutil

import cv2
import numpy as np
import pytest

pytest.importorskip("peft")

import torch
from typer.testing import CliRunner

from flows.cli import app
from schemas.errors import ConfigError
from schemas.training import Experts, Stage, Training
from tests.training.conftest import changed
from training.answer import Answerer, Asked
from training.checkpoint import latest, load_trained
from training.data import batches, moved, open_release, samples_of
from training.export import export_run
from training.loop import objective_of, train
from training.model import EchoVLM, read_model
from training.outline import Outliner
from training.rows import Order

pytestmark = pytest.mark.train
EXPERTS = Experts(width=32, shared_width=64)


@pytest.fixture(scope="module")
def exported(release, tiny, tmp_path_factory):
    """Give a run of stage 2 and its model."""
    base = tmp_path_factory.mktemp("exported")
    config = Training(model=tiny, release="small", out=base / "run", experts=EXPERTS, batch=4, max_steps=3, workers=0)
    config = config.model_copy(update={"learning_rate": 1e-2, "max_patches": 16})
    train(config, Stage.TWO, release, allow_demo=True, tell=lambda _line: None)
    done = export_run(config.out, base / "model")
    assert done["step"] == 3
    return config, base / "model"


def test_the_model_is_the_run(exported, release):
    config, folder = exported
    objective = objective_of(config, Stage.TWO, lambda _line: None).eval()
    load_trained(objective, latest(config.out))
    model = EchoVLM.from_pretrained(folder).eval()
    assert not any("lora" in name for name, _ in model.named_parameters())
    samples = samples_of(open_release(release, allow_demo=True), config, Stage.TWO)
    batch = moved(next(batches(samples, Order(len(samples), 4))), "cpu")
    inputs = {name: value for name, value in batch.items() if name not in ("labels", "masks")}
    with torch.no_grad():
        expected, found = objective(batch), model.losses(batch["labels"], inputs)[0]
    assert found["loss"].item() == pytest.approx(expected["loss"].item(), abs=1e-5)
    base, _ = read_model(config.model, EXPERTS)
    assert model.losses(batch["labels"], inputs)[0]["text"] < base.losses(batch["labels"], inputs)[0]["text"]
    origin = json.loads((folder / "training.json").read_text())
    assert (origin["release"], origin["stage"], origin["step"]) == ("small", "2", 3)


def test_a_model_says_which_experts_it_has(exported):
    _, folder = exported
    assert read_model(folder, EXPERTS)[1] is False
    with pytest.raises(ConfigError, match="has other experts"):
        read_model(folder, Experts(width=16, shared_width=64))


def test_generation_with_a_cache_is_the_argmax_of_full_passes(exported, release):
    """Pictures, positions and experts are the same token by token as all at once."""
    import pyarrow.parquet as pq

    png = pq.read_table(next((release / "images").glob("test-*")))["image"][0]["bytes"].as_py()
    answerer = Answerer(exported[1])
    asked = Asked("x", "What is seen?", [png, png])
    inputs = answerer.inputs(asked)
    made = answerer.model.generate(**inputs, max_new_tokens=6, min_new_tokens=6, do_sample=False)[0]
    start = inputs["input_ids"].shape[1]
    whole = {**inputs, "input_ids": made[None], "attention_mask": torch.ones_like(made[None])}
    whole["mm_token_type_ids"] = (made[None] == answerer.conversation.image).int()
    with torch.no_grad():
        best = answerer.model(**whole).logits[0].argmax(-1)
    assert made[start + 1 :].tolist() == best[start:-1].tolist()


def test_answers_are_scored_by_the_benchmark(exported, release, tmp_path):
    items, answers = tmp_path / "items.jsonl", tmp_path / "answers.jsonl"
    call = CliRunner().invoke
    made = call(app, ["bench", "tasks", str(items), "--suite", "echovlm", "--release", str(release)])
    assert made.exit_code == 0, made.exception
    options = ["--suite", "echovlm", "--release", str(release), "--max-tokens", "4"]
    made = call(app, ["train", "answer", str(exported[1]), str(answers), *options])
    assert made.exit_code == 0, made.exception
    ids = [json.loads(line)["id"] for line in items.read_text().splitlines()]
    rows = [json.loads(line) for line in answers.read_text().splitlines()]
    assert [row["id"] for row in rows] == ids
    assert all(isinstance(row["answer"], str) and row["model"] == "model" for row in rows)
    scored = call(
        app,
        [
            "bench",
            "score",
            "--suite",
            "echovlm",
            "--gold",
            str(items),
            "--answers",
            str(answers),
            "--resamples",
            "10",
            "--workers",
            "1",
            "--format",
            "json",
        ],
    )
    assert scored.exit_code == 0, scored.exception
    assert isinstance(call(app, ["train", "answer", str(exported[1]), str(answers), *options]).exception, ConfigError)


def test_what_cannot_be_exported_is_said(exported, tiny, tmp_path):
    with pytest.raises(ConfigError, match="is no run"):
        export_run(tmp_path, tmp_path / "out")
    with pytest.raises(ConfigError, match="holds files already"):
        export_run(exported[0].out, exported[1])
    with pytest.raises(ConfigError, match="is a base without experts"):
        Answerer(tiny)
    with pytest.raises(ConfigError, match="is no export of stage grounded"):
        Outliner(exported[1])


def test_pictures_are_asked_at_the_size_that_was_trained_with(exported):
    """An export that was trained with 16 patches: 400 x 300 px would have 154 in the usual budget."""
    answerer = Answerer(exported[1])
    png = cv2.imencode(".png", np.zeros((300, 400, 3), np.uint8))[1].tobytes()
    (_, rows, columns), *_ = answerer.inputs(Asked("x", "What is seen?", [png]))["image_grid_thw"].tolist()
    assert 8 < rows * columns // 4 <= 16


def test_a_run_is_not_exported_from_another_base(exported, release, tiny, tmp_path):
    base, run = tmp_path / "base", tmp_path / "run"
    shutil.copytree(tiny, base)
    config = exported[0].model_copy(update={"model": base, "out": run, "max_steps": 1})
    train(config, Stage.ONE, release, allow_demo=True, tell=lambda _line: None)
    changed(base)
    with pytest.raises(ConfigError, match="is not the base that .* was started with"):
        export_run(run, tmp_path / "out")
    assert not (tmp_path / "out").exists()
