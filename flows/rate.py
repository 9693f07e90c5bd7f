"""Flow `rate`: endpoints with vision say how good published frames are."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from prefect import flow, task

from curation.ground.quality import STAGE, rate
from curation.step import StepResult
from flows.generate import pool_of, run_asking
from flows.names import run_name
from flows.parameters import ConfigRun
from flows.stage import Context, Receipt, commit_chunk
from flows.working import working
from schemas.endpoint import Endpoint
from warehouse.shards import Source


@flow(name="rate", flow_run_name=run_name, persist_result=False)
def rate_flow(run: ConfigRun) -> Receipt:
    """Have all new frames judged that the config names; where no endpoint can see, none are."""
    with working(run, STAGE) as work:
        context = work.context
        endpoints = [one for one in context.config.endpoints if "vision" in one.capabilities]
        ids = _ids(context) if endpoints else []
        return run_asking(rate_chunk, STAGE, ids, context.config.rate.chunk_images, endpoints)


@task(name="rate chunk", persist_result=False)
def rate_chunk(config_path: str, chunk_id: str, endpoints: list[dict[str, Any]]) -> Receipt:
    """Judge one chunk of frames. ``endpoints`` holds addresses and names of key variables, never keys."""

    def work(context: Context, ids: Sequence[str]) -> StepResult:
        wanted = pc.field("frame_id").isin(pa.array(ids, pa.string()))
        rows = context.shelf.read("images", ["frame_id", "case_id", "site"], wanted).sort_by("frame_id")
        with pool_of(context, [Endpoint.model_validate(endpoint) for endpoint in endpoints]) as pool:
            return rate(rows, config=context.config.rate, pool=pool, pictures=pictures_of(context, ids))

    return commit_chunk(config_path, STAGE, chunk_id, work)


def _ids(context: Context) -> list[str]:
    wanted = context.config.rate.frames
    if wanted == "none":
        return []
    table = "images" if wanted == "all" else "annotations"
    return sorted(context.shelf.read(table, ["frame_id"])["frame_id"].unique().to_pylist())


def pictures_of(context: Context, frame_ids: Sequence[str]) -> dict[str, bytes]:
    """Read masked frames as PNG, by id."""
    rows = Source(context.shelf, "images", "frame_id").rows(frame_ids, ["frame_id", "image"]).to_pylist()
    return {row["frame_id"]: row["image"]["bytes"] for row in rows}
