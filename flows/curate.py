"""The whole pipeline, top to bottom: a hospital's export comes in, a release of instruction data comes out.

Every stage is a flow of its own that can be run alone; every row that leaves says why (table `rejects`).
Source: EchoVLM section 3.1 and Appendix A.
"""

from prefect import flow

from flows.annotate import annotate_flow
from flows.chunks import on_threads
from flows.deduplicate import deduplicate_flow
from flows.desensitize import desensitize_flow
from flows.generate import generate_flow
from flows.ground import ground_flow
from flows.intake import intake_flow
from flows.prescreen import prescreen_flow
from flows.rate import rate_flow
from flows.release import release_flow
from flows.scrub import scrub_flow
from flows.stage import Receipt, context_of, forget_contexts
from flows.tag import tag_flow
from flows.verify import verify_flow


@flow(name="curate", flow_run_name="curate", persist_result=False)
def curate(config_path: str, *, embedded: bool = True) -> list[Receipt]:
    """Run every stage on what is new since the last run, then publish the release.

    ``embedded`` allows the demo model where no endpoint is configured.
    Raises: ConfigError, ChunkError, LeakError; running again goes on where it stopped.
    """
    forget_contexts()
    context = context_of(config_path)
    workers = context.config.desensitize.workers
    return [
        on_threads(intake_flow, workers)(config_path),  # rows and files -> cases
        on_threads(desensitize_flow, workers)(config_path),  # images -> masked key frames
        on_threads(annotate_flow, workers)(config_path),  # masks, boxes, keypoints -> measured objects of frames
        on_threads(rate_flow, 1)(config_path),  # masked key frames -> levels of quality
        on_threads(scrub_flow, workers)(config_path),  # reports -> scrubbed reports
        on_threads(tag_flow, workers)(config_path),  # scrubbed reports -> findings
        on_threads(generate_flow, 1)(config_path, embedded=embedded),  # reports + frames -> instruction pairs
        on_threads(verify_flow, workers)(config_path),  # pairs -> pairs their report supports
        on_threads(deduplicate_flow, 1)(config_path),  # pairs -> pairs unlike each other
        on_threads(prescreen_flow, 1)(config_path),  # open-ended pairs -> those that other models find fit
        on_threads(ground_flow, 1)(config_path),  # measured objects -> grounded pairs
        release_flow(config_path),  # pairs, reports, frames -> a named release
    ]
