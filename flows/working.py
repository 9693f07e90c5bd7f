"""What a flow holds while it works: the warehouse for itself alone, its workers, and the log.

A stage inside `curate` shares what `curate` holds; a stage that runs alone holds its own.
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from flows.alone import alone
from flows.parameters import ConfigRun
from flows.scale.workers import Choice, Workers
from flows.stage import UMASK, Context, context_of, forget_contexts
from flows.watch.log import Log
from schemas.errors import CurationError


@dataclass(frozen=True)
class Work:
    """What a running flow works with."""

    config_path: str
    context: Context
    workers: Workers
    log: Log


_CURRENT: ContextVar[Work | None] = ContextVar("_CURRENT", default=None)


@contextmanager
def working(run: ConfigRun, flow_name: str) -> Iterator[Work]:
    """Hold the warehouse and workers for a flow.

    Raises: ConfigError when another run holds the warehouse longer than ``run.wait_s``.
    """
    if (outer := _CURRENT.get()) is not None:
        yield outer
        return
    warnings.simplefilter("ignore")  # libraries print values of headers in their warnings
    os.umask(UMASK)
    forget_contexts()
    context = context_of(run.config_path)
    with alone(context.shelf.root, run.wait_s), Workers(Choice.of(context.config, run)) as workers:
        log = Log(context.shelf.root)
        work = Work(run.config_path, context, workers, log)
        token = _CURRENT.set(work)
        try:
            log.write("run.started", flow=flow_name, release=context.config.release.name)
            yield work
        except BaseException as error:
            told = str(error) if isinstance(error, CurationError) else ""
            log.write("run.failed", flow=flow_name, error=type(error).__name__, message=told)
            raise
        else:
            log.write("run.completed", flow=flow_name)
        finally:
            _CURRENT.reset(token)


def current() -> Work:
    """Give what the running flow works with."""
    work = _CURRENT.get()
    if work is None:
        raise RuntimeError("no flow is working")
    return work


@contextmanager
def quiet_stages() -> Iterator[None]:
    """Let the stages of a pipeline send no heartbeats: the pipeline's own run does, and each costs a second to end."""
    from prefect.settings import (  # noqa: PLC0415 - Prefect reads its settings at import
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        temporary_settings,
    )

    with temporary_settings(updates={PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
