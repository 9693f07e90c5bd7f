"""The stages of grounded data, as a process of its own that can be killed."""

import sys
from pathlib import Path

from flows.server import prefect_server


def run(config):
    from prefect import flow

    from flows.annotate import annotate_flow
    from flows.ground import ground_flow
    from flows.parameters import ConfigRun, StageRun
    from flows.rate import rate_flow
    from flows.working import working

    @flow
    def stages(run: StageRun) -> None:
        with working(run, "stages"):
            annotate_flow(run)
            rate_flow(ConfigRun(config_path=run.config_path))
            ground_flow(ConfigRun(config_path=run.config_path))

    stages(StageRun(config_path=str(config)))


if __name__ == "__main__":
    place = Path(sys.argv[1])
    with prefect_server(place.parent / "server.log"):
        run(place)
