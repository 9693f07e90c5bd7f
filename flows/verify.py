"""Flow `verify`: pairs that say what their report does not say leave."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
from prefect import flow, task

from curation.step import StepResult
from curation.verify.verify import STAGE, verify
from flows.chunks import run_chunks
from flows.names import run_name
from flows.parameters import StageRun
from flows.stage import Context, Receipt, commit_chunk
from flows.working import working
from schemas.instruction import INSTRUCTION_PAIR, VERIFY_INPUT


@flow(name="verify", flow_run_name=run_name, persist_result=False)
def verify_flow(run: StageRun) -> Receipt:
    """Check all new pairs on the shelf."""
    with working(run, STAGE) as work:
        context = work.context
        ids = sorted(context.shelf.read("instruction_pairs", ["instance_id"])["instance_id"].to_pylist())
        return run_chunks(verify_chunk, STAGE, ids, context.config.verify.chunk_pairs)


@task(name="verify chunk", persist_result=False)
def verify_chunk(config_path: str, chunk_id: str) -> Receipt:
    """Check one chunk of pairs."""
    return commit_chunk(config_path, STAGE, chunk_id, _work)


def _work(context: Context, ids: Sequence[str]) -> StepResult:
    return verify(with_reports(context, ids), config=context.config.verify)


def with_reports(context: Context, ids: Sequence[str]) -> pa.Table:
    """Read pairs beside their reports (``VERIFY_INPUT``), in the order of their ids."""
    wanted = pc.field("instance_id").isin(pa.array(ids, pa.string()))
    pairs = context.shelf.read("instruction_pairs", INSTRUCTION_PAIR.names, wanted).sort_by("instance_id")
    its_case = pc.field("case_id").isin(pairs["case_id"].combine_chunks().unique())
    reports = context.shelf.read("reports", ["case_id", "findings", "impression"], its_case)
    at_report = pc.index_in(pairs["case_id"], value_set=reports["case_id"].combine_chunks())
    texts = reports.select(["findings", "impression"]).take(at_report)  # Table.join refuses list columns
    for field in texts.schema:
        pairs = pairs.append_column(field, texts[field.name])
    return pairs.select(VERIFY_INPUT.names).cast(VERIFY_INPUT)
