"""What a run shows in the Prefect UI: progress, funnel, quality, cost, a link to the picture, a summary.

Flows in: counts and ids. Flows out: artifacts. A server that takes none does not stop a run.
"""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from flows.watch.log import Log


class Progress:
    """A progress artifact of a stage, 0 to 100 %."""

    def __init__(self, log: Log, stage: str) -> None:
        self._log, self._stage = log, stage
        key = key_of("progress", stage)
        self._id: UUID | None = offered(log, create_progress_artifact, progress=0.0, key=key)

    def show(self, done: int, rows: int) -> None:
        """Say how far the stage is."""
        if self._id is not None:
            text = f"{self._stage}: {done} of {rows} rows"
            now = {"progress": 100.0 * done / rows, "description": text}
            offered(self._log, update_progress_artifact, artifact_id=self._id, **now)


def key_of(*words: str) -> str:
    """Make the key of an artifact: lower-case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-")


def offered(log: Log, create: Callable[..., Any], **fields: Any) -> Any:  # noqa: ANN401 - what Prefect takes and gives
    """Make an artifact; None where the server does not take it, which the log says."""
    try:
        return create(**fields)
    except Exception as error:  # noqa: BLE001 - the server is for watching: work goes on without it
        log.write("artifact.failed", error=type(error).__name__)
        return None
