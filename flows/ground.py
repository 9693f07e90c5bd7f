"""Flow `ground`: annotated frames become instruction pairs; rationales come through the LLM pool.

Only computed values, labels and masked frames reach an endpoint: this flow reads the shelf and never the export.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from prefect import flow, task

from curation.ground.ground import STAGE, Asking, ground
from curation.step import StepResult
from flows.generate import pool_of, run_asking
from flows.names import run_name
from flows.parameters import ConfigRun
from flows.rate import pictures_of
from flows.stage import Context, Receipt, commit_chunk
from flows.working import working
from schemas.endpoint import Endpoint
from schemas.grounding import ANNOTATION, GROUND_INPUT


@flow(name="ground", flow_run_name=run_name, persist_result=False)
def ground_flow(run: ConfigRun) -> Receipt:
    """Make the pairs of all new annotated frames; without endpoints there are no rationales."""
    with working(run, STAGE) as work:
        context = work.context
        ids = sorted(context.shelf.read("annotations", ["frame_id"])["frame_id"].unique().to_pylist())
        endpoints = context.config.endpoints if context.config.ground.rationales else ()
        return run_asking(ground_chunk, STAGE, ids, context.config.ground.chunk_images, endpoints)


@task(name="ground chunk", persist_result=False)
def ground_chunk(config_path: str, chunk_id: str, endpoints: list[dict[str, Any]]) -> Receipt:
    """Make the pairs of one chunk of frames. ``endpoints`` holds addresses and names of key variables, never keys."""

    def work(context: Context, ids: Sequence[str]) -> StepResult:
        return _work(context, ids, [Endpoint.model_validate(endpoint) for endpoint in endpoints])

    return commit_chunk(config_path, STAGE, chunk_id, work)


def _work(context: Context, ids: Sequence[str], endpoints: Sequence[Endpoint]) -> StepResult:
    config, rows = context.config, inputs_of(context, ids)
    if not endpoints:
        return ground(rows, config=config.ground, names=config.annotate, asking=Asking(tier=config.generate.tier))
    sees = any("vision" in endpoint.capabilities for endpoint in endpoints)
    frames = pictures_of(context, ids) if sees else {}
    with pool_of(context, endpoints) as pool:
        asking = Asking(pool, frames, config.generate.tier)
        return ground(rows, config=config.ground, names=config.annotate, asking=asking)


def inputs_of(context: Context, ids: Sequence[str]) -> pa.Table:
    """Join the annotations of frames with the systems and the language of their case (``GROUND_INPUT``)."""
    wanted = pc.field("frame_id").isin(pa.array(ids, pa.string()))
    rows = context.shelf.read("annotations", ANNOTATION.names, wanted).sort_by("annotation_id").to_pylist()
    its_case = pc.field("case_id").isin(pa.array(sorted({row["case_id"] for row in rows}), pa.string()))
    cases = context.shelf.read("cases", ["case_id", "systems"], its_case).to_pylist()
    reports = context.shelf.read("reports", ["case_id", "language"], its_case).to_pylist()
    systems = {row["case_id"]: row["systems"] for row in cases}
    languages = {row["case_id"]: row["language"] for row in reports}
    frames: dict[str, dict[str, Any]] = {}
    for row in rows:
        case_id = row["case_id"]
        frame = frames.setdefault(
            row["frame_id"],
            {
                **{name: row[name] for name in ("frame_id", "case_id", "site")},
                "systems": systems.get(case_id, []),
                "language": languages.get(case_id),
                "annotations": [],
            },
        )
        frame["annotations"].append(row)
    return pa.Table.from_pylist([frames[name] for name in sorted(frames)], schema=GROUND_INPUT)
