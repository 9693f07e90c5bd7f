"""The log of runs: lines that nobody of ours wrote, or that were cut short, hide no other line."""

import json
import os

import pytest

from flows.scale.plan import service_of
from flows.watch.log import Log, read
from flows.watch.metrics import metrics_text
from flows.watch.report import write_report
from flows.watch.status import states_of
from warehouse.catalog import rebuild
from warehouse.tables import Shelf

DONE = {"event": "chunk.done", "stage": "scrub", "chunk": "c", "rows": 2, "kept": 1, "rejected": 1, "cpu_s": 0.5}
GARBAGE = [
    "",
    "3",
    "{}",
    '{"event": 5}',
    '{"event": null}',
    '{"event": "chunk.done"}',
    '{"event": "chunk.failed", "chunk": 3}',
    '{"event": "run.failed", "message": "\\ud800"}',
    "[" * 100_000,
    '{"event": ' + "1" * 5000 + "}",
    *(
        json.dumps(DONE | wrong)
        for wrong in (
            {"rows": "x", "cpu_s": "y"},
            {"rows": -1},
            {"rows": True},
            {"rows": 10**400},
            {"cpu_s": float("nan")},
            {"cpu_s": float("inf")},
            {"stage": 3},
        )
    ),
]


def logged(root, text):
    (root / "logs").mkdir()
    (root / "logs/runs.jsonl").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_every_reader_leaves_garbage_out(tmp_path, garbage):
    (tmp_path / "tables").mkdir()
    rebuild(Shelf(tmp_path))
    logged(tmp_path, f"{garbage}\n{json.dumps(DONE)}\n")
    assert list(read(tmp_path)) == [DONE]
    assert service_of(tmp_path, None).cpu_s == {"scrub": 0.25}
    assert 'sonocurate_chunks_done_total{stage="scrub"} 1.0' in metrics_text(tmp_path)
    assert states_of(tmp_path)
    assert write_report(tmp_path).is_file()


def test_a_cut_last_line_takes_no_good_one_with_it(tmp_path):
    logged(tmp_path, '{"event": "chunk.do')
    log = Log(tmp_path)
    log.write("run.started")
    log.write("run.completed")
    assert [line["event"] for line in read(tmp_path)] == ["run.started", "run.completed"]
    assert (tmp_path / "logs/runs.jsonl").read_text(encoding="utf-8").count("\n") == 3


def test_a_path_that_is_no_text_can_be_told(tmp_path):
    Log(tmp_path).write("run.failed", message=f"{os.fsdecode(bytes([255]))} is missing")
    assert next(read(tmp_path))["message"] == "? is missing"
