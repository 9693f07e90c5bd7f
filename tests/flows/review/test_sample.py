"""Drawing a sample: once, sealed, without the pairs of earlier samples."""

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.key import load_key
from flows.review.push import answers_of
from flows.review.sample import draw_sample, tasks_of
from flows.review.sealing import unseal
from flows.review.shown import Desk
from schemas.errors import ConfigError

run = CliRunner()


def test_a_sample_has_its_pairs_and_its_sealed_checks(sampled):
    rows, key = sampled.tasks(), load_key(sampled.context.config)
    planted = [row for row in rows if unseal(key, row["sealed"])]
    assert (len(rows), len(planted)) == (21, 1)
    assert sum(row["readers"] == 2 for row in rows) == 2
    assert len({row["task_id"] for row in rows}) == 21
    assert len({len(row["sealed"]) for row in rows}) == 1
    assert [row["position"] for row in rows] == list(range(21))
    assert {row["stratum"][2] for row in rows} == {"model-a", "model-b"}
    shown = {task: (pair, answer) for task, pair, answer in answers_of(sampled.context, rows, Desk(sampled.shelf))}
    assert [task for task, (pair, answer) in shown.items() if pair.answer != answer] == [planted[0]["task_id"]]
    with pytest.raises(ConfigError, match="another pseudonym key"):
        unseal(b"x" * 32, rows[0]["sealed"])


def test_a_name_is_taken_once_and_the_next_sample_has_other_pairs(sampled):
    config = sampled.context.config.review
    with pytest.raises(ConfigError, match="sample first exists"):
        draw_sample(sampled.context, "first", config)
    done = draw_sample(sampled.context, "second", config)
    first, second = (tasks_of(sampled.shelf, name)["instance_id"].to_pylist() for name in ("first", "second"))
    assert done.pairs == 20
    assert not set(first) & set(second)
    assert draw_sample(sampled.context, "third", config).pairs == 48 - len(set(first)) - len(set(second))
    with pytest.raises(ConfigError, match="no pair is left"):
        draw_sample(sampled.context, "fourth", config)
    with pytest.raises(ConfigError, match="there are first, second, third"):
        tasks_of(sampled.shelf, None)


def test_the_command_says_what_was_drawn(sampled):
    done = run.invoke(app, ["review", "sample", "more", "--n", "5", "--seed", "9", "--config", str(sampled.config)])
    assert done.exit_code == 0, done.exception
    assert "sample more: 5 pairs" in done.output
    assert "1 attention checks among them, sealed" in done.output
    bad = run.invoke(app, ["review", "sample", "../x", "--config", str(sampled.config)])
    assert isinstance(bad.exception, ConfigError)
