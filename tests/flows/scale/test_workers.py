"""Threads, processes and a Dask cluster give the same tables, and a worker loads a model once."""

import os
import time
from collections import Counter

import pytest
from prefect import flow, task

from curation.image.rapidocr import load_engine
from flows.desensitize import desensitize_flow
from flows.intake import intake_flow
from flows.key import init_key
from flows.parameters import StageRun
from flows.sample.hospital import build
from flows.scale.workers import Choice, Workers
from flows.scrub import scrub_flow
from flows.stage import forget_contexts
from flows.tag import tag_flow
from flows.working import current, working
from schemas.errors import ConfigError
from schemas.run import Run
from warehouse.tables import Shelf

TABLES = ("cases", "images", "text_regions", "reports", "findings", "rejects", "receipts")
KINDS = ("threads", "processes", "dask")
WORKERS = 2


@task
def loaded() -> tuple[int, int, int]:
    """Say which process this is, how often it loaded the engine, and how often it found it loaded."""
    time.sleep(0.5)  # so that both workers get some
    known = load_engine.cache_info()
    return os.getpid(), known.misses, known.hits


@flow
def before_pairs(run: StageRun) -> list[tuple[int, int, int]]:
    """Every stage that needs no model server."""
    with working(run, "test"):
        for stage in (intake_flow, desensitize_flow, scrub_flow, tag_flow):
            stage(run)
        runner = current().workers.runner()
        return [future.result() for future in [runner.submit(loaded, {}) for _ in range(8)]]


def content(root):
    shelf = Shelf(root)
    return {name: Counter(map(repr, sorted(shelf.read(name).to_pylist(), key=repr))) for name in TABLES}


CONFIG = """
[input]
table = "../hospital/cases.csv"
images = "../hospital/images"
[pseudonym]
key_file = "../pseudonym.key"
[warehouse]
root = "warehouse"
[intake]
chunk_cases = 1
[desensitize]
chunk_images = 1
frames_per_cine = 1
residual_audit = false
[scrub]
chunk_reports = 1
[run]
task_runner = "{kind}"
workers = {workers}
"""


@pytest.fixture(scope="module")
def runs(site, tmp_path_factory):
    """The same small hospital on every kind of workers; ``site`` gives the Prefect server."""
    base = tmp_path_factory.mktemp("kinds")
    build(base / "hospital", base / "truth", cases=2, seed=7)
    init_key(base / "pseudonym.key")
    found = {}
    for kind in KINDS:
        folder = base / kind
        folder.mkdir()
        config = folder / "pipeline.toml"
        config.write_text(CONFIG.format(kind=kind, workers=WORKERS), encoding="utf-8")
        forget_contexts()
        found[kind] = folder / "warehouse", before_pairs(StageRun(config_path=str(config)))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS[1:])
def test_the_tables_are_those_of_threads(runs, kind):
    mine, threads = content(runs[kind][0]), content(runs["threads"][0])
    assert sum(threads["images"].values()) >= 4
    assert mine == threads


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS[1:])
def test_two_workers_share_the_work_and_each_loads_the_engine_once(runs, kind):
    workers = {pid: (misses, hits) for pid, misses, hits in runs[kind][1]}
    assert len(workers) == WORKERS
    assert os.getpid() not in workers
    assert all(misses == 1 for misses, _ in workers.values())
    assert sum(hits for _, hits in workers.values()) > 0


def test_a_dask_scheduler_that_is_not_there_is_one_line():
    choice = Choice("dask", 1, Run(task_runner="dask", dask_scheduler="tcp://127.0.0.1:9"))
    with Workers(choice) as workers, pytest.raises(ConfigError, match="dask_scheduler"):
        workers.runner()
