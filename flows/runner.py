"""`sonocurate run`: preflight, one run at a time, a Prefect server if none is configured, the summary.

Exactly once: a run that was killed is resumed by running the same command again.
"""

import warnings
from pathlib import Path

from flows.alone import alone
from flows.preflight import preflight
from flows.server import check_configured_server, prefect_server
from flows.stage import context_of
from flows.summary import print_summary
from schemas.errors import ConfigError, CurationError


def run_pipeline(config_path: Path, *, embedded: bool, rebuild: bool = False) -> None:
    """Run the whole pipeline and say what came out; ``rebuild`` allows another rule of deduplication than before.

    Raises: ConfigError before anything is written; ChunkError, LeakError while running.
    """
    warnings.simplefilter("ignore")  # libraries print values of headers in their warnings
    preflight(config_path, embedded=embedded, rebuild=rebuild)
    check_configured_server()
    context = context_of(str(config_path))
    root = context.shelf.root
    with alone(root), prefect_server(root / "logs" / "prefect-server.log"):
        from flows.curate import curate  # noqa: PLC0415 - Prefect reads its settings at import

        state = curate(str(config_path.resolve()), embedded=embedded, return_state=True)
        outcome = state.result(raise_on_failure=False)
    if isinstance(outcome, CurationError):
        raise outcome
    if isinstance(outcome, BaseException):
        raise ConfigError(f"the flow ended with {type(outcome).__name__}; see the Prefect UI") from None
    print_summary(context, config_path.resolve().parent)


def run_generate(config_path: Path, *, embedded: bool) -> str:
    """Run the generate stage alone on what is on the shelf, and say what came out.

    Raises: ConfigError, ChunkError.
    """
    warnings.simplefilter("ignore")
    check_configured_server()
    root = context_of(str(config_path)).shelf.root
    with alone(root), prefect_server(root / "logs" / "prefect-server.log"):
        from flows.chunks import on_threads  # noqa: PLC0415 - Prefect reads its settings at import
        from flows.generate import generate_flow  # noqa: PLC0415

        receipt = on_threads(generate_flow, 1)(str(config_path.resolve()), embedded=embedded)
    return f"{receipt.kept} pairs kept, {receipt.rejected} rejected"
