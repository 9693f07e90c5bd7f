"""The stages that need neither text recognition nor a model, as a process of its own that can be killed."""

import sys
from pathlib import Path

from flows.server import prefect_server


def run(config):
    from prefect import flow

    from flows.intake import intake_flow
    from flows.parameters import StageRun
    from flows.scrub import scrub_flow
    from flows.tag import tag_flow
    from flows.working import working

    @flow
    def stages(run: StageRun) -> None:
        with working(run, "stages"):
            for stage in (intake_flow, scrub_flow, tag_flow):
                stage(run)

    stages(StageRun(config_path=str(config)))


if __name__ == "__main__":
    place = Path(sys.argv[1])
    with prefect_server(place.parent / "server.log"):
        run(place)
