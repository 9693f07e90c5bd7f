"""The deployments: which flow runs when, with which parameters. `prefect.yaml` says the same for work pools.

Times are UTC. A run that finds another one on its warehouse waits for it; two of one deployment never run at once.
What a person has paused on the server, a deployment or its schedule, stays paused when it is registered again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.schedules import Schedule
from prefect.types.entrypoint import EntrypointType

from flows.curate import curate
from flows.deploy.automations import pause_on_leak
from flows.deploy.serving import serve_until_told
from flows.intake import intake_flow
from flows.parameters import ConfigRun, CurateRun, ReleaseRun, ReviewRun, StageRun
from flows.release import release_flow
from flows.review_sample import review_sample_flow
from schemas.errors import ConfigError

#: Runs of all deployments at the same time, in one process that serves.
AT_ONCE = 4
WAIT_S = 6 * 3600.0
#: Of a work pool: what Prefect takes as its name (it keeps those of 'prefect...' to itself), and who works for it.
POOL_NAME = re.compile(r"\w[\w .-]{0,99}")
POOL_TYPE = "process"
ONE = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)


@dataclass(frozen=True)
class Scheduled:
    """One deployment."""

    name: str
    flow: Flow[..., Any]
    cron: str
    run: ConfigRun
    description: str

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What its runs are told, as Prefect stores it."""
        return {"run": self.run.model_dump(mode="json", exclude_defaults=True)}

    @property
    def tags(self) -> list[str]:
        """Tags of its runs."""
        return ["sonocurate", self.name]

    def deployment(self, pool: str | None = None) -> RunnerDeployment:
        """Give what Prefect serves, or what the workers of a pool run; paused where the server has it paused."""
        known = self._known()
        on = known is None or all(one.active for one in known.schedules)
        return self.flow.to_deployment(  # type: ignore[return-value]
            self.name,
            schedules=[Schedule(cron=self.cron, active=on)],
            paused=known is not None and known.paused,
            parameters=dict(self.parameters),
            description=self.description,
            tags=self.tags,
            concurrency_limit=ONE,
            entrypoint_type=EntrypointType.MODULE_PATH,
            work_pool_name=pool,
        )

    def _known(self) -> DeploymentResponse | None:
        with get_client(sync_client=True) as client:
            try:
                return client.read_deployment_by_name(f"{self.flow.name}/{self.name}")
            except ObjectNotFound:
                return None


def scheduled(config: Path) -> list[Scheduled]:
    """List the deployments for a config file."""
    told: dict[str, Any] = {"config_path": str(config.resolve()), "wait_s": WAIT_S}
    return [
        Scheduled("nightly", curate, "0 1 * * *", CurateRun(**told, publish=False), "All stages on what is new"),
        Scheduled("hourly", intake_flow, "30 * * * *", StageRun(**told), "Take in what the hospital exported since"),
        Scheduled("weekly", review_sample_flow, "0 6 * * 1", ReviewRun(**told), "Draw the week's sample for experts"),
        Scheduled(
            "monthly",
            release_flow,
            "0 12 1 * *",
            ReleaseRun(**told, name="monthly-%Y-%m"),
            "Publish the month's release",
        ),
    ]


def register(config: Path, pool: str | None = None) -> dict[str, UUID]:
    """Put the deployments and the automation on the server that is configured; gives their ids by name.

    With ``pool`` the workers of a work pool run them; it is made, of type process, where there is none.

    Raises: ConfigError when the pool cannot be made, or is one of another type.
    """
    if pool is not None:
        _make_pool(pool)
    ids: dict[str, UUID] = {one.name: one.deployment(pool).apply() for one in scheduled(config)}  # type: ignore[misc]
    pause_on_leak(ids["monthly"])
    return ids


def _make_pool(name: str) -> None:
    """Make the pool where there is none.

    Raises: ConfigError when its name cannot be one, or when it is there and not of type process.
    """
    if not POOL_NAME.fullmatch(name) or name.lower().startswith("prefect"):
        raise ConfigError(
            "--pool: a name has letters, digits, ' ', '.', '_' and '-', at most 100, and does not begin with 'prefect'"
        )
    with get_client(sync_client=True) as client:
        try:
            found = client.create_work_pool(WorkPoolCreate(name=name, type=POOL_TYPE))
        except ObjectAlreadyExists:
            found = client.read_work_pool(name)
    if found.type != POOL_TYPE:
        raise ConfigError(f"--pool: {name} is of type {found.type}, not {POOL_TYPE}: choose another name")


def serve_all(config: Path) -> None:
    """Register the deployments and run what is due, until the process is told to end.

    Raises: Terminated after SIGTERM.
    """
    register(config)
    serve_until_told([one.deployment() for one in scheduled(config)], at_once=AT_ONCE)
