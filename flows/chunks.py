"""Run the chunks of a stage as Prefect tasks on the workers, few at a time, and show how far they are."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any
from uuid import UUID

from prefect import Task, get_client
from prefect.client.schemas import TaskRun
from prefect.client.schemas.objects import State
from prefect.exceptions import ObjectNotFound
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from prefect.tasks import exponential_backoff

from flows.names import chunk_name
from flows.scale.workers import WAITING_PER_WORKER
from flows.stage import ENDPOINTS, STAGES, Context, Receipt
from flows.watch.stage import StageWatch
from flows.working import Work, current
from schemas.errors import ChunkError, ConfigError, CurationError, LeakError
from warehouse.journal import Chunk

#: Waits of retries are drawn up to half as long again, so that chunks that failed together do not come together.
JITTER = 0.5
#: Chunks that ask endpoints at the same time; the pool they share sees to the endpoints' own limits.
ASKING = 1


Outcome = Receipt | CurationError


def run_chunks(task: Task[..., Receipt], stage: str, ids: Iterable[str], size: int, **more: object) -> Receipt:
    """Plan the ids that are new, then work on every chunk that is not done, concurrently.

    Raises: ChunkError after all other chunks went on, when some failed; ConfigError as soon as one says so.
    """
    work = current()
    chunks = work.context.journal(stage).plan(ids, size)
    return _watched(work, stage, chunks, _concurrently(task, work, stage, chunks, more))


def run_in_order(task: Task[..., Receipt], stage: str, ids: Iterable[str], size: int) -> Receipt:
    """Plan and work on the chunks one after the other; for the one stage whose order matters.

    Raises: as the first chunk that fails.
    """
    work = current()
    chunks = work.context.journal(stage).plan(ids, size)

    def outcomes() -> Iterator[tuple[Chunk, Outcome]]:
        if not chunks:
            return
        ready = equipped(task, work.context, stage)
        for chunk in chunks:
            state: State[Receipt] = ready(**_reference(work, chunk), return_state=True)  # type: ignore[assignment]
            outcome = _outcome(partial(state.result, raise_on_failure=False), stage)
            yield chunk, outcome
            if not isinstance(outcome, Receipt):
                return

    return _watched(work, stage, chunks, outcomes())


def equipped(task: Task[..., Receipt], context: Context, stage: str) -> Task[..., Receipt]:
    """Give a task its retries, time limit, name, and the tags that the server limits.

    A task with a tag asks for its turn before it begins, and a server on SQLite has it wait two seconds where it writes
    at that moment; so tags that nobody limits are left out. A limit holds over all runs of a server.
    """
    config = context.config.run
    return task.with_options(
        retries=config.retries,
        retry_delay_seconds=exponential_backoff(config.retry_delay_s),
        retry_jitter_factor=JITTER,
        retry_condition_fn=may_succeed_later,
        timeout_seconds=config.chunk_timeout_s,
        tags=_limited((stage, STAGES[stage].resource)),
        task_run_name=chunk_name,
    )


def _limited(tags: Sequence[str]) -> list[str]:
    """Choose the tags on which the server has a concurrency limit now."""
    found = []
    with get_client(sync_client=True) as client:
        for tag in tags:
            with suppress(ObjectNotFound):
                client.read_concurrency_limit_by_tag(tag)
                found.append(tag)
    return found


def may_succeed_later(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Say whether a chunk that failed is worth another try: not where a person must change something first."""
    error = state.result(raise_on_failure=False)
    return not isinstance(error, ConfigError | LeakError)


def finish(total: Receipt, failures: Sequence[CurationError]) -> Receipt:
    """Give the stage's receipt, or raise for the chunks that failed."""
    if not failures:
        return total
    for failure in failures:
        if not isinstance(failure, ChunkError):
            raise failure
    raise ChunkError(f"{total.stage}: {len(failures)} chunks failed, first: {failures[0]}")


def _watched(work: Work, stage: str, chunks: Sequence[Chunk], outcomes: Iterable[tuple[Chunk, Outcome]]) -> Receipt:
    total = Receipt(stage, 0, 0, 0)
    failures: list[CurationError] = []
    with StageWatch(work.context, work.log, stage, chunks) as watch:
        for chunk, outcome in outcomes:
            if isinstance(outcome, Receipt):
                total += outcome
                watch.done(chunk, outcome)
            else:
                failures.append(outcome)
                watch.failed(chunk, outcome)
    return finish(total, failures)


def _concurrently(
    task: Task[..., Receipt], work: Work, stage: str, chunks: Sequence[Chunk], more: Mapping[str, object]
) -> Iterator[tuple[Chunk, Outcome]]:
    def on(runner: TaskRunner[Any], most: int) -> Iterator[tuple[Chunk, Outcome]]:
        return _handed_out(lambda chunk: runner.submit(task, {**_reference(work, chunk), **more}), most, chunks, stage)

    if not chunks:
        return
    task = equipped(task, work.context, stage)
    if STAGES[stage].resource != ENDPOINTS:
        yield from on(work.workers.runner(), work.workers.most_in_flight)
        return
    asking: ThreadPoolTaskRunner[Receipt] = ThreadPoolTaskRunner(max_workers=ASKING)
    with asking as runner:
        yield from on(runner, ASKING * (1 + WAITING_PER_WORKER))


def _handed_out(
    submit: Callable[[Chunk], PrefectFuture[Receipt]], most: int, chunks: Sequence[Chunk], stage: str
) -> Iterator[tuple[Chunk, Outcome]]:
    """Hand chunks out, ``most`` at a time; when one says that the input must be fixed, no other is begun."""
    waiting, running = deque(chunks), dict[UUID, Chunk]()
    ended: SimpleQueue[PrefectFuture[Receipt]] = SimpleQueue()
    while waiting or running:
        while waiting and len(running) < most:
            chunk = waiting.popleft()
            try:
                future = submit(chunk)
            except Exception as error:  # noqa: BLE001 - workers of which one was killed take nothing more
                yield chunk, _lost(error, stage)
                continue
            running[future.task_run_id] = chunk
            future.add_done_callback(ended.put)
        if running:
            future = ended.get()
            outcome = _outcome(partial(future.result, raise_on_failure=False), stage)
            if not isinstance(outcome, Receipt | ChunkError):
                waiting.clear()
            yield running.pop(future.task_run_id), outcome


def _reference(work: Work, chunk: Chunk) -> dict[str, str]:
    return {"config_path": work.config_path, "chunk_id": chunk.commit.chunk_id}


def _outcome(result: Callable[[], object], stage: str) -> Outcome:
    try:
        outcome = result()
    except Exception as error:  # noqa: BLE001 - a worker that was killed has no result
        outcome = error
    return outcome if isinstance(outcome, Receipt | CurationError) else _lost(outcome, stage)


def _lost(error: object, stage: str) -> ChunkError:
    return ChunkError(f"{stage}: a chunk failed with {type(error).__name__}; run again")
