"""Flow `tag`: what reports state becomes labels."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
from prefect import flow, task

from curation.generate.template import library
from curation.step import StepResult
from curation.tag.tag import STAGE, tag
from flows.chunks import run_chunks
from flows.names import run_name
from flows.parameters import StageRun
from flows.stage import Context, Receipt, commit_chunk
from flows.working import working
from schemas.finding import TAG_INPUT


@flow(name="tag", flow_run_name=run_name, persist_result=False)
def tag_flow(run: StageRun) -> Receipt:
    """Tag all new reports on the shelf."""
    with working(run, STAGE) as work:
        context = work.context
        ids = sorted(context.shelf.read("reports", ["case_id"])["case_id"].to_pylist())
        return run_chunks(tag_chunk, STAGE, ids, context.config.tag.chunk_reports)


@task(name="tag chunk", persist_result=False)
def tag_chunk(config_path: str, chunk_id: str) -> Receipt:
    """Tag one chunk of reports."""
    return commit_chunk(config_path, STAGE, chunk_id, _work)


def _work(context: Context, ids: Sequence[str]) -> StepResult:
    wanted = pc.field("case_id").isin(pa.array(ids, pa.string()))
    reports = context.shelf.read("reports", TAG_INPUT.names[:-1], wanted).sort_by("case_id")
    cases = context.shelf.read("cases", ["case_id", "systems"], wanted)
    at = pc.index_in(reports["case_id"], value_set=cases["case_id"].combine_chunks())
    rows = reports.append_column(TAG_INPUT.field("systems"), cases["systems"].take(at))
    return tag(rows, vocabularies=library().vocabularies)
