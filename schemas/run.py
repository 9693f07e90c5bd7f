"""How and where chunks run. Nothing of it changes a result, so nothing of it is part of a fingerprint."""

from typing import ClassVar, Literal

from pydantic import Field

from schemas.model import StageModel

RunnerName = Literal["threads", "processes", "dask"]


class Run(StageModel):
    """Workers, their memory, and what happens to a chunk that fails."""

    not_meaning: ClassVar[frozenset[str]] = frozenset(
        {"task_runner", "workers", "dask_scheduler", "worker_memory_mb", "retries", "retry_delay_s", "chunk_timeout_s"}
    )

    task_runner: RunnerName = Field("threads", description="threads or processes of this machine, or a Dask cluster")
    workers: int | None = Field(None, ge=1, le=1024, description="chunks at the same time; default desensitize.workers")
    dask_scheduler: str | None = Field(
        None, pattern=r"^(tcp|tls|ucx|ws|wss)://[^\s@]+$", description="address; without it a cluster on this machine"
    )
    worker_memory_mb: int | None = Field(
        None,
        ge=256,
        description="of a worker process that a run starts (threads and a scheduler's workers have none); a chunk "
        "that needs more fails, and the others go on",
    )
    retries: int = Field(2, ge=0, le=10, description="of a chunk that failed, each after twice the time")
    retry_delay_s: float = Field(2.0, ge=0, le=600, description="before the first retry")
    chunk_timeout_s: float | None = Field(None, gt=0, description="a chunk that takes longer fails; default: none does")
