"""Flow `scrub`: reports lose their identifiers."""

from collections.abc import Sequence

from prefect import flow, task

from curation.pseudonym import Pseudonymizer
from curation.step import StepResult
from curation.text.ner import load_redactor
from curation.text.scrub import Tools, scrub
from flows.chunks import run_chunks
from flows.key import load_key
from flows.names import run_name
from flows.parameters import StageRun
from flows.stage import Context, Receipt, commit_chunk
from flows.working import working

STAGE = "scrub"


@flow(name="scrub", flow_run_name=run_name, persist_result=False)
def scrub_flow(run: StageRun) -> Receipt:
    """Scrub the reports of all new cases on the shelf."""
    with working(run, STAGE) as work:
        context = work.context
        return run_chunks(scrub_chunk, STAGE, ids_of(context), context.config.scrub.chunk_reports)


def ids_of(context: Context) -> list[str]:
    """List the cases on the shelf; each has one report."""
    return sorted(context.shelf.read("cases", ["case_id"])["case_id"].to_pylist())


@task(name="scrub chunk", persist_result=False)
def scrub_chunk(config_path: str, chunk_id: str) -> Receipt:
    """Scrub one chunk of reports."""
    return commit_chunk(config_path, STAGE, chunk_id, _work)


def _work(context: Context, ids: Sequence[str]) -> StepResult:
    config = context.config.scrub
    keyed = Pseudonymizer(load_key(context.config)) if config.mode == "surrogate" else None
    tools = Tools(load_redactor(ner=config.ner), keyed)
    return scrub(context.export.raw_reports(ids), config=config, tools=tools)
