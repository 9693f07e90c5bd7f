import json
import logging
import sys
from pathlib import Path

import pytest

from flows.cli import main
from flows.reports.scrub_file import scrub_file
from schemas.config import Scrub, Scrubbing
from schemas.errors import ConfigError

CANARY = "Zbigniewska"
ROWS = [
    {
        "case_id": "a",
        "language": "zh",
        "text": "姓名：王小明　年龄：45岁\r\n右肾10.2×5.1cm，2024年3月9日复查😀。",
        "known_phi": {"patient_name": "王小明"},
    },
    {
        "case_id": "b",
        "text": f"Patient: {CANARY.upper()}^JOHN, MRN 00123456. Liver 14.2 cm on March 3, 2024 and 03/09/2024.",
    },
    {"case_id": "c", "language": "fr", "text": f"{CANARY} foie"},
    {"case_id": "d", "language": "en", "text": None},
    {"case_id": "e", "language": "en", "text": "\ud800 bad"},
    {"case_id": "f", "language": "en", "text": CANARY, "known_phi": [CANARY]},
    {"case_id": "g", "language": "en", "text": "liver " * 200_000},
]


def write(path, rows=ROWS, more=b""):
    path.write_bytes("".join(json.dumps(row) + "\n" for row in rows).encode() + more)
    return path


def run(tmp_path, *, workers=1, key=None, more=b"", **scrub):
    source, target = write(tmp_path / "in.jsonl", more=more), tmp_path / "out.jsonl"
    found = scrub_file(source, target, config=Scrubbing(scrub=Scrub(**scrub)), key=key, workers=workers)
    return found, [json.loads(line) for line in target.read_text(encoding="utf-8").split("\n") if line]


@pytest.mark.parametrize(("mode", "key"), [("tag", None), ("surrogate", b"k" * 32)])
def test_rows_come_in_order_and_the_text_can_be_built_again(tmp_path, mode, key):
    found, rows = run(tmp_path, mode=mode, key=key, ner=False)
    assert [row["case_id"] for row in rows] == list("abcdefg")
    assert found.rows == 7
    for row, source in zip(rows[:2], ROWS, strict=False):
        text, at, parts = source["text"], 0, []
        for span in row["spans"]:
            parts += [text[at : span["start"]], span["replacement"]]
            at = span["end"]
        assert "".join([*parts, text[at:]]) == row["text"]
    assert "14.2 cm" in rows[1]["text"]
    assert "MRN " in rows[1]["text"]
    assert "姓名：" in rows[0]["text"]
    assert "王小明" not in rows[0]["text"]


def test_what_is_wrong_with_a_row_is_its_error_and_its_text_goes_nowhere(tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    broken = b'{"case_id": "h", "text": "\xff\xfe"}\nnot json\n[1]\n\n'
    _, rows = run(tmp_path, more=broken, ner=False)
    assert [row.get("error") for row in rows] == [
        None, None, "UNKNOWN_LANGUAGE", "EMPTY_REPORT", "UNDECODABLE_TEXT", "MALFORMED_ROW", "TEXT_TOO_LONG",
        "UNDECODABLE_TEXT", "MALFORMED_ROW", "MALFORMED_ROW",
    ]  # fmt: skip
    assert rows[7]["case_id"] == "h"
    assert all(row["text"] is None and row["spans"] == [] for row in rows[2:])
    said = "".join(json.dumps(row) for row in rows) + caplog.text + "".join(capfd.readouterr())
    assert CANARY.lower() not in said.lower()


@pytest.mark.slow
def test_processes_give_the_same_rows(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    assert run(tmp_path / "one", ner=False)[1] == run(tmp_path / "two", workers=2, ner=False)[1]


def test_nothing_is_overwritten_and_surrogates_need_a_key(tmp_path):
    source = write(tmp_path / "in.jsonl")
    with pytest.raises(ConfigError, match="exists"):
        scrub_file(source, source, config=Scrubbing(), key=None)
    with pytest.raises(ConfigError, match="key"):
        scrub_file(source, tmp_path / "o", config=Scrubbing(scrub=Scrub(mode="surrogate")), key=None)
    with pytest.raises(ConfigError, match="cannot read"):
        scrub_file(tmp_path / "none", tmp_path / "o", config=Scrubbing(), key=None)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_the_readmes_rows_are_true(tmp_path):
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    given, shown = (json.loads(line) for line in readme.split("\n") if line.startswith('{"case_id": "a1"'))
    source = write(tmp_path / "in.jsonl", [given])
    scrub_file(source, tmp_path / "out.jsonl", config=Scrubbing(), key=None)
    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8")) == shown


def test_the_command_writes_rejects_beside_rows_and_never_over_a_file(tmp_path, monkeypatch, capsys):
    source, target = write(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    monkeypatch.setattr(sys, "argv", ["sonocurate", "scrub", str(source), str(target), "--no-ner"])
    codes = []
    for _ in range(2):
        with pytest.raises(SystemExit) as end:
            main()
        codes.append(end.value.code or 0)
    shown = capsys.readouterr()
    assert codes == [0, 2]
    assert len(target.read_text(encoding="utf-8").splitlines()) == len(ROWS)
    assert CANARY not in shown.out + shown.err
    assert shown.err.splitlines()[-1].endswith("out.jsonl exists: name a new file")
