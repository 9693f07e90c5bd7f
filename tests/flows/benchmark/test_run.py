"""`bench run` against a model on loopback and against the demo model: pictures, log-probabilities, kill -9."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

from curation.generate.embedded import embedded_endpoint
from tests.flows.benchmark import server
from tests.flows.benchmark.bench_cli import call, write

TIMEOUT_S = 120


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def endpoints(path, url, capabilities, **more):
    table = {"name": "m", "base_url": url, "model": "model-1", "capabilities": capabilities} | more
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    path.write_text("\n".join(["[[endpoints]]", *lines, ""]), encoding="utf-8")
    return path


def picture(path):
    Image.new("L", (32, 32), 7).save(path)
    return path.name


def scores(suite, gold, answers):
    lines = call("score", "--suite", suite, "--gold", gold, "--answers", answers, "--format", "json").splitlines()
    return [json.loads(line) for line in lines]


def test_run_asks_each_item_once_and_is_scored(tmp_path):
    place = {"dataset": "IVUSQA", "image": picture(tmp_path / "a.png")}
    (tmp_path / "broken.png").write_bytes(b"no image")
    gold = [
        {**place, "id": "q1", "task": "qualitative_basic", "gold": "medium"},
        {**place, "id": "q2", "task": "qualitative_contextual", "gold": "high", "anatomy": "artery"},
        {**place, "id": "q3", "task": "qualitative_basic", "gold": "low", "image": "broken.png"},
    ]
    path = write(tmp_path / "gold.jsonl", gold)
    with server.serve() as model:
        config = endpoints(tmp_path / "e.toml", model.url, ["text", "vision", "logprobs"])
        options = ["--suite", "qbench", "--gold", path, "--model", "m", "--endpoints", config]
        for name in ("a", "b"):
            call("run", tmp_path / f"{name}.jsonl", *options, "--ledger", tmp_path / "book")
            assert len(model.bodies) == 2
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    assert {body["temperature"] for body in model.bodies} == {0.0}
    assert model.bodies[0]["top_logprobs"] == 20
    assert model.bodies[0]["messages"][0]["content"][0]["type"] == "image_url"
    rows = read(tmp_path / "a.jsonl")
    assert [row["answer"] for row in rows] == ["medium", "medium", None]
    assert rows[0]["logprobs"] == {"medium": -0.2, "high": -2.0, "low": -4.0}
    assert rows[2]["reason"] == "unreadable_image"
    found = scores("qbench", path, tmp_path / "a.jsonl")[0]
    assert (found["task"], found["figure"], found["value"]) == ("qualitative_basic", "raw", 0.5)


@pytest.mark.slow
def test_the_demo_model_answers_alike_twice_and_gives_log_probabilities(tmp_path):
    prompt = "Repeat this word: {}. Answer with one word."
    gold = [
        {"id": f"q{n}", "task": "qualitative_basic", "dataset": "d", "gold": level, "prompt": prompt.format(level)}
        for n, level in enumerate(("high", "medium", "low"))
    ]
    gold.append(gold[0] | {"id": "seen", "image": picture(tmp_path / "a.png")})
    path = write(tmp_path / "gold.jsonl", gold)
    with embedded_endpoint(context_tokens=1024) as demo:
        config = endpoints(
            tmp_path / "e.toml", demo.base_url, ["text", "logprobs"], model=demo.model, max_concurrency=1
        )
        for name in ("a", "b"):  # a ledger each: both ask
            options = ["--suite", "qbench", "--gold", path, "--model", "m", "--endpoints", config]
            call("run", tmp_path / f"{name}.jsonl", *options, "--max-tokens", 4)
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    *rows, unseen = read(tmp_path / "a.jsonl")
    assert all(row["answer"] and row["model"] == demo.model for row in rows)
    assert unseen["answer"] is None
    assert any(len(row.get("logprobs", {})) == 20 for row in rows)
    found = scores("qbench", path, tmp_path / "a.jsonl")
    assert {row["n_items"] for row in found if row["scope"] == "task"} == {4}


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(tmp_path):
    n_items, at_once = 60, 2
    gold = [
        {"id": f"i{n}", "task": "DD", "dataset": "21", "gold": "benign", "prompt": f"Which mass is number {n}?"}
        for n in range(n_items)
    ]
    path = write(tmp_path / "gold.jsonl", gold)
    with server.serve(delay_s=0.05) as model:
        config = endpoints(tmp_path / "e.toml", model.url, ["text"], max_concurrency=at_once)
        options = ["--suite", "u2", "--gold", path, "--model", "m", "--endpoints", config]
        call("run", tmp_path / "whole.jsonl", *options)
        model.bodies.clear()
        out = tmp_path / "killed" / "out.jsonl"
        out.parent.mkdir()
        command = [sys.executable, "-m", "flows.cli", "bench", "run", *map(str, [out, *options])]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + TIMEOUT_S
        while len(model.bodies) < n_items // 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(timeout=30) == -signal.SIGKILL
        assert not out.exists()
        asked = len(model.bodies)
        assert 0 < asked < n_items
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        assert done.returncode == 0, done.stderr
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert n_items <= len(model.bodies) <= n_items + at_once
    assert not [one.name for one in out.parent.iterdir() if one.name.endswith(".unfinished")]
