"""What people watch after a run: log, status, counters, report, artifacts and events, from a real run and server."""

import json
import re
import time
from collections import Counter

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flows.scale.plan import Archive, plan_of, service_of
from flows.stage import STAGES
from flows.watch.log import read
from flows.watch.metrics import metrics_text
from flows.watch.status import states_of
from tests.flows.phi_scan import scan
from tests.flows.server_api import ask
from warehouse.tables import Shelf

FIELDS = {"at", "event", "run", "flow", "release", "stage", "chunk", "rows", "kept", "rejected", "seconds", "step_s"}
FIELDS |= {"cpu_s", "error", "message"}


def root_run(finished):
    return next(line["run"] for line in read(finished.root) if line["event"] == "run.started")


def done_receipts(finished):
    rows = Shelf(finished.root).read("receipts").to_pylist()
    return [row for row in rows if row["state"] == "done" and row["stage"] in STAGES]


def test_the_log_has_a_line_per_chunk_and_nothing_but_ids_and_counts(finished):
    lines = list(read(finished.root))
    done = Counter(line["chunk"] for line in lines if line["event"] == "chunk.done")
    assert done == Counter(row["chunk_id"] for row in done_receipts(finished))
    assert {line["event"] for line in lines} >= {
        "run.started",
        "stage.started",
        "chunk.done",
        "stage.ended",
        "run.completed",
    }
    assert set().union(*lines) <= FIELDS
    assert all(re.fullmatch(r"[a-z]+-[0-9a-f]{16}", line["chunk"]) for line in lines if "chunk" in line)


def test_status_says_that_everything_is_done(finished, site):
    rows = [
        json.loads(line) for line in site.cli("status", "--format", "json", "--root", finished.root).stdout.splitlines()
    ]
    assert [row["stage"] for row in rows] == list(STAGES)
    assert all(row["doing"] == row["waiting"] == row["failed"] == 0 for row in rows)
    assert sum(row["done"] for row in rows) == len(done_receipts(finished))


def test_counters_agree_with_the_receipts(finished):
    families = {one.name: one for one in text_string_to_metric_families(metrics_text(finished.root))}
    chunks = {sample.labels["stage"]: sample.value for sample in families["sonocurate_chunks_done"].samples}
    assert chunks == Counter(row["stage"] for row in done_receipts(finished))
    kept = {s.labels["stage"]: s.value for s in families["sonocurate_rows"].samples if s.labels["outcome"] == "kept"}
    assert kept["scrub"] == Shelf(finished.root).read("reports").num_rows
    assert families["sonocurate_answers"].samples[0].value > 0


def test_the_report_is_one_page_that_loads_nothing(finished, site, tmp_path):
    assert (finished.root / "logs/run-report.html").stat().st_mode & 0o777 == 0o600
    done = site.cli("report", tmp_path / "report.html", "--root", finished.root)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in text and "http" not in text
    for word in ("desensitize", "rows_in", "run.completed"):
        assert word in text


def test_the_run_shows_artifacts(finished, site):
    found = ask(site.server_url + "/artifacts/filter", {"limit": 200})
    keys = {row["key"]: row for row in found if row["flow_run_id"] == root_run(finished)}
    assert set(keys) == {"funnel-first", "quality-first", "cost-first", "picture-first", "run-first"}
    funnel = json.loads(keys["funnel-first"]["data"])
    assert {row["stage"] for row in funnel} >= set(STAGES) - {
        "tag",
        "annotate",
        "rate",
        "ground",
    }  # nothing is annotated
    assert "before_after.png" in keys["picture-first"]["data"]
    progress = {row["key"]: row for row in found if row["type"] == "progress"}
    assert progress["progress-desensitize"]["data"] == 100.0


def test_runs_are_named_after_release_and_chunk(finished, site):
    names = {row["name"] for row in ask(site.server_url + "/flow_runs/filter", {"limit": 200})}
    assert {"curate first", "desensitize first", "release first"} <= names
    chunk = done_receipts(finished)[0]["chunk_id"]
    wanted = {"task_runs": {"name": {"any_": [f"first {chunk}"]}}}
    deadline = time.monotonic() + 60
    while not (found := ask(site.server_url + "/task_runs/filter", wanted)) and time.monotonic() < deadline:
        time.sleep(1)  # task runs are recorded late
    assert len(found) == 1


def test_a_release_is_an_event(finished, site):
    wanted = {"filter": {"event": {"name": ["sonocurate.release.published"]}}}
    deadline = time.monotonic() + 60
    while not (events := ask(site.server_url + "/events/filter", wanted)["events"]) and time.monotonic() < deadline:
        time.sleep(1)
    assert events[0]["payload"]["release"] == "first"
    assert events[0]["resource"]["prefect.resource.id"].startswith("sonocurate.warehouse.")


@pytest.mark.parametrize("planted", ["Okafor-Hector-1961", "欧阳小明就诊记录"])
def test_the_scan_of_the_server_would_find_phi(site, planted):
    """The positive control of `test_no_planted_phi_anywhere`: what a parameter holds lies in Prefect's database."""
    flow = ask(site.server_url + "/flows/", {"name": "control"})
    ask(
        site.server_url + "/flow_runs/",
        {"flow_id": flow["id"], "parameters": {"x": planted}, "state": {"type": "SCHEDULED"}},
    )
    deadline = time.monotonic() + 30
    while not (found := scan([site.prefect_home], [planted])) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert any("prefect.db" in where for where, _ in found)


def test_the_plan_is_made_of_measured_times(finished):
    numbers = service_of(finished.root, None)
    lines = [line for line in read(finished.root) if line["event"] == "chunk.done" and line["stage"] == "desensitize"]
    measured = sum(line["cpu_s"] for line in lines) / sum(line["rows"] for line in lines)
    assert numbers.cpu_s["desensitize"] == pytest.approx(measured)
    need = next(one for one in plan_of(Archive(1, 86_400, 0, 1), numbers).needs if one.stage == "desensitize")
    assert need.at_once == pytest.approx(measured / numbers.busy_share)


def test_every_stage_has_a_state_before_anything_ran(tmp_path):
    assert [one.stage for one in states_of(tmp_path)] == list(STAGES)
