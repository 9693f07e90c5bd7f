"""Table `strategy_audit`: which strategies are suspended, and what followed from it.

Flows in: tables, decisions. Flows out: ``Suspension`` values; rows, each step exactly once.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curation.quality.suspension import Suspension, strategy_of
from schemas.reject import RejectReason
from schemas.strategy import STRATEGY_AUDIT, AuditStep
from warehouse.tables import Commit, Shelf, Tables

TABLE = "strategy_audit"
STRATEGY_COLUMNS = ["instance_id", "model", "template_id", "prompt_sha256", "task", "systems"]
ALL = "all"


def suspensions_of(tables: Tables) -> list[Suspension]:
    """Read which strategies are suspended now: the last word on each counts."""
    decisive = pc.field("step").isin([AuditStep.SUSPENDED.value, AuditStep.LIFTED.value])
    rows = tables.read(TABLE, None, decisive).sort_by([("decided_at", "ascending"), ("audit_id", "ascending")])
    found: dict[str, Suspension] = {}
    for row in rows.to_pylist():
        one = Suspension(row["level"], tuple(row["strategy"]), frozenset(row["models"]), frozenset(row["prompts"]))
        found.pop(one.name, None)
        if row["step"] == AuditStep.SUSPENDED:
            found[one.name] = one
    return [found[name] for name in sorted(found)]


def covered(tables: Tables, suspensions: Sequence[Suspension]) -> dict[str, str]:
    """Find the pairs on the shelf that a suspended strategy made, with the name of the first that did."""
    if not suspensions:
        return {}
    found: dict[str, str] = {}
    for pair in tables.read("instruction_pairs", STRATEGY_COLUMNS).to_pylist():
        strategy = strategy_of(pair)
        name = next((one.name for one in suspensions if one.covers(strategy)), None)
        if name is not None:
            found[pair["instance_id"]] = name
    return found


def step_row(step: AuditStep, one: Suspension, site: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - columns
    """Build one row; columns that are not given are null."""
    empty = dict.fromkeys(STRATEGY_AUDIT.names)
    own = {"step": step.value, "level": one.level, "strategy": list(one.strategy), "site": site}
    return empty | own | {"models": sorted(one.models), "prompts": sorted(one.prompts)} | more


def write_steps(shelf: Shelf, rows: Iterable[Mapping[str, Any]], decision: str) -> bool:
    """Append the steps of one decision at once; False when it was written before."""
    audit_id = hashlib.sha256(decision.encode()).hexdigest()[:16]
    now = datetime.now(UTC)
    table = pa.Table.from_pylist([{**row, "audit_id": audit_id, "decided_at": now} for row in rows], STRATEGY_AUDIT)
    return shelf.append(TABLE, table, Commit("retrospect", 0, "", audit_id))


def note_regenerated(shelf: Shelf, suspensions: Sequence[Suspension], fingerprint: str, site: str) -> None:
    """Write down, once per state of the stage, what generation made in the place of suspended strategies' pairs."""
    if not suspensions:
        return
    ids = shelf.read("instruction_pairs", ["instance_id", "twin_of"])
    again = sum(is_regenerated(one) for one in ids["instance_id"].to_pylist())
    waiting = shelf.read("rejects", ["id"], pc.field("reason") == RejectReason.STRATEGY_SUSPENDED.value)
    left = len(covered(shelf, suspensions))
    detail = f"{waiting.num_rows} wait for another model or the next prompt version; {left} made by code stay suspended"
    row = step_row(AuditStep.REGENERATED, Suspension(ALL, ()), site, instances=again, detail=detail)
    write_steps(shelf, [row], f"regenerated {fingerprint}")


def is_regenerated(instance_id: str) -> bool:
    """Tell by its id whether a pair stands in the place of another: task-form-NN-KEY."""
    return instance_id.split("/", 1)[-1].partition("/")[0].count("-") == 3


def note_left(
    shelf: Shelf, release: str, left: Mapping[str, int], suspensions: Sequence[Suspension], site: str
) -> None:
    """Write down, once, how many pairs of each suspended strategy a release left behind."""
    rows = [
        step_row(AuditStep.LEFT_RELEASE, one, site, instances=left[one.name], detail=release)
        for one in suspensions
        if left.get(one.name)
    ]
    if rows:
        write_steps(shelf, rows, f"left {release}")
