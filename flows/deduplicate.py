"""Flow `deduplicate`: pairs too like an earlier one leave; chunks run in order, because order decides."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
from prefect import flow, task

from curation.dedup.deduplicate import STAGE, deduplicate
from curation.step import StepResult
from flows.chunks import run_in_order
from flows.stage import Context, Receipt, commit_chunk, context_of
from schemas.instruction import DEDUP_INPUT, KEPT, Task

#: Pairs made of real reports are not generated, so the rule does not apply to them.
EXEMPT = (Task.REPORT.value, Task.DIAGNOSIS.value, Task.FINDING.value, Task.IMPRESSION.value)


@flow(name="deduplicate", flow_run_name="deduplicate", persist_result=False)
def deduplicate_flow(config_path: str) -> Receipt:
    """Compare all new verified pairs with the kept ones."""
    context = context_of(config_path)
    ids = sorted(context.shelf.read("verdicts", ["instance_id"])["instance_id"].to_pylist())
    return run_in_order(deduplicate_chunk, config_path, STAGE, ids, context.config.deduplicate.chunk_pairs)


@task(name="deduplicate chunk", task_run_name="{chunk_id}", persist_result=False)
def deduplicate_chunk(config_path: str, chunk_id: str) -> Receipt:
    """Compare one chunk of pairs with all kept before it."""
    return commit_chunk(config_path, STAGE, chunk_id, _work)


def _work(context: Context, ids: Sequence[str]) -> StepResult:
    mine = pa.array(ids, pa.string())
    columns = ["instance_id", "case_id", "site", "task", "question", "answer", "twin_of"]
    pairs = context.shelf.read("instruction_pairs", columns, pc.field("instance_id").isin(mine)).sort_by("instance_id")
    text = pc.binary_join_element_wise(pairs["question"], pairs["answer"], "\n")
    exempt = pc.is_in(pairs["task"], pa.array(EXEMPT))
    columns_in = [pairs["instance_id"], pairs["case_id"], pairs["site"], text, exempt, pairs["twin_of"]]
    rows = pa.Table.from_arrays(columns_in, schema=DEDUP_INPUT)
    # a chunk that was cut down between two commits finds its own rows in the pool: they are not "earlier"
    pool = context.shelf.read("dedup_pool", KEPT.names, ~pc.field("instance_id").isin(mine))
    return deduplicate(rows, config=context.config.deduplicate, pool=pool)
