"""What a flow can be told: the forms of the Prefect UI, validated again when a flow starts.

Paths, names and numbers only: Prefect stores parameters in plain text. A bad value fails the run with the field named;
values are never quoted.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas.instruction import Tier
from schemas.run import RunnerName


def _is_file(path: str) -> str:
    try:
        found = Path(path).is_file()
    except (OSError, ValueError):
        found = False
    if not found:
        raise ValueError("no such file where this flow runs")
    return path


def dated(name: str) -> str:
    """Put today (UTC) into a name that holds patterns of strftime, such as ``monthly-%Y-%m``."""
    return datetime.now(UTC).strftime(name) if "%" in name else name


Dated = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9%][A-Za-z0-9%._-]{0,47}$", description="name; %Y, %m, %d, %G, %V are parts of today"),
]


class ConfigRun(BaseModel):
    """What every flow is told."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    config_path: Annotated[
        str,
        Field(min_length=1, max_length=4096, description="pipeline TOML, as the worker sees it"),
        AfterValidator(_is_file),
    ]
    wait_s: float = Field(0, ge=0, le=86_400, description="for another run on the same warehouse; then it is refused")


class StageRun(ConfigRun):
    """What the stages are told whose chunks run on workers."""

    task_runner: RunnerName | None = Field(None, description="instead of the config's [run] task_runner")
    workers: int | None = Field(None, ge=1, le=1024, description="instead of the config's [run] workers")


class GenerateRun(ConfigRun):
    """What the stage is told that writes pairs."""

    embedded: bool = Field(True, description="allow the demo model where no endpoint is configured")


class CurateRun(StageRun):
    """What the whole pipeline is told."""

    embedded: bool = Field(True, description="allow the demo model where no endpoint is configured")
    publish: bool = Field(True, description="publish the release that the config names, at the end")


class ReleaseRun(ConfigRun):
    """What the release is told."""

    name: Dated | None = Field(None, description="default: the config's; %Y, %m and %d are parts of today")
    tier: Tier | None = Field(None, description="default: the config's")
    against: tuple[str, ...] = Field((), description="folders of sets that train must not hold")
    audit: str | None = Field(None, description="folder of a leak audit, for the card")


class ReviewRun(ConfigRun):
    """What the drawing of an expert sample is told."""

    name: Dated = "weekly-%G-%V"
    n: int | None = Field(None, ge=1, description="pairs; default: the config's")
    seed: int | None = Field(None, description="default: the config's")
