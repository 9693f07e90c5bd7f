"""`sonocurate verify`: verdicts in order, and every bad line named with nothing written."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from curation.verify.verify import REASONS
from flows.quality.verify_file import verify_file
from schemas.config import Verify
from schemas.errors import ConfigError

GOOD = {"id": "a", "language": "en", "report": "A cyst of 12 mm.", "question": "How large?", "answer": "12 mm"}


def lines(path, *rows):
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def test_verdicts_stand_in_order(tmp_path):
    source = lines(tmp_path / "in.jsonl", GOOD, "", {**GOOD, "id": 7, "answer": "15 mm"}, {**GOOD, "id": "z"})
    for workers in (1, 2):
        target = tmp_path / f"out{workers}.jsonl"
        found = verify_file(source, target, workers=workers)
        rows = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
        assert [(row["id"], row["verdict"]) for row in rows] == [("a", "pass"), (7, "fail"), ("z", "pass")]
        assert rows[1]["rules"] == [{"rule": "number", "report_span": [10, 15], "answer_span": [0, 5]}]
        assert rows[0]["rules"] == []
        assert found.lines() == ["3 pairs: 2 pass, 1 fail", "  1 break the rule: number"]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{", "not a JSON object"),
        ("[1]", "not a JSON object"),
        ({**GOOD, "id": True}, "an id must be"),
        ({key: value for key, value in GOOD.items() if key != "answer"}, 'the key "answer" is missing'),
        ({**GOOD, "id": "b", "report": 3}, '"report" must be text'),
        ({**GOOD, "id": "b", "language": "fr"}, "must be en or zh"),
        ({**GOOD, "id": "b", "answer": " "}, '"answer" is empty'),
        ({**GOOD, "id": "b", "answer": "\ud800"}, "half a character"),
        (GOOD, "the id of line 1 again"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(tmp_path, bad, why):
    source, target = lines(tmp_path / "in.jsonl", GOOD, bad), tmp_path / "out.jsonl"
    with pytest.raises(ConfigError, match=rf"line 2: .*{why}.*; nothing was written") as caught:
        verify_file(source, target)
    assert "cyst" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_the_command_ends_with_2(tmp_path):
    source = lines(tmp_path / "in.jsonl", {**GOOD, "language": ""})
    command = [sys.executable, "-m", "flows.cli", "verify", str(source), str(tmp_path / "out.jsonl")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr.count("\n")) == (2, 1)
    assert "line 1" in run.stderr


def test_an_output_is_never_overwritten(tmp_path):
    source = lines(tmp_path / "in.jsonl", GOOD)
    with pytest.raises(ConfigError, match="exists"):
        verify_file(source, source)
    with pytest.raises(ConfigError, match="cannot read"):
        verify_file(tmp_path / "gone.jsonl", tmp_path / "out.jsonl")


def test_what_the_document_shows_is_true(tmp_path):
    document = (Path(__file__).parents[3] / "docs" / "quality.md").read_text(encoding="utf-8")
    source, verdicts = re.findall(r"```json\n(.+?)```", document, re.DOTALL)[:2]
    (tmp_path / "in.jsonl").write_text(source, encoding="utf-8")
    found = verify_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == verdicts
    assert "\n".join(found.lines()) in document
    shown = set(re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", document, re.MULTILINE))
    assert set(", ".join(shown).replace("`", "").split(", ")) >= set(REASONS)
    assert all(f"`{key}`" in document for key in Verify.model_fields if key != "chunk_pairs")
