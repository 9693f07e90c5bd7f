"""Items of a release: its test split only, with their pictures; gold as answers is all right."""

import json

import pytest
from typer.testing import CliRunner

from benchmark.read.release import read_release
from benchmark.records import Suite
from flows.cli import app
from flows.shelf.invented import invent
from schemas.errors import ConfigError
from warehouse.export.source import Source


def call(*arguments):
    done = CliRunner().invoke(app, ["bench", *map(str, arguments)])
    if done.exception is not None:
        raise done.exception
    return done.stdout


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    root = tmp_path_factory.mktemp("bench") / "warehouse"
    invent(root, cases=40)
    return root


def test_items_are_those_of_the_test_split_with_their_pictures(warehouse):
    source = Source(warehouse / "releases" / "demo")
    wanted = {row["instance_id"] for group in source.groups("pairs", "test") for row in source.read(group).to_pylist()}
    items = list(read_release(source.folder, Suite.ECHOVLM, keep_images=True))
    assert {item.item_id for item in items} == wanted
    assert all(item.patient in set(source.patients("test").values()) for item in items)
    assert any(item.images for item in items)
    assert {item.task for item in items} <= {"report", "diagnosis", "vqa"}
    with pytest.raises(ConfigError, match="needs --gold"):
        next(read_release(source.folder, Suite.QBENCH))


def test_gold_as_answers_is_all_right(warehouse, tmp_path):
    call("tasks", tmp_path / "gold.jsonl", "--suite", "echovlm", "--release", "demo", "--root", warehouse)
    rows = [json.loads(line) for line in (tmp_path / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    answers = "".join(json.dumps({"id": row["id"], "answer": row["gold"]}, ensure_ascii=False) + "\n" for row in rows)
    (tmp_path / "answers.jsonl").write_text(answers, encoding="utf-8")
    arguments = ["--suite", "echovlm", "--gold", tmp_path / "gold.jsonl", "--answers", tmp_path / "answers.jsonl"]
    shown = [
        json.loads(line) for line in call("score", *arguments, "--resamples", "20", "--format", "json").splitlines()
    ]
    found = {(row["task"], row["figure"]): row["value"] for row in shown if row["scope"] == "pooled"}
    for (_task, figure), value in found.items():
        expected = {"acc": 1, "macro_F1": 1, "entity_hamming": 1, "ROUGEL": 100}.get(figure)
        assert expected is None or value == pytest.approx(expected)
    assert ("report", "ROUGEL") in found
    assert {row["name"] for row in shown if row["scope"] == "task"} == {"mean over systems"}
