"""Deployments that really run: served, killed and run again, and from a work pool of process workers."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from flows.key import init_key
from tests.flows.server_api import ask
from warehouse.tables import Shelf

ROOT = Path(__file__).parents[3]
TIMEOUT_S = 600
CASES = 40
CONFIG = """
[input]
table = "cases.csv"
images = "images"
[pseudonym]
key_file = "pseudonym.key"
[warehouse]
root = "warehouse"
[intake]
chunk_cases = 1
"""
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def wait_for(what):
    deadline = time.monotonic() + TIMEOUT_S
    while not (found := what()) and time.monotonic() < deadline:
        time.sleep(0.3)
    assert found, "waited too long"
    return found


@pytest.fixture
def export(tmp_path):
    """Many small cases in chunks of one, so that a kill finds some done and some not."""
    from PIL import Image

    (tmp_path / "images").mkdir()
    init_key(tmp_path / "pseudonym.key")
    lines = ["case_id,patient_id,findings,images"]
    for at in range(CASES):
        Image.new("RGB", (64, 64), (at, 0, 0)).save(tmp_path / "images" / f"{at}.png")
        lines.append(f"{at},p{at},The liver has a normal echogenicity.,{at}.png")
    (tmp_path / "cases.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "pipeline.toml").write_text(CONFIG)
    return tmp_path


def started_run(site, export):
    found = ask(site.server_url + "/deployments/filter", {"deployments": {"name": {"any_": ["hourly"]}}})
    parameters = {"run": {"config_path": str(export / "pipeline.toml"), "wait_s": 60}}
    return ask(f"{site.server_url}/deployments/{found[0]['id']}/create_flow_run", {"parameters": parameters})["id"]


def state_of(site, run_id):
    return ask(f"{site.server_url}/flow_runs/{run_id}")["state"]["type"]


def cases_of(export):
    return Shelf(export / "warehouse").read("cases", ["case_id"])["case_id"].to_pylist()


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.wait(timeout=TIMEOUT_S)


@pytest.fixture
def serving(site, export):
    log = (export / "serve.log").open("wb")
    command = site.command("serve", "--config", export / "pipeline.toml")
    process = subprocess.Popen(command, env=site.environment(), stdout=log, stderr=log)
    schedules = {"deployments": {"name": {"any_": ["hourly"]}}}
    wait_for(lambda: any(one["status"] == "READY" for one in ask(site.server_url + "/deployments/filter", schedules)))
    yield process
    stop(process)
    log.close()


@pytest.mark.slow
def test_a_served_run_that_was_killed_goes_on_when_the_deployment_runs_again(site, export, serving):
    run_id = started_run(site, export)
    wait_for(lambda: len(cases_of(export)) >= 3)
    children = psutil.Process(serving.pid).children(recursive=True)
    assert children
    for child in children:
        os.kill(child.pid, signal.SIGKILL)
    assert wait_for(lambda: (now := state_of(site, run_id)) in ENDED and now) == "CRASHED"
    assert 3 <= len(cases_of(export)) < CASES
    again = started_run(site, export)
    assert wait_for(lambda: (now := state_of(site, again)) in ENDED and now) == "COMPLETED"
    assert len(cases_of(export)) == len(set(cases_of(export))) == CASES


def commits_of(export):
    """How often every transaction (stage, chunk, table) was committed."""
    lines = [line for path in export.glob("warehouse/tables/*/_delta_log/*.json") for line in path.open()]
    return Counter(json.loads(line)["txn"]["appId"] for line in lines if '"txn"' in line[:10])


@pytest.mark.slow
def test_sigterm_ends_serving_and_its_runs_whole(site, export, serving):
    """Chunks in work are committed, nothing is left running or Running, and the next run does the rest once."""
    run_id = started_run(site, export)
    wait_for(lambda: len(cases_of(export)) >= 3)
    children = psutil.Process(serving.pid).children(recursive=True)
    serving.send_signal(signal.SIGTERM)
    assert serving.wait(timeout=TIMEOUT_S) == 143
    assert not [one for one in children if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    assert state_of(site, run_id) in ENDED
    said = (export / "serve.log").read_text()
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith("sonocurate: terminated")
    rows = Shelf(export / "warehouse").read("receipts").to_pylist()
    done = {row["chunk_id"] for row in rows if row["stage"] == "intake" and row["state"] == "done"}
    assert 3 <= len(done) < CASES
    log = [json.loads(line) for line in (export / "warehouse/logs/runs.jsonl").open()]
    begun = {line["chunk"] for line in log if line["event"] == "chunk.started"}
    assert begun == done
    assert not any(
        one["paused"] for one in ask(site.server_url + "/deployments/filter", {}) if "sonocurate" in one["tags"]
    )
    finished = site.cli("run", "--config", export / "pipeline.toml")
    assert finished.returncode == 0, finished.stderr
    assert set(commits_of(export).values()) == {1}
    assert len(cases_of(export)) == CASES


@pytest.mark.slow
def test_a_process_worker_runs_what_was_deployed(site, export):
    done = site.cli("deploy", "--config", export / "pipeline.toml", "--pool", "sonocurate")
    assert done.returncode == 0, done.stderr
    assert "deployed hourly" in done.stdout
    run_id = started_run(site, export)
    worker = subprocess.Popen(
        [sys.executable, "-m", "prefect", "worker", "start", "--pool", "sonocurate"],
        env=site.environment(),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert wait_for(lambda: (now := state_of(site, run_id)) in ENDED and now) == "COMPLETED"
    finally:
        stop(worker)
    assert len(cases_of(export)) == CASES
    for path in (export / "warehouse").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
