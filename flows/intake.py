"""Flow `intake`: table rows and image files become cases."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
from prefect import flow, task

from curation.intake.intake import STAGE, intake, reject_orphans
from curation.step import StepResult
from flows.chunks import run_chunks
from flows.names import run_name
from flows.parameters import StageRun
from flows.stage import Context, Receipt, commit_chunk
from flows.working import working
from schemas.case import CASE
from schemas.reject import RejectReason

#: Ids of this form are files without a case; ids of cases start with ``c``.
ORPHAN = "o"


@flow(name="intake", flow_run_name=run_name, persist_result=False)
def intake_flow(run: StageRun) -> Receipt:
    """Screen all new cases and files of the export."""
    with working(run, STAGE) as work:
        context = work.context
        _forget_claimed_orphans(context)
        ids = [*context.export.case_ids, *context.export.orphan_ids]
        return run_chunks(intake_chunk, STAGE, ids, context.config.intake.chunk_cases)


@task(name="intake chunk", persist_result=False)
def intake_chunk(config_path: str, chunk_id: str) -> Receipt:
    """Screen one chunk of cases."""
    return commit_chunk(config_path, STAGE, chunk_id, _work)


def _work(context: Context, ids: Sequence[str]) -> StepResult:
    export = context.export
    known = set(export.case_ids)
    orphans = [(row_id, "") for row_id in ids if row_id.startswith(ORPHAN)]
    cases = _without_forgotten(context, export.raw_cases(row_id for row_id in ids if row_id in known))
    result = intake(cases, probe=export, claims=export.claims)
    rejects = reject_orphans(orphans, context.config.input.site)
    rejected = type(rejects).from_batches([*result.rejected.to_batches(), *rejects.to_batches()], rejects.schema)
    return StepResult(result.kept.select(CASE.names), rejected)


def _without_forgotten(context: Context, cases: pa.Table) -> pa.Table:
    """Give the cases of forgotten patients their defect."""
    forgotten = context.shelf.read("forgotten", ["patient_key"])["patient_key"].combine_chunks()
    gone = pc.is_in(cases["patient_key"], value_set=forgotten)
    defect = pc.if_else(gone, RejectReason.PATIENT_FORGOTTEN.value, cases["defect"])
    return cases.set_column(cases.schema.get_field_index("defect"), cases.schema.field("defect"), defect)


def _forget_claimed_orphans(context: Context) -> None:
    """Take back the reject rows of files that a case has claimed since, or that are gone."""
    rows = context.shelf.read("rejects", ["id", "reason"])
    pairs = zip(rows["id"].to_pylist(), rows["reason"].to_pylist(), strict=True)
    orphans = {row_id for row_id, reason in pairs if reason == RejectReason.IMAGE_WITHOUT_CASE.value}
    stale = sorted(orphans - set(context.export.orphan_ids))
    if stale:
        listed = ", ".join(f"'{row_id}'" for row_id in stale)
        context.shelf.delete("rejects", f"stage = '{STAGE}' AND id IN ({listed})")
