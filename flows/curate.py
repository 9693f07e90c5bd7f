"""The whole pipeline, top to bottom: a hospital's export comes in, a release of instruction data comes out.

Every stage is a flow of its own that can be run alone; every row that leaves says why (table `rejects`).
Source: EchoVLM section 3.1 and Appendix A.
"""

from prefect import flow
from prefect.runtime import deployment

from flows.annotate import annotate_flow
from flows.deduplicate import deduplicate_flow
from flows.desensitize import desensitize_flow
from flows.generate import generate_flow
from flows.ground import ground_flow
from flows.intake import intake_flow
from flows.names import run_name
from flows.parameters import ConfigRun, CurateRun, GenerateRun, ReleaseRun
from flows.preflight import preflight
from flows.prescreen import prescreen_flow
from flows.rate import rate_flow
from flows.release import release_flow
from flows.scrub import scrub_flow
from flows.stage import Receipt
from flows.tag import tag_flow
from flows.verify import verify_flow
from flows.watch.summary import showing
from flows.working import quiet_stages, working


@flow(name="curate", flow_run_name=run_name, persist_result=False)
def curate(run: CurateRun) -> list[Receipt]:
    """Run every stage on what is new since the last run, then publish the release.

    Raises: ConfigError, ChunkError, LeakError; running again goes on where it stopped. What was done is shown anyway.
    """
    if deployment.get_id():  # the command line has looked already
        preflight(run.config_path, embedded=run.embedded, publish=run.publish)
    path = run.config_path
    with working(run, "curate") as work, showing(work) as done, quiet_stages():
        done(intake_flow(run))  # rows and files -> cases
        done(desensitize_flow(run))  # images -> masked key frames
        done(annotate_flow(run))  # masks, boxes, keypoints -> measured objects of frames
        done(rate_flow(ConfigRun(config_path=path)))  # masked key frames -> levels of quality
        done(scrub_flow(run))  # reports -> scrubbed reports
        done(tag_flow(run))  # scrubbed reports -> findings
        done(generate_flow(GenerateRun(config_path=path, embedded=run.embedded)))  # reports + frames -> pairs
        done(verify_flow(run))  # pairs -> pairs their report supports
        done(deduplicate_flow(run))  # pairs -> pairs unlike each other
        done(prescreen_flow(ConfigRun(config_path=path)))  # open-ended pairs -> those that other models find fit
        done(ground_flow(ConfigRun(config_path=path)))  # measured objects -> grounded pairs
        if run.publish:
            done(release_flow(ReleaseRun(config_path=path)))  # -> a named release
    return done.receipts
