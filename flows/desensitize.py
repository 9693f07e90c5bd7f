"""Flow `desensitize`: key frames lose their burned-in PHI."""

from collections.abc import Sequence

from prefect import flow, task

from curation.image.desensitize import desensitize
from curation.image.engines import load_tools
from curation.step import StepResult
from flows.chunks import run_chunks
from flows.names import run_name
from flows.parameters import StageRun
from flows.stage import Context, Receipt, commit_chunk
from flows.working import working

STAGE = "desensitize"


@flow(name="desensitize", flow_run_name=run_name, persist_result=False)
def desensitize_flow(run: StageRun) -> Receipt:
    """Mask all new images of the cases on the shelf."""
    with working(run, STAGE) as work:
        context = work.context
        return run_chunks(desensitize_chunk, STAGE, ids_of(context), context.config.desensitize.chunk_images)


def ids_of(context: Context) -> list[str]:
    """List the images of the cases on the shelf."""
    rows = context.shelf.read("cases", ["image_ids"])["image_ids"].to_pylist()
    return sorted(image for images in rows for image in images)


@task(name="desensitize chunk", persist_result=False)
def desensitize_chunk(config_path: str, chunk_id: str) -> Receipt:
    """Mask one chunk of images."""
    return commit_chunk(config_path, STAGE, chunk_id, _work)


def _work(context: Context, ids: Sequence[str]) -> StepResult:
    images = context.export.source_images(ids)
    tools = load_tools(context.config.desensitize)
    return desensitize(images, config=tools.config, ocr=tools.ocr, pixels=context.export, second=tools.second)
