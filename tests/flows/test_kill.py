"""kill -9 at any moment, then the same command: the same tables, nothing paid twice, nothing committed twice."""

import hashlib
import json
import os
import random
import signal
import subprocess
import time
from collections import Counter

import pytest

from schemas.shelf import TABLES
from warehouse.catalog import query
from warehouse.tables import Shelf

CI_KILLS = 3
KILLS = int(os.environ.get("SONOCURATE_KILLS", CI_KILLS))
TIMEOUT_S = 300


def commits(root):
    return sum(1 for _ in root.glob("tables/*/_delta_log/*.json"))


def transactions(root):
    """How often every transaction id (stage, chunk, table) was committed."""
    lines = [line for path in root.glob("tables/*/_delta_log/*.json") for line in path.read_text().splitlines()]
    return Counter(json.loads(line)["txn"]["appId"] for line in lines if '"txn"' in line[:10])


def content(root):
    """Everything on the shelf and in the release, independent of file names and row order."""
    shelf = Shelf(root)
    tables = {}
    for name in (*TABLES, "receipts"):
        rows = shelf.read(name).to_pylist()
        tables[name] = Counter(hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest() for row in rows)
    release = (root / "releases/first/checksums.sha256").read_text()
    tables["release"] = Counter(line for line in release.splitlines() if line.endswith(".parquet"))
    return tables


def kill_at(site, config, root, moment, delay):
    """Start a run, kill it `delay` seconds after the shelf has seen this many commits; say whether it still ran."""
    process = subprocess.Popen(
        site.command("run", "--config", config),
        env=site.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + TIMEOUT_S
    while process.poll() is None and commits(root) < moment and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(delay)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    return process.wait(timeout=30) == -signal.SIGKILL


def check_kills(finished, site, model, folder, kills, seed):
    """Kill one run again and again, each time further on, until it has had its kills; then let it finish."""
    rng = random.Random(seed)
    config = site.config(folder, endpoint=model.url)
    root = folder / "warehouse"
    total = commits(finished.root)
    moments = (
        sorted(rng.sample(range(1, total), kills)) if kills < total else sorted(rng.choices(range(1, total), k=kills))
    )
    model.reset()
    landed = []
    for moment in moments:
        landed.append(kill_at(site, config, root, moment, rng.uniform(0, 0.4)))
        if (root / "catalog.duckdb").exists():  # readers see whole commits of a run that was cut down
            query(root, "SELECT * FROM funnel")
    done = site.cli("run", "--config", config)
    assert done.returncode == 0, done.stderr
    assert content(root) == content(finished.root)
    assert commits(root) == total
    assert transactions(root) == transactions(finished.root)
    assert set(transactions(root).values()) == {1}
    in_flight = 8 * sum(landed)  # max_concurrency requests may be on their way when a kill comes
    assert sum(model.sent.values()) - len(model.sent) <= in_flight
    return sum(landed)


@pytest.mark.slow
def test_killed_runs_finish_with_the_same_tables(finished, site, model, tmp_path):
    assert check_kills(finished, site, model, tmp_path, CI_KILLS, seed=1) >= 1


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range((KILLS + CI_KILLS - 1) // CI_KILLS))
def test_chaos_of_kills(finished, site, model, tmp_path, seed):
    assert check_kills(finished, site, model, tmp_path, CI_KILLS, seed=100 + seed) >= 1


@pytest.mark.slow
def test_sigterm_lets_chunks_finish_and_says_so(finished, site, model, tmp_path):
    """What is being worked on is committed; the next run goes on."""
    config, root = site.config(tmp_path, endpoint=model.url), tmp_path / "warehouse"
    process = subprocess.Popen(
        site.command("run", "--config", config), env=site.environment(), stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + TIMEOUT_S
    while commits(root) < 12 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 143
    assert "Traceback" not in errors
    assert errors.splitlines()[-1].startswith("sonocurate: terminated")
    done = site.cli("run", "--config", config)
    assert done.returncode == 0, done.stderr
    assert content(root) == content(finished.root)
