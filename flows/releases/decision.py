"""The decision about a production release: the flow pauses, a person decides, the decision is checked again.

Flows in: figures. Flows out: an ``Approval``, or ConfigError. A decision names the figures that it was made upon.
Prefect drops the constraints of prefilled fields when it asks (`RunInput.with_initial_data`), so that everything in an
answer is checked here, whatever the form allowed. Nothing of an answer but codes is ever kept.
Source: Prefect 3, "Pause and resume flow runs", "Send and receive flow run inputs".
"""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.alone import set_aside
from flows.person import check_code
from flows.quality.figures import Figures
from flows.releases.gate_figures import markdown, refusals
from schemas.errors import ConfigError
from schemas.publishing import Release
from warehouse.lock import held

#: Who waits for a decision, so that `sonocurate release approve` finds it.
WAITING = ".waiting-for-approval"
POLL_S = 2
Approve = Callable[[Figures, Release], "Approval"]


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved a release, when, and upon which figures."""

    approver: str
    approved_at: str
    figures_sha256: str


def check_refusals(figures: Figures, config: Release) -> None:
    """See that nothing stops a production release.

    Raises: ConfigError naming everything that does.
    """
    if against := list(refusals(figures, config)):
        raise ConfigError(f"release {config.name} is refused as production: {'; '.join(against)}")


def check_decision(answer: Mapping[str, Any], figures: Figures) -> Approval:
    """Check a decision as if nothing had been checked before.

    Raises: ConfigError when it is a refusal, half filled in, or made upon other figures.
    """
    approver, approved, upon = (answer.get(name) for name in ("approver", "approve", "figures_sha256"))
    if approved is not True:
        raise ConfigError("the release was not approved: nothing was published")
    code = check_code(approver, "approver")
    if upon != figures.sha256:
        raise ConfigError("the decision was made upon other figures than those of now: run the release again")
    return Approval(code, datetime.now(UTC).isoformat(timespec="seconds"), figures.sha256)


def ask_person(root: Path) -> Approve:
    """Give an ``Approve`` that pauses the flow run that it is called in.

    Other runs may work on the warehouse until somebody has decided.
    """

    def approve(figures: Figures, config: Release) -> Approval:
        _publish_artifact(figures, config)
        check_refusals(figures, config)
        with set_aside(root, config.approval_timeout_s), _told(root, figures, config):
            return check_decision(_paused(figures, config), figures)

    return approve


def _publish_artifact(figures: Figures, config: Release) -> None:
    from prefect.artifacts import create_markdown_artifact  # noqa: PLC0415 - reads its settings at import

    key = re.sub(r"[^a-z0-9]+", "-", f"release-{config.name}".lower()).strip("-")
    create_markdown_artifact(markdown(figures, config), key=key, description="Review figures of a release")


def _paused(figures: Figures, config: Release) -> dict[str, Any]:
    """Pause until somebody answers.

    Raises: ConfigError when nobody does in time.
    """
    from prefect.exceptions import FlowPauseTimeout  # noqa: PLC0415
    from prefect.flow_runs import pause_flow_run  # noqa: PLC0415

    from flows.releases.form import Decision  # noqa: PLC0415 - a Prefect model

    form = Decision.with_initial_data(
        description=f"Publish release {config.name}? Its figures are the artifact of this run.",
        figures_sha256=figures.sha256,
        approve=False,
    )
    try:
        answer = pause_flow_run(wait_for_input=form, timeout=config.approval_timeout_s, poll_interval=POLL_S)
    except FlowPauseTimeout:
        raise ConfigError("nobody decided about the release in time: run it again") from None
    given: dict[str, Any] = answer.model_dump()
    return given


@contextmanager
def _told(root: Path, figures: Figures, config: Release) -> Iterator[None]:
    """Say who waits, on standard error and in a file for `sonocurate release approve`.

    Raises: ConfigError when another release waits already.
    """
    from prefect.runtime import flow_run  # noqa: PLC0415
    from prefect.settings import PREFECT_API_URL  # noqa: PLC0415

    note = {
        "release": config.name,
        "flow_run_id": str(flow_run.get_id()),
        "api_url": str(PREFECT_API_URL.value() or ""),
        "figures_sha256": figures.sha256,
        "pid": os.getpid(),
    }
    place, aside = root / WAITING, root / f"{WAITING}.new"
    with held(root / f"{WAITING}.lock") as mine:
        if not mine:
            raise ConfigError("another release of this warehouse waits for approval: decide about it first")
        aside.write_text(json.dumps(note), encoding="utf-8")
        aside.replace(place)
        _say_who_waits(config, str(note["flow_run_id"]))
        try:
            yield
        finally:
            place.unlink(missing_ok=True)


def _say_who_waits(config: Release, flow_run_id: str) -> None:
    sys.stderr.write(
        f"release {config.name} waits for approval: `sonocurate release approve --approver CODE` (or --refuse), or "
        f"resume flow run {flow_run_id} in the Prefect UI; the figures are its artifact\n"
    )
