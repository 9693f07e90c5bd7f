"""Flow `annotate`: annotations of published frames are checked, measured and named in words of the vocabulary."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
from prefect import flow, task

from curation.ground.annotate import STAGE, annotate
from curation.step import StepResult, rejects_of
from flows.annotations import MISSING, Frame, check_words
from flows.chunks import run_chunks
from flows.names import run_name
from flows.parameters import StageRun
from flows.stage import Context, Receipt, commit_chunk
from flows.working import working
from schemas.reject import RejectReason


@flow(name="annotate", flow_run_name=run_name, persist_result=False)
def annotate_flow(run: StageRun) -> Receipt:
    """Read all new annotations of the export."""
    with working(run, STAGE) as work:
        context = work.context
        check_words(context.config)
        ids = context.annotated.ids() if context.config.annotations else []
        _forget_found(context, set(ids))
        return run_chunks(annotate_chunk, STAGE, ids, context.config.annotate.chunk_images)


@task(name="annotate chunk", persist_result=False)
def annotate_chunk(config_path: str, chunk_id: str) -> Receipt:
    """Read the annotations of one chunk of pictures."""
    return commit_chunk(config_path, STAGE, chunk_id, _work)


def _work(context: Context, ids: Sequence[str]) -> StepResult:
    rows, missing = context.annotated.rows(ids, _frames(context, ids))
    result = annotate(rows, config=context.config.annotate)
    return StepResult(result.kept, pa.concat_tables([result.rejected, rejects_of(missing)]))


def _frames(context: Context, image_ids: Sequence[str]) -> dict[str, Frame]:
    columns = ["frame_id", "case_id", "site", "width_px", "height_px"]
    wanted = pc.field("image_id").isin(pa.array(image_ids, pa.string()))
    rows = context.shelf.read("images", columns, wanted).to_pylist()
    return {row["frame_id"]: Frame(row["case_id"], row["site"], (row["width_px"], row["height_px"])) for row in rows}


def _forget_found(context: Context, ids: set[str]) -> None:
    """Take back the reject rows of pictures that a case has claimed since, or that are gone."""
    own = (pc.field("stage") == STAGE) & (pc.field("reason") == RejectReason.ANNOTATED_IMAGE_MISSING.value)
    rejected = context.shelf.read("rejects", ["id"], own)["id"].to_pylist()
    stale = sorted(one for one in rejected if one.startswith(MISSING) and one.partition("/")[0] not in ids)
    if stale:
        listed = ", ".join(f"'{row_id}'" for row_id in stale)
        context.shelf.delete("rejects", f"stage = '{STAGE}' AND id IN ({listed})")
