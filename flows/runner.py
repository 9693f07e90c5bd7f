"""`sonocurate run`: preflight, one run at a time, a Prefect server if none is configured, the summary.

Exactly once: a run that was killed is resumed by running the same command again.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from flows.alone import alone
from flows.preflight import preflight
from flows.server import check_configured_server, prefect_server
from flows.stage import Context, context_of
from flows.summary import print_summary
from schemas.errors import ChunkError, ConfigError, CurationError


def run_pipeline(
    config_path: Path, *, embedded: bool, rebuild: bool = False, told: dict[str, Any] | None = None
) -> None:
    """Run the whole pipeline and say what came out; ``rebuild`` allows another rule of deduplication than before.

    ``told`` may hold ``task_runner`` and ``workers``, instead of the config's.
    Raises: ConfigError before anything is written; ChunkError, LeakError while running.
    """
    preflight(config_path, embedded=embedded, rebuild=rebuild)
    with _served(config_path) as context:
        from flows.curate import curate  # noqa: PLC0415 - Prefect reads its settings at import
        from flows.parameters import CurateRun  # noqa: PLC0415

        run = CurateRun(config_path=str(config_path.resolve()), embedded=embedded, **(told or {}))
        result_of(curate(run, return_state=True))
    print_summary(context, config_path.resolve().parent)


def run_generate(config_path: Path, *, embedded: bool) -> str:
    """Run the generate stage alone on what is on the shelf, and say what came out.

    Raises: ConfigError, ChunkError.
    """
    with _served(config_path):
        from flows.generate import generate_flow  # noqa: PLC0415 - Prefect reads its settings at import
        from flows.parameters import GenerateRun  # noqa: PLC0415

        run = GenerateRun(config_path=str(config_path.resolve()), embedded=embedded)
        receipt = result_of(generate_flow(run, return_state=True))
    return f"{receipt.kept} pairs kept, {receipt.rejected} rejected"


@contextmanager
def _served(config_path: Path) -> Iterator[Context]:
    warnings.simplefilter("ignore")  # libraries print values of headers in their warnings
    check_configured_server()
    context = context_of(str(config_path))
    root = context.shelf.root
    with alone(root), prefect_server(root / "logs" / "prefect-server.log"):
        try:
            yield context
        except httpx.TransportError as error:
            raise ChunkError(
                f"the Prefect server answers no more ({type(error).__name__}): run the same command again to go on"
            ) from None


def result_of(state: Any) -> Any:  # noqa: ANN401 - a Prefect state and what its flow returned
    """Give what a flow returned.

    Raises: the CurationError that it ended with; ConfigError when it ended otherwise.
    """
    outcome = state.result(raise_on_failure=False)
    if isinstance(outcome, CurationError):
        raise outcome
    if isinstance(outcome, BaseException):
        raise ConfigError(f"the flow ended with {type(outcome).__name__}; see the Prefect UI") from None
    return outcome
