"""Chunks that fail, take too long, or ask for a person: how often they are tried, and what comes of it."""

import subprocess
import sys
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from prefect import flow, get_client, task
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


@contextmanager
def limit(tag):
    with get_client(sync_client=True) as client:
        client.create_concurrency_limit(tag, 1)
        try:
            yield
        finally:
            client.delete_concurrency_limit_by_tag(tag)


def test_a_limit_on_a_tag_holds_and_chunks_wear_no_other_tags(site):
    assert most_at_once() == (2, set())
    for tag in ("scrub", "cpu"):
        with limit(tag):
            assert most_at_once() == (1, {tag})


def most_at_once():
    """Run two chunks on two threads: how many work at the same time, and what tags do they wear?"""
    working, seen = [], []

    @task
    def long(config_path, chunk_id):
        working.append(chunk_id)
        seen.append(len(working))
        time.sleep(1.5)
        working.remove(chunk_id)

    @flow
    def two():
        ready = equipped(long, SimpleNamespace(config=SimpleNamespace(run=Run())), "scrub")
        with ThreadPoolTaskRunner(max_workers=2) as runner:
            futures = [runner.submit(ready, {"config_path": "none.toml", "chunk_id": str(at)}) for at in range(2)]
            for future in futures:
                future.wait()
        return ready.tags

    tags = two()
    return max(seen), tags


def test_a_worker_may_have_no_more_memory_than_it_was_given():
    code = "from flows.scale.workers import limit_memory; limit_memory(400); b = bytearray(800 * 1024 * 1024)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "MemoryError" in done.stderr
