"""Run the chunks of a stage as Prefect tasks and show how far they are."""

from collections.abc import Iterable

from prefect import Flow, Task
from prefect.futures import as_completed
from prefect.task_runners import ThreadPoolTaskRunner

from flows.progress import Track
from flows.stage import Receipt, context_of
from schemas.errors import ChunkError, CurationError


def run_chunks(
    task: Task[..., Receipt], config_path: str, stage: str, ids: Iterable[str], size: int, **more: object
) -> Receipt:
    """Plan the ids that are new, then work on every chunk that is not done, concurrently.

    Raises: ChunkError after all other chunks went on, when some failed; ConfigError at once.
    """
    chunks = context_of(config_path).journal(stage).plan(ids, size)
    total = Receipt(stage, 0, 0, 0)
    failures: list[CurationError] = []
    with Track(stage, sum(len(chunk.ids) for chunk in chunks)) as track:
        rows = {}
        for chunk in chunks:
            future = task.submit(config_path, chunk.commit.chunk_id, **more)
            rows[future] = len(chunk.ids)
        for future in as_completed(list(rows)):
            outcome = future.result(raise_on_failure=False)
            if isinstance(outcome, Receipt):
                total += outcome
            else:
                failures.append(_failure(outcome, stage))
            track.advance(rows[future])
    return finish(total, failures)


def run_in_order(task: Task[..., Receipt], config_path: str, stage: str, ids: Iterable[str], size: int) -> Receipt:
    """Plan and work on the chunks one after the other; for the one stage whose order matters.

    Raises: as the first chunk that fails.
    """
    chunks = context_of(config_path).journal(stage).plan(ids, size)
    total = Receipt(stage, 0, 0, 0)
    with Track(stage, sum(len(chunk.ids) for chunk in chunks)) as track:
        for chunk in chunks:
            total += task(config_path, chunk.commit.chunk_id)
            track.advance(len(chunk.ids))
    return total


def finish(total: Receipt, failures: list[CurationError]) -> Receipt:
    """Give the stage's receipt, or raise for the chunks that failed."""
    if not failures:
        return total
    for failure in failures:
        if not isinstance(failure, ChunkError):
            raise failure
    raise ChunkError(f"{total.stage}: {len(failures)} chunks failed, first: {failures[0]}")


def on_threads(flow: Flow[..., Receipt], workers: int) -> Flow[..., Receipt]:
    """Run a stage's flow on this many threads."""
    runner: ThreadPoolTaskRunner[Receipt] = ThreadPoolTaskRunner(max_workers=workers)
    return flow.with_options(task_runner=runner)  # type: ignore[arg-type]


def _failure(outcome: object, stage: str) -> CurationError:
    if isinstance(outcome, CurationError):
        return outcome
    return ChunkError(f"{stage}: a chunk failed with {type(outcome).__name__}")
