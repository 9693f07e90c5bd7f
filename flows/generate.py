"""Flow `generate`: scrubbed reports and masked frames become instruction pairs, through the LLM pool, and twin frames.

Only scrubbed text and masked frames reach an endpoint: this flow reads the shelf and never the export.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from prefect import Task, flow, task

from curation.generate.embedded import embedded_endpoint
from curation.generate.generate import STAGE, generate
from curation.generate.request import AnswerPool
from curation.image.twin import REGION_COLUMNS, twin_frames
from curation.pool.batch import BatchPool
from curation.pool.ledger import Ledger
from curation.pool.pool import EndpointPool
from curation.pool.terms import Terms
from curation.step import StepResult, reject, rejects_of, table_of
from flows.chunks import run_chunks
from flows.names import run_name
from flows.parameters import GenerateRun
from flows.pool.keys import keys_of
from flows.quality.audit import note_regenerated
from flows.stage import Context, Receipt, commit_chunk
from flows.watch.costs import ledger_path
from flows.watch.events import budget_reached
from flows.working import current, working
from schemas.case import IMAGE, TWIN_FRAME
from schemas.endpoint import Endpoint
from schemas.errors import BudgetError, ConfigError
from schemas.instruction import GENERATE_INPUT
from schemas.reject import RejectReason, Unit
from warehouse.shards import Source

NO_FRAME = "none of the case's images was published"


@flow(name="generate", flow_run_name=run_name, persist_result=False)
def generate_flow(run: GenerateRun) -> Receipt:
    """Write pairs for all new reports on the shelf."""
    with working(run, STAGE) as work:
        context = work.context
        ids = sorted(context.shelf.read("reports", ["case_id"])["case_id"].to_pylist())
        size = context.config.generate.chunk_cases
        if not context.journal(STAGE).pending(ids):  # then no demo model is served
            return run_chunks(generate_chunk, STAGE, ids, size)
        with endpoints_of(context, embedded=run.embedded) as endpoints:
            receipt = run_asking(generate_chunk, STAGE, ids, size, endpoints)
        note_regenerated(context.shelf, context.suspensions, context.fingerprint(STAGE), context.config.input.site)
        return receipt


@task(name="generate chunk", persist_result=False)
def generate_chunk(config_path: str, chunk_id: str, endpoints: list[dict[str, Any]]) -> Receipt:
    """Write pairs for one chunk of cases. ``endpoints`` holds addresses and names of key variables, never keys."""

    def work(context: Context, ids: Sequence[str]) -> StepResult:
        return _work(context, ids, [Endpoint.model_validate(endpoint) for endpoint in endpoints])

    return commit_chunk(config_path, STAGE, chunk_id, work)


@contextmanager
def endpoints_of(context: Context, *, embedded: bool) -> Iterator[Sequence[Endpoint]]:
    """Give the configured endpoints, or serve the demo model for the time of the block.

    Raises: ConfigError when there is no endpoint and the demo model is not allowed.
    """
    if context.config.endpoints:
        yield context.config.endpoints
        return
    if not embedded:
        raise ConfigError("endpoints: none is configured and --no-embedded forbids the demo model")
    with embedded_endpoint() as endpoint:
        yield (endpoint,)


#: The pool of a running flow, by warehouse: chunks share what it has learned about endpoints, and their limits.
_SHARED: dict[Path, AnswerPool] = {}


@contextmanager
def shared_pool(context: Context, endpoints: Sequence[Endpoint]) -> Iterator[None]:
    """Let the chunks of a flow share a pool for the time of the block.

    Raises: ConfigError.
    """
    with _own_pool(context, endpoints) as pool:
        _SHARED[context.shelf.root] = pool
        try:
            yield
        finally:
            del _SHARED[context.shelf.root]


def run_asking(
    task: Task[..., Receipt], stage: str, ids: Sequence[str], size: int, endpoints: Sequence[Endpoint]
) -> Receipt:
    """Run the chunks of a stage that asks endpoints; without endpoints, or nothing new, no pool is opened.

    Raises: as ``run_chunks``; ConfigError; BudgetError, which is an event too.
    """
    work = current()
    context = work.context
    if not endpoints or not context.journal(stage).pending(ids):
        return run_chunks(task, stage, ids, size, endpoints=[])
    with shared_pool(context, endpoints):
        try:
            return run_chunks(task, stage, ids, size, endpoints=[one.model_dump(mode="json") for one in endpoints])
        except BudgetError:
            budget_reached(work, context.config.generate.budget_usd or 0.0)
            raise


@contextmanager
def _own_pool(context: Context, endpoints: Sequence[Endpoint]) -> Iterator[AnswerPool]:
    """Open the lane that the config names, with the keys of the endpoints.

    Raises: ConfigError.
    """
    config, keys = context.config.generate, keys_of(endpoints)
    terms = Terms(config.deadline_s, budget_usd=config.budget_usd, allowed=config.allowed, keys=keys)
    lane = BatchPool if config.lane == "batch" else EndpointPool
    ledger = Ledger(ledger_path(context.shelf.root))
    try:
        with lane(endpoints, ledger, terms) as pool:
            yield pool
    finally:
        ledger.close()


@contextmanager
def pool_of(context: Context, endpoints: Sequence[Endpoint]) -> Iterator[AnswerPool]:
    """Give the pool of the flow in this process, else one of the chunk's own (another process, another machine)."""
    shared = _SHARED.get(context.shelf.root)
    if shared is not None:
        yield shared
        return
    with _own_pool(context, endpoints) as pool:
        yield pool


def _work(context: Context, ids: Sequence[str], endpoints: Sequence[Endpoint]) -> StepResult:
    rows = inputs_of(context, ids)
    without = [row for row in rows if not row["frame_ids"]]
    with_frames = table_of((row for row in rows if row["frame_ids"]), GENERATE_INPUT)
    with pool_of(context, endpoints) as pool:
        frames = _frames(context, with_frames, endpoints)
        result = generate(
            with_frames, config=context.config.generate, pool=pool, frames=frames, suspensions=context.suspensions
        )
    rejects = rejects_of(
        reject(STAGE, Unit.CASE, row["case_id"], row["site"], RejectReason.NO_USABLE_IMAGE, detail=NO_FRAME)
        for row in without
    )
    byproducts = {**result.byproducts, "twin_frames": _twin_frames(context, result.kept)}
    return StepResult(result.kept, pa.concat_tables([result.rejected, rejects]), byproducts)


def _frames(context: Context, cases: pa.Table, endpoints: Sequence[Endpoint]) -> dict[str, bytes]:
    """Read the masked key frames of the cases, where some endpoint can look at them."""
    if not any("vision" in endpoint.capabilities for endpoint in endpoints):
        return {}
    most = context.config.generate.max_images_per_pair
    ids = [frame for frames in cases["frame_ids"].to_pylist() for frame in frames[:most]]
    if not ids:
        return {}
    rows = Source(context.shelf, "images", "frame_id").rows(ids, ["frame_id", "image"]).to_pylist()
    return {row["frame_id"]: row["image"]["bytes"] for row in rows}


def _twin_frames(context: Context, pairs: pa.Table) -> pa.Table:
    """Make the frames that twins are about."""
    used = {frame_id for frame_ids in pairs["frame_ids"].to_pylist() for frame_id in frame_ids}
    parents = sorted(frame_id.removesuffix(TWIN_FRAME) for frame_id in used if frame_id.endswith(TWIN_FRAME))
    if not parents:
        return IMAGE.empty_table()
    images = Source(context.shelf, "images", "frame_id").rows(parents, IMAGE.names)
    its_regions = pc.field("frame_id").isin(pa.array(parents, pa.string()))
    regions = context.shelf.read("text_regions", REGION_COLUMNS, its_regions)
    return twin_frames(images, regions, margin_px=context.config.desensitize.margin_px)


def inputs_of(context: Context, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Join reports, the systems of their cases, their published frames and what can be read on these."""
    wanted = pc.field("case_id").isin(pa.array(ids, pa.string()))
    shelf = context.shelf
    reports = shelf.read("reports", None, wanted).sort_by("case_id").to_pylist()
    systems = dict(_pairs(shelf.read("cases", ["case_id", "systems"], wanted)))
    frames: dict[str, list[str]] = {}
    for case_id, frame_id in _pairs(shelf.read("images", ["case_id", "frame_id"], wanted)):
        frames.setdefault(case_id, []).append(frame_id)
    texts = _value_texts(context, wanted)
    return [
        {
            **{name: row[name] for name in GENERATE_INPUT.names if name in row},
            "systems": systems[row["case_id"]],
            "frame_ids": (own := sorted(frames.get(row["case_id"], []))),
            "value_texts": [texts.get(frame_id, []) for frame_id in own],
        }
        for row in reports
    ]


def _value_texts(context: Context, wanted: pc.Expression) -> dict[str, list[str]]:
    """Find the measurements that can be read on each frame."""
    texts: dict[str, list[str]] = {}
    readable = wanted & pc.field("value_text").is_valid()
    for frame_id, text in _pairs(context.shelf.read("text_regions", ["frame_id", "value_text"], readable)):
        texts.setdefault(frame_id, []).append(text)
    return {frame_id: sorted(found) for frame_id, found in texts.items()}


def _pairs(table: pa.Table) -> Iterator[tuple[str, Any]]:
    first, second = (table[name].to_pylist() for name in table.column_names)
    return zip(first, second, strict=True)
