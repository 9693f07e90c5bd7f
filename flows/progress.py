"""Progress of a stage on the terminal: a bar where someone watches, one line where nobody does."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Track:
    """Shows how many rows of a stage are done."""

    def __init__(self, stage: str, total: int, *, unit: str = "rows") -> None:
        self._stage = stage
        self._total = total
        self._unit = unit
        self._done = 0
        self._console = Console(stderr=True)
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        if self._console.is_terminal and self._total:
            columns = (SpinnerColumn(), TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn())
            self._bar = Progress(*columns, TimeElapsedColumn(), console=self._console)
            self._bar.start()
            self._task = self._bar.add_task(self._stage, total=self._total)
        return self

    def advance(self, rows: int = 1) -> None:
        """Count rows as done."""
        self._done += rows
        if self._bar is not None:
            self._bar.advance(self._task, rows)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()
            return
        seconds = time.monotonic() - self._started
        state = f"{self._done} {self._unit} in {seconds:.1f} s" if self._total else "nothing new"
        sys.stderr.write(f"{self._stage:<12} {state}\n")
