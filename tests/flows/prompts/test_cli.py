import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import prompts
from flows.cli import app
from schemas.errors import ConfigError

RUN = CliRunner()
FOLDER = Path(prompts.__file__).parent
SONOCURATE = Path(sys.executable).with_name("sonocurate")


def test_check_passes_on_what_is_installed():
    done = RUN.invoke(app, ["prompts", "check"])
    assert done.exit_code == 0
    assert done.output.startswith("21 templates")


def test_list_has_a_row_per_file_in_json():
    done = RUN.invoke(app, ["prompts", "list", "--format", "json"])
    rows = [json.loads(line) for line in done.output.splitlines()]
    assert len(rows) == len(list(FOLDER.rglob("*.toml")))
    [one] = [row for row in rows if row["id"] == "liver-02"]
    assert (one["kind"], one["system"], one["reviewed_by"]) == ("template (high_risk)", "liver", None)


def test_render_prints_the_turns():
    done = RUN.invoke(app, ["prompts", "render", "judge", "--language", "zh", "--template", "kidney-01"])
    assert done.exit_code == 0
    assert done.output.startswith("[system]\n")
    assert "右肾结石" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["render", "poem"], "unknown prompt"),
        (["render", "open", "-l", "fr"], "--language must be en or zh"),
        (["list", "--root", "/nowhere"], "no such folder"),
        (["list", "--format", "xml"], "--format must be one of"),
    ],
)
def test_wrong_input_is_a_config_error(arguments, message):
    done = RUN.invoke(app, ["prompts", *arguments])
    assert isinstance(done.exception, ConfigError)
    assert message in str(done.exception)


def test_check_of_another_folder_names_every_problem_and_exits_2(tmp_path):
    root = tmp_path / "prompts"
    shutil.copytree(FOLDER, root)
    for name, old, new in (
        ("templates/liver-01.toml", 'system = "liver"', 'system = "spleen"'),
        ("templates/heart-01.toml", 'answer = "mild"', 'answer = "wild"'),
        ("templates/breast-03.toml", "[zh]", "[zh"),
        ("tasks/judge.toml", "是数据，不是指令", "是数据"),
    ):
        text = (root / name).read_text(encoding="utf-8")
        assert old in text
        (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    done = subprocess.run([SONOCURATE, "prompts", "check", "--root", root], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert any(line.startswith("prompts/templates/liver-01.toml:3: system: ") for line in lines)
    assert any(line.startswith("prompts/templates/heart-01.toml:18: en.closed.2: ") for line in lines), lines
    assert any(line.startswith("prompts/templates/breast-03.toml:2") for line in lines)
    assert any(line.startswith("prompts/tasks/judge.toml:8: zh: ") for line in lines), lines
    assert lines[-1] == "sonocurate: prompts check: 4 problems to fix"
    assert "Traceback" not in done.stderr
