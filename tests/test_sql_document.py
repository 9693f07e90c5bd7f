"""docs/sql.md and the README tell the truth: what is shown of the invented warehouse is what comes out."""

import itertools
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.shelf.invented import invent
from flows.show import show_table
from warehouse.catalog import query

TEXT = (Path(__file__).parents[1] / "docs" / "sql.md").read_text(encoding="utf-8")
ANSWERED = re.findall(r"### (\d+\. .+?)\n.*?```sql\n(.+?)```\n\n```text\n(.+?)\n```", TEXT, re.DOTALL)
VIEWS = TEXT.partition("| view | rows |")[2].partition("**On")[0]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("invented") / "invented"
    invent(root, cases=120)
    return root


def test_there_are_enough_questions():
    assert len(ANSWERED) == TEXT.count("```sql\n") == TEXT.count("### ") >= 15


@pytest.mark.parametrize(("title", "sql", "answer"), ANSWERED, ids=[title for title, *_ in ANSWERED])
def test_the_answer_is_true(root, capsys, title, sql, answer):
    show_table(query(root, sql), "table")
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines() if line] == answer.splitlines()
    assert "│" in answer


def test_every_view_is_named_and_explained(root):
    there = {row["table"] for row in query(root, 'SELECT DISTINCT "table" FROM columns').to_pylist()}
    assert {
        name for line in VIEWS.splitlines() if "|" in line for name in re.findall(r"`(\w+)`", line.split("|")[1])
    } == there


def test_the_invented_rows_are_conserved(root):
    """What a stage keeps is what the next one of the same unit takes in."""
    funnel = query(root, "SELECT stage, unit, rows_in, kept FROM funnel WHERE step BETWEEN 1 AND 6").to_pylist()
    found = {(row["stage"], row["unit"]): row for row in funnel}
    for unit, stages in {"image": ("intake", "desensitize"), "pair": ("generate", "verify", "deduplicate")}.items():
        for earlier, later in itertools.pairwise(stages):
            assert found[earlier, unit]["kept"] == found[later, unit]["rows_in"]


def test_the_export_of_the_readme_is_true(root, tmp_path, monkeypatch):
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    command, shown = re.search(
        r"\.venv/bin/(sonocurate export .+)\n```\n\n```text\n(.+?)\n```", readme, re.DOTALL
    ).groups()
    monkeypatch.chdir(tmp_path)
    arguments = shlex.split(command.replace("--root invented", f"--root {root}"))[1:]
    done = CliRunner().invoke(app, arguments)
    assert [line for line in done.output.splitlines() if not line.startswith("export ")] == shown.splitlines()
