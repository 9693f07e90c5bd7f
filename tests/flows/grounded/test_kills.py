"""kill -9 while annotations are read, frames are rated or pairs are made: the next run ends with the same tables."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.stage import forget_contexts
from tests.flows.grounded.conftest import EXTRA, coco
from tests.flows.grounded.seer import Seer, serve
from tests.flows.releases.conftest import Hospital
from warehouse.tables import Shelf

ROOT = Path(__file__).parents[3]
TIMEOUT_S = 900
KILLS = max(2, int(os.environ.get("SONOCURATE_KILLS", "2")) // 3)
STAGES = ("annotate", "rate", "ground")
TABLES = ("annotations", "frame_quality", "grounded_pairs", "rejects", "receipts")
SETTINGS = """
[annotate]
chunk_images = 4
[rate]
chunk_images = 4
frames = "annotated"
[ground]
chunk_images = 4
[run]
retry_delay_s = 0.1
[[endpoints]]
name = "seer"
base_url = "{url}"
model = "seer"
capabilities = ["text", "json_schema", "vision"]
"""
#: Requests that may be on their way when a kill comes.
IN_FLIGHT = 8


@dataclass
class Grounds:
    """An annotated hospital, a model, and warehouses that start from the same shelf."""

    hospital: Hospital
    seer: Seer

    def config(self, name: str) -> Path:
        folder = self.hospital.folder / name
        folder.mkdir()
        shutil.copytree(self.hospital.folder / "warehouse", folder / "warehouse")
        text = self.hospital.config.read_text(encoding="utf-8")
        for own in ("cases.csv", "images", "pseudonym.key", "coco.json"):
            text = text.replace(f'"{own}"', f'"../{own}"')
        (folder / "pipeline.toml").write_text(text, encoding="utf-8")
        return folder / "pipeline.toml"

    def started(self, config: Path) -> subprocess.Popen:
        own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        environment = {**own, "PREFECT_HOME": str(config.parent / "prefect"), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "tests.flows.grounded.stages", str(config)]
        with (config.parent / "run.log").open("ab") as log:
            return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)

    def finish(self, config: Path) -> Path:
        process = self.started(config)
        process.wait(timeout=TIMEOUT_S)
        assert process.returncode == 0, (config.parent / "run.log").read_text()[-2000:]
        return config.parent / "warehouse"


@pytest.fixture
def grounds(hospital):
    (hospital.folder / "coco.json").write_text(json.dumps(coco(hospital)), encoding="utf-8")
    with serve() as seer:
        hospital.set("[release]", SETTINGS.format(url=seer.url) + EXTRA + "[release]")
        hospital.shelve()
        forget_contexts()
        yield Grounds(hospital, seer)


def done(root, stage):
    """Count the chunks of a stage that are done."""
    rows = Shelf(root).read("receipts", ["stage", "state"]).to_pylist()
    return sum((row["stage"], row["state"]) == (stage, "done") for row in rows)


def content(root):
    shelf = Shelf(root)
    return {name: Counter(map(repr, shelf.read(name).to_pylist())) for name in TABLES}


def transactions(root):
    """Count how often every transaction was committed."""
    lines = [line for path in root.glob("tables/*/_delta_log/*.json") for line in path.read_text().splitlines()]
    return Counter(json.loads(line)["txn"]["appId"] for line in lines if '"txn"' in line[:10])


def killed(grounds, config, stage, chunks, delay):
    """Kill a run when so many chunks of a stage are done."""
    process, root = grounds.started(config), config.parent / "warehouse"
    deadline = time.monotonic() + TIMEOUT_S
    while process.poll() is None and done(root, stage) < chunks and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(delay)
    landed = process.poll() is None
    if landed:
        os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=TIMEOUT_S)
    return landed


def check(grounds, undisturbed, seed, stages):
    """Kill a run in the middle of each of these stages, one after the other, then let it finish."""
    rng = random.Random(seed)
    config, landed = grounds.config(f"killed-{seed}"), 0
    before = Counter(grounds.seer.sent)
    for stage in stages:
        landed += killed(grounds, config, stage, rng.randrange(1, 5), rng.uniform(0, 0.3))
    root = grounds.finish(config)
    assert content(root) == content(undisturbed)
    assert set(transactions(root).values()) == {1} and transactions(root) == transactions(undisturbed)
    sent = grounds.seer.sent - before
    assert set(sent) == set(before) and sum(sent.values()) - len(sent) <= IN_FLIGHT * landed
    return landed


def finished(grounds):
    root = grounds.finish(grounds.config("undisturbed"))
    found = {name: Shelf(root).read(name) for name in TABLES}
    assert found["annotations"].num_rows == 48 and found["frame_quality"].num_rows == 24
    assert {done(root, stage) for stage in STAGES[1:]} == {6}
    reasons = Counter(found["rejects"]["reason"].to_pylist())
    explained = found["grounded_pairs"]["rationale"].drop_null()
    assert reasons["UNSUPPORTED_NUMBER"] > 0 and len(explained) + reasons["UNSUPPORTED_NUMBER"] == 24
    assert len(set(found["frame_quality"]["level"].to_pylist())) == 3
    return root


@pytest.mark.slow
def test_after_kills_the_next_run_ends_with_the_same_tables(grounds):
    assert check(grounds, finished(grounds), 1, random.Random(1).sample(STAGES, 2)) >= 1


@pytest.mark.chaos
def test_chaos_of_kills(grounds):
    undisturbed = finished(grounds)
    landed = [check(grounds, undisturbed, seed, STAGES) for seed in range(100, 100 + KILLS)]
    assert sum(landed) >= KILLS
