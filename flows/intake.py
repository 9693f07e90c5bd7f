"""Flow `intake`: table rows and image files become cases."""

from collections.abc import Sequence

from prefect import flow, task

from curation.intake.intake import STAGE, intake, reject_orphans
from curation.step import StepResult
from flows.arrivals import case_of, come_late, take_back, without_forgotten, would_keep
from flows.chunks import run_chunks
from flows.names import run_name
from flows.parameters import StageRun
from flows.stage import Context, Receipt, commit_chunk, context_of
from flows.working import Work, working
from schemas.case import CASE

#: Ids of this form are files without a case; ids of cases start with ``c``.
ORPHAN = "o"


@flow(name="intake", flow_run_name=run_name, persist_result=False)
def intake_flow(run: StageRun) -> Receipt:
    """Screen all new cases and files of the export."""
    with working(run, STAGE) as work:
        context = work.context
        context.journal(STAGE)  # rows of older settings go first
        take_back(context)
        late = come_late(context, lambda case_ids: _looked_at(work, case_ids))
        ids = [*context.export.case_ids, *context.export.orphan_ids, *late]
        receipt = run_chunks(intake_chunk, STAGE, ids, context.config.intake.chunk_cases)
        take_back(context)
        return receipt


@task(name="intake chunk", persist_result=False)
def intake_chunk(config_path: str, chunk_id: str) -> Receipt:
    """Screen one chunk of cases."""
    return commit_chunk(config_path, STAGE, chunk_id, _work)


@task(name="intake look", persist_result=False)
def intake_look(config_path: str, case_ids: Sequence[str]) -> list[str]:
    """Look again at rejected cases."""
    return would_keep(context_of(config_path), case_ids)


def _looked_at(work: Work, case_ids: Sequence[str]) -> list[str]:
    """Look at cases on the workers, in parts."""
    size, runner = work.context.config.intake.chunk_cases, work.workers.runner()
    parts = [case_ids[start : start + size] for start in range(0, len(case_ids), size)]
    tell = [{"config_path": work.config_path, "case_ids": part} for part in parts]
    return [case_id for one in [runner.submit(intake_look, told) for told in tell] for case_id in one.result()]


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
