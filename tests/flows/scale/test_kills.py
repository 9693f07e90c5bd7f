"""kill -9 of a run, of one of its worker processes, of the Prefect server: the next run ends with the same tables."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest
from PIL import Image

from flows.key import init_key
from warehouse.tables import Shelf

ROOT = Path(__file__).parents[3]
CASES = 6
TIMEOUT_S = 900
KILLS = max(2, int(os.environ.get("SONOCURATE_KILLS", "2")) // 3)
TABLES = ("cases", "reports", "findings", "rejects", "receipts")
#: Who is killed, by the workers that the run has and by a word of the victim's command line.
VICTIMS = {"run": ("threads", ""), "worker": ("processes", "spawn_main"), "server": ("threads", "server")}
CONFIG = """
[input]
table = "../cases.csv"
images = "../images"
[pseudonym]
key_file = "../pseudonym.key"
[warehouse]
root = "warehouse"
[intake]
chunk_cases = 1
[scrub]
chunk_reports = 1
ner = false
[tag]
chunk_reports = 1
[run]
task_runner = "{kind}"
workers = 2
retry_delay_s = 0.1
"""


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    base = tmp_path_factory.mktemp("kills")
    (base / "images").mkdir()
    init_key(base / "pseudonym.key")
    lines = ["case_id,patient_id,findings,images"]
    for at in range(CASES):
        Image.new("RGB", (64, 64), (at, 0, 0)).save(base / "images" / f"{at}.png")
        lines.append(f"{at},p{at},The liver has a cyst of {at} mm.,{at}.png")
    (base / "cases.csv").write_text("\n".join(lines) + "\n")
    return base


def config_of(export, name, kind):
    folder = export / name
    folder.mkdir()
    (folder / "pipeline.toml").write_text(CONFIG.format(kind=kind))
    return folder / "pipeline.toml"


def started(config):
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment = {**own, "PREFECT_HOME": str(config.parent / "prefect"), "PYTHONPATH": str(ROOT)}
    environment |= {"PREFECT_CLIENT_MAX_RETRIES": "2"}
    command = [sys.executable, "-m", "tests.flows.scale.stages", str(config)]
    with (config.parent / "run.log").open("ab") as log:
        return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)


def finish(config):
    process = started(config)
    process.wait(timeout=TIMEOUT_S)
    assert process.returncode == 0, (config.parent / "run.log").read_text()[-2000:]


def commits(root):
    return sum(1 for _ in root.glob("tables/*/_delta_log/*.json"))


def content(root):
    shelf = Shelf(root)
    return {name: Counter(map(repr, shelf.read(name).to_pylist())) for name in TABLES}


@pytest.fixture(scope="module")
def undisturbed(export):
    config = config_of(export, "undisturbed", "threads")
    finish(config)
    return config.parent / "warehouse"


def victim_of(process, mark):
    if not mark:
        return process.pid
    try:
        children = psutil.Process(process.pid).children(recursive=True)
        return next(
            (one.pid for one in children if mark in one.cmdline() or mark in " ".join(one.cmdline()[-2:])), None
        )
    except psutil.Error:
        return None


def killed(config, mark, moment, delay):
    """Kill the victim when the shelf has seen so many commits; the rest ends by itself."""
    root, process = config.parent / "warehouse", started(config)
    deadline = time.monotonic() + TIMEOUT_S
    while process.poll() is None and commits(root) < moment and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(delay)
    victim = victim_of(process, mark) if process.poll() is None else None
    if victim:
        os.kill(victim, signal.SIGKILL)
    process.wait(timeout=TIMEOUT_S)
    return victim is not None


def check(export, undisturbed, victim, seed):
    rng = random.Random(seed)
    kind, mark = VICTIMS[victim]
    config = config_of(export, f"{victim}-{seed}", kind)
    landed = killed(config, mark, rng.randrange(4, commits(undisturbed)), rng.uniform(0, 0.5))
    finish(config)
    assert content(config.parent / "warehouse") == content(undisturbed)
    return landed


@pytest.mark.slow
@pytest.mark.parametrize("victim", VICTIMS)
def test_after_kills_the_next_run_ends_with_the_same_tables(export, undisturbed, victim):
    assert sum(check(export, undisturbed, victim, seed) for seed in (1, 2)) >= 1


@pytest.mark.chaos
@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("seed", range(100, 100 + KILLS))
def test_chaos_of_kills(export, undisturbed, victim, seed):
    check(export, undisturbed, victim, seed)
