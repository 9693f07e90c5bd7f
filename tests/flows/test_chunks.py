"""Chunks that fail, take too long, or ask for a person: how often they are tried, and what comes of it."""

import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from prefect import flow, task
from prefect.task_runners import ThreadPoolTaskRunner

from flows.chunks import equipped
from flows.stage import Receipt
from schemas.errors import ChunkError, ConfigError, LeakError, RetryableError
from schemas.run import Run

TRIES = []


@task
def chunk(config_path, chunk_id):
    TRIES.append(chunk_id)
    if chunk_id == "slow":
        for _ in range(200):
            time.sleep(0.05)
    raise {"chunk": ChunkError, "config": ConfigError, "leak": LeakError, "later": RetryableError}[chunk_id]("no")


@pytest.mark.parametrize(("name", "tries"), [("chunk", 3), ("later", 3), ("config", 1), ("leak", 1)])
def test_only_what_may_succeed_later_is_tried_again(site, name, tries):
    assert outcome_of(name, Run(retries=2, retry_delay_s=0.0)) == tries


def test_a_chunk_that_takes_too_long_fails(site):
    began = time.monotonic()
    assert outcome_of("slow", Run(retries=0, chunk_timeout_s=0.5)) == 1
    assert time.monotonic() - began < 9


def outcome_of(name, settings):
    TRIES.clear()
    context = SimpleNamespace(config=SimpleNamespace(run=settings))

    @flow
    def one():
        with ThreadPoolTaskRunner(max_workers=1) as runner:
            future = runner.submit(equipped(chunk, context, "scrub"), {"config_path": "none.toml", "chunk_id": name})
            future.wait()
            return future.state

    state = one(return_state=True).result(raise_on_failure=False)
    assert not isinstance(state, Receipt)
    return len(TRIES)


def test_a_worker_may_have_no_more_memory_than_it_was_given():
    code = "from flows.scale.workers import limit_memory; limit_memory(400); b = bytearray(800 * 1024 * 1024)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "MemoryError" in done.stderr
