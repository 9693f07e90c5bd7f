"""What comes late to the export: a report after its images, images after their report, a row that was mended.

Flows in: the shelf and the export. Flows out: ids to plan again, as ``CASE~N`` for the Nth further look at a case. A
case that was rejected is looked at again in every run, and planned when it would be kept now. The reject rows of
earlier looks are taken back, before and after the work, so that a run that is killed in between leaves nothing twice.
"""

from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from curation.intake.intake import STAGE, intake
from flows.stage import Context
from schemas.reject import RejectReason, Unit

AGAIN = "~"
_INTAKE = pc.field("stage") == STAGE


def case_of(row_id: str) -> str:
    """Give the case of an id, which may be that of a further look."""
    return row_id.partition(AGAIN)[0]


def come_late(context: Context) -> list[str]:
    """Name the cases that were rejected and would be kept now."""
    rejected = context.shelf.read("rejects", ["id"], _INTAKE & (pc.field("unit") == Unit.CASE.value))["id"].to_pylist()
    looks, unfinished = _further_looks(context)
    there = set(context.export.case_ids) - unfinished
    candidates = sorted({row_id for row_id in rejected if row_id in there})
    if not candidates:
        return []
    cases = without_forgotten(context, context.export.raw_cases(candidates))
    kept = intake(cases, probe=context.export, claims=context.export.claims).kept["case_id"].to_pylist()
    return [f"{case_id}{AGAIN}{looks[case_id] + 1}" for case_id in kept]


def _further_looks(context: Context) -> tuple[Counter[str], set[str]]:
    """Count the further looks that are planned, and name the cases whose look a killed run has not finished."""
    journal = context.journal(STAGE)
    current = _INTAKE & (pc.field("stage_epoch") == journal.epoch)
    rows = context.shelf.read("receipts", ["chunk_id", "state", "ids"], current).to_pylist()
    done = {row["chunk_id"] for row in rows if row["state"] == "done"}
    planned = [(row["chunk_id"], row_id) for row in rows if row["state"] == "planned" for row_id in row["ids"]]
    looks = Counter(case_of(row_id) for _, row_id in planned if AGAIN in row_id)
    return looks, {case_of(row_id) for chunk_id, row_id in planned if chunk_id not in done}


def take_back(context: Context) -> None:
    """Take back reject rows that are true no more: of cases that are kept since, of files that a case has claimed."""
    rows = context.shelf.read("rejects", ["id", "parent_id", "reason", "chunk_id"], _INTAKE).to_pylist()
    cases = context.shelf.read("cases", ["case_id", "chunk_id"])
    kept_by = dict(zip(cases["case_id"].to_pylist(), cases["chunk_id"].to_pylist(), strict=True))
    files = set(context.export.orphan_ids)
    orphans = {row["id"] for row in rows if row["reason"] == RejectReason.IMAGE_WITHOUT_CASE.value}
    stale = {(row_id, None) for row_id in orphans - files}
    for row in rows:
        now = kept_by.get(row["id"]) or kept_by.get(row["parent_id"] or "")
        if now is not None and now != row["chunk_id"]:
            stale.add((row["id"], row["chunk_id"]))
    for chunk_id in sorted({chunk_id or "" for _, chunk_id in stale}):
        listed = ", ".join(f"'{row_id}'" for row_id, chunk in sorted(stale, key=str) if (chunk or "") == chunk_id)
        where = f"stage = '{STAGE}' AND id IN ({listed})" + (f" AND chunk_id = '{chunk_id}'" if chunk_id else "")
        context.shelf.delete("rejects", where)


def without_forgotten(context: Context, cases: pa.Table) -> pa.Table:
    """Give the cases of forgotten patients their defect."""
    forgotten = context.shelf.read("forgotten", ["patient_key"])["patient_key"].combine_chunks()
    gone = pc.is_in(cases["patient_key"], value_set=forgotten)
    defect = pc.if_else(gone, RejectReason.PATIENT_FORGOTTEN.value, cases["defect"])
    return cases.set_column(cases.schema.get_field_index("defect"), cases.schema.field("defect"), defect)
