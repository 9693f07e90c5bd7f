"""The workers of a run: threads or processes of this machine, or a Dask cluster. Opened when the first chunk comes.

A worker process imports the modules of the steps, which load a model at its first use and keep it: once per worker.
It ends with the process that started it, however that ends: what a killed run has handed out is not worked on.
"""

import os
import resource
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import parent_process
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner

from flows.parameters import ConfigRun, StageRun
from schemas.config import Pipeline
from schemas.errors import ConfigError
from schemas.run import Run, RunnerName

if TYPE_CHECKING:
    from curation.dedup.kept import Pool
    from curation.dedup.rows import Rule

#: Chunks that wait per worker: enough that none idles, few enough that a stopped run has little to throw away.
WAITING_PER_WORKER = 2
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Choice:
    """Which workers, and how many."""

    kind: RunnerName
    count: int
    settings: Run

    @classmethod
    def of(cls, config: Pipeline, run: ConfigRun) -> Self:
        """Read the config; what a run is told wins."""
        told = run if isinstance(run, StageRun) else None
        kind = (told.task_runner if told else None) or config.run.task_runner
        count = (told.workers if told else None) or config.run.workers or config.desensitize.workers
        return cls(kind, count, config.run)


class Workers:
    """The workers of one run; they end with this object."""

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self._open, self._pool = ExitStack(), ExitStack()
        self._runner: TaskRunner[Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.close()
        self._open.__exit__(kind, error, at)
        # A worker that was killed while it told Prefect something holds the queue's lock for good. Prefect then leaves
        # the queue open, and this process would wait at its end to send what nobody reads.
        if (queue := getattr(self._runner, "_subprocess_message_queue", None)) is not None:
            queue.cancel_join_thread()

    @property
    def most_in_flight(self) -> int:
        """How many chunks may be handed out at the same time."""
        return self.choice.count * (1 + WAITING_PER_WORKER)

    def runner(self) -> "TaskRunner[Any]":
        """Give the task runner, started at first use.

        Raises: ConfigError when Dask is not installed, or its scheduler does not answer.
        """
        if self._runner is None:
            runner = self._open.enter_context(_new_runner(self.choice))
            if self.choice.kind == "dask":
                _connect(runner, self.choice.settings)
            self._runner = runner
        return self._runner

    def pool(self, rule: "Rule", expected: int) -> "Pool | None":
        """Give an empty pool of kept texts that is divided over the workers; the one before it is forgotten.

        None where texts stay in this process. Raises: ChunkError when the cluster has no worker.
        """
        self._pool.close()
        if self.choice.kind == "threads" or self.choice.count == 1:
            return None
        if self.choice.kind == "processes":
            from flows.dedup.shards import ShardedPool  # noqa: PLC0415 - few runs need it

            return self._pool.enter_context(ShardedPool(rule, self.choice.count, expected))
        from flows.scale.actors import ActorPool  # noqa: PLC0415 - Dask may be absent

        client = self.runner().client  # type: ignore[attr-defined]
        return self._pool.enter_context(ActorPool(client, rule, self.choice.count, expected))


def _new_runner(choice: Choice) -> "TaskRunner[Any]":
    limit = choice.settings.worker_memory_mb
    if choice.kind == "threads":
        return ThreadPoolTaskRunner(max_workers=choice.count)
    if choice.kind == "processes":
        return ProcessPoolTaskRunner(max_workers=choice.count, initializer=begin_worker, initargs=(limit,))
    return _dask_runner(choice)


def _dask_runner(choice: Choice) -> "TaskRunner[Any]":
    try:
        from prefect_dask import DaskTaskRunner  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigError("run.task_runner: Dask is not installed: pip install 'sonocurate[dask]'") from None
    settings = choice.settings
    if settings.dask_scheduler:
        runner: TaskRunner[Any] = DaskTaskRunner(address=settings.dask_scheduler, client_kwargs={"timeout": "10s"})
    else:
        limit = f"{settings.worker_memory_mb}MiB" if settings.worker_memory_mb else "auto"
        size = {"n_workers": choice.count, "threads_per_worker": 1, "memory_limit": limit}
        runner = DaskTaskRunner(cluster_kwargs={**size, "dashboard_address": None, "host": "127.0.0.1"})
    return runner


def _connect(runner: "TaskRunner[Any]", settings: Run) -> None:
    """Start or find the cluster now: Prefect would do so at the first chunk, with a traceback."""
    try:
        runner.client  # type: ignore[attr-defined] # noqa: B018 - connects
    except (OSError, TimeoutError):
        where = settings.dask_scheduler or "a cluster on this machine"
        raise ConfigError(f"run.dask_scheduler: {where} does not answer: start it, or correct the address") from None


def begin_worker(megabytes: int | None) -> None:
    """Prepare a new worker process: its memory, and its end."""
    limit_memory(megabytes)
    end_with_parent()


def end_with_parent() -> None:
    """Let this process end at once when the one that started it is gone; a commit that is cut short does not count."""

    def watch() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, name="end with parent", daemon=True).start()


def limit_memory(megabytes: int | None) -> None:
    """Let this process have so much memory of its own; asking for more raises MemoryError, which fails its chunk."""
    if megabytes is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (megabytes * _MB, megabytes * _MB))
