"""What other programs can act on: custom events of Prefect, with counts and names of releases only.

`sonocurate.leak.suspected`, `sonocurate.budget.reached`, `sonocurate.release.published`; the resource is the warehouse,
named by a hash of its place. `flows/deploy/automations.py` acts on them.
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from prefect.events import emit_event

from flows.watch.costs import costs_of

if TYPE_CHECKING:
    from flows.stage import Receipt
    from flows.working import Work

LEAK = "sonocurate.leak.suspected"
BUDGET = "sonocurate.budget.reached"
PUBLISHED = "sonocurate.release.published"


def resource_of(root: Path) -> dict[str, str]:
    """Name a warehouse as the resource of an event."""
    name = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]
    return {"prefect.resource.id": f"sonocurate.warehouse.{name}", "prefect.resource.name": "warehouse"}


def leak_suspected(work: "Work", release: str) -> None:
    """Tell that the gate found known PHI in a row of a release; which row, only the gate's error says."""
    _emit(work, LEAK, release=release)


def budget_reached(work: "Work", budget_usd: float) -> None:
    """Tell that the budget of the warehouse is spent."""
    spent = sum(cost.cost_usd for cost in costs_of(work.context.shelf.root))
    _emit(work, BUDGET, spent_usd=round(spent, 4), budget_usd=budget_usd)


def release_published(work: "Work", release: str, receipt: "Receipt") -> None:
    """Tell that a release is there."""
    _emit(work, PUBLISHED, release=release, kept=receipt.kept, rejected=receipt.rejected)


def _emit(work: "Work", event: str, **payload: str | int | float) -> None:
    work.log.write(event, **payload)
    emit_event(event, resource=resource_of(work.context.shelf.root), payload=payload)
