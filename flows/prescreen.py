"""Flow `prescreen`: models other than the author judge open-ended pairs, through the LLM pool.

Judges see scrubbed reports and masked frames only: this flow reads the shelf and never the export.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from prefect import flow, task

from curation.quality.prescreen import STAGE, Bench, prescreen
from curation.step import StepResult
from flows.generate import pool_of, run_asking
from flows.names import run_name
from flows.parameters import ConfigRun
from flows.stage import Context, Receipt, commit_chunk
from flows.verify import with_reports
from flows.working import working
from schemas.endpoint import Endpoint
from schemas.instruction import Form
from warehouse.shards import Source


@flow(name="prescreen", flow_run_name=run_name, persist_result=False)
def prescreen_flow(run: ConfigRun) -> Receipt:
    """Have all new open-ended pairs judged; where no endpoint is configured, nobody is asked."""
    with working(run, STAGE) as work:
        context = work.context
        size = context.config.prescreen.chunk_pairs
        return run_asking(prescreen_chunk, STAGE, open_ids(context), size, context.config.endpoints)


@task(name="prescreen chunk", persist_result=False)
def prescreen_chunk(config_path: str, chunk_id: str, endpoints: list[dict[str, Any]]) -> Receipt:
    """Judge one chunk of pairs. ``endpoints`` holds addresses and names of key variables, never keys."""

    def work(context: Context, ids: Sequence[str]) -> StepResult:
        return _work(context, ids, [Endpoint.model_validate(endpoint) for endpoint in endpoints])

    return commit_chunk(config_path, STAGE, chunk_id, work)


def open_ids(context: Context) -> list[str]:
    """List the open-ended pairs that deduplication kept; twins say what their originals say."""
    kept = context.shelf.read("dedup_pool", ["instance_id"])["instance_id"].combine_chunks()
    where = (pc.field("form") == Form.OPEN.value) & pc.field("twin_of").is_null()
    rows = context.shelf.read("instruction_pairs", ["instance_id"], where)
    ids: list[str] = rows.filter(pc.is_in(rows["instance_id"], kept))["instance_id"].to_pylist()
    return sorted(ids)


class _Nobody:
    """The pool of a warehouse without endpoints: there is no jury, so nothing is asked."""

    def ask(self, requests: Sequence[Any]) -> list[Any]:
        """Answer nothing."""
        return list(requests[:0])


def _work(context: Context, ids: Sequence[str], endpoints: Sequence[Endpoint]) -> StepResult:
    pairs, config = with_reports(context, ids), context.config.prescreen
    if not endpoints:
        return prescreen(pairs, config=config, pool=_Nobody(), bench=Bench((), {}))
    with pool_of(context, endpoints) as pool:
        return prescreen(pairs, config=config, pool=pool, bench=Bench(endpoints, _frames(context, pairs, endpoints)))


def _frames(context: Context, pairs: pa.Table, endpoints: Sequence[Endpoint]) -> dict[str, bytes]:
    if not any("vision" in endpoint.capabilities for endpoint in endpoints):
        return {}
    most = context.config.prescreen.max_images
    ids = sorted({frame for frames in pairs["frame_ids"].to_pylist() for frame in frames[:most]})
    rows = Source(context.shelf, "images", "frame_id", "twin_frames").rows(ids, ["frame_id", "image"]).to_pylist()
    return {row["frame_id"]: row["image"]["bytes"] for row in rows}
