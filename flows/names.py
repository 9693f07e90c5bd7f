"""Names of runs as the Prefect UI shows them: flow and release, release and chunk. Never row content."""

from prefect.runtime import flow_run, task_run

from flows.parameters import ConfigRun
from flows.stage import context_of
from schemas.errors import CurationError


def run_name() -> str:
    """Name a flow run: the flow, and the release that the config names."""
    run = flow_run.get_parameters().get("run")
    path = run.config_path if isinstance(run, ConfigRun) else str((run or {}).get("config_path", ""))
    return f"{flow_run.get_flow_name()} {_release(path)}"


def chunk_name() -> str:
    """Name a task run: the release that the config names, and the chunk (which begins with its stage)."""
    given = task_run.get_parameters()
    return f"{_release(str(given.get('config_path')))} {given.get('chunk_id')}"


def _release(config_path: str) -> str:
    try:
        return context_of(config_path).config.release.name
    except CurationError:  # the flow will say what is wrong
        return "?"
