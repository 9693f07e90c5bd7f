"""A stage while it runs: a bar on the terminal, a progress artifact, lines in the log, a catalog that keeps up."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from flows.progress import Track
from flows.stage import Context, Receipt
from flows.watch.artifacts import Progress
from flows.watch.log import Log
from schemas.errors import CurationError
from warehouse.catalog import rebuild
from warehouse.journal import Chunk

#: Least time between two looks at the tables for the catalog and the artifact.
EVERY_S = 2.0
#: And so many times what the last look took, up to a minute: looking at large tables must not slow the work down.
PAUSE_PER_LOOK = 100.0
LONGEST_PAUSE_S = 60.0


class StageWatch:
    """Tells of a stage, chunk by chunk."""

    def __init__(self, context: Context, log: Log, stage: str, chunks: Sequence[Chunk]) -> None:
        self._context, self._log, self._stage = context, log, stage
        self._rows = sum(len(chunk.ids) for chunk in chunks)
        self._done = 0
        self._next = time.monotonic() + EVERY_S
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._track = self._open.enter_context(Track(self._stage, self._rows))
        self._progress = Progress(self._log, self._stage) if self._rows else None
        if self._rows:
            self._log.write("stage.started", stage=self._stage, rows=self._rows)
        return self

    def done(self, chunk: Chunk, receipt: Receipt) -> None:
        """Tell that a chunk is committed."""
        self._log.write(
            "chunk.done",
            stage=self._stage,
            chunk=chunk.commit.chunk_id,
            rows=len(chunk.ids),
            kept=receipt.kept,
            rejected=receipt.rejected,
            seconds=receipt.seconds,
            step_s=receipt.step_s,
            cpu_s=receipt.cpu_s,
        )
        self._advance(chunk)

    def failed(self, chunk: Chunk, error: CurationError) -> None:
        """Tell that a chunk failed."""
        kind, name = type(error).__name__, chunk.commit.chunk_id
        self._log.write("chunk.failed", stage=self._stage, chunk=name, error=kind, message=str(error))
        self._advance(chunk)

    def _advance(self, chunk: Chunk) -> None:
        self._done += len(chunk.ids)
        self._track.advance(len(chunk.ids))
        if time.monotonic() >= self._next:
            self._show()

    def _show(self) -> None:
        began = time.monotonic()
        rebuild(self._context.shelf)
        if self._progress is not None:
            self._progress.show(self._done, self._rows)
        ended = time.monotonic()
        self._next = ended + min(max(EVERY_S, PAUSE_PER_LOOK * (ended - began)), LONGEST_PAUSE_S)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if self._rows and (kind is None or issubclass(kind, Exception)):
                self._show()
                self._log.write(
                    "stage.ended", stage=self._stage, rows=self._done, seconds=time.monotonic() - self._began
                )
        finally:
            self._open.__exit__(kind, error, at)
