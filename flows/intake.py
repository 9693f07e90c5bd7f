"""Flow `intake`: table rows and image files become cases."""

from collections.abc import Sequence

from prefect import flow, task

from curation.intake.intake import STAGE, intake, reject_orphans
from curation.step import StepResult
from flows.arrivals import case_of, come_late, take_back, without_forgotten
from flows.chunks import run_chunks
from flows.names import run_name
from flows.parameters import StageRun
from flows.stage import Context, Receipt, commit_chunk
from flows.working import working
from schemas.case import CASE

#: Ids of this form are files without a case; ids of cases start with ``c``.
ORPHAN = "o"


@flow(name="intake", flow_run_name=run_name, persist_result=False)
def intake_flow(run: StageRun) -> Receipt:
    """Screen all new cases and files of the export."""
    with working(run, STAGE) as work:
        context = work.context
        take_back(context)
        ids = [*context.export.case_ids, *context.export.orphan_ids, *come_late(context)]
        receipt = run_chunks(intake_chunk, STAGE, ids, context.config.intake.chunk_cases)
        take_back(context)
        return receipt


@task(name="intake chunk", persist_result=False)
def intake_chunk(config_path: str, chunk_id: str) -> Receipt:
    """Screen one chunk of cases."""
    return commit_chunk(config_path, STAGE, chunk_id, _work)


def _work(context: Context, ids: Sequence[str]) -> StepResult:
    export = context.export
    known = set(export.case_ids)
    orphans = [(row_id, "") for row_id in ids if row_id.startswith(ORPHAN)]
    mine = [case_id for row_id in ids if (case_id := case_of(row_id)) in known]
    cases = without_forgotten(context, export.raw_cases(mine))
    result = intake(cases, probe=export, claims=export.claims)
    rejects = reject_orphans(orphans, context.config.input.site)
    rejected = type(rejects).from_batches([*result.rejected.to_batches(), *rejects.to_batches()], rejects.schema)
    return StepResult(result.kept.select(CASE.names), rejected)
