"""`sonocurate serve` and `sonocurate ui`: run what is due; with a Prefect server and its UI on this machine.

Flows in: a config and a port. Flows out: an address, then whatever the schedules bring.
"""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.preflight import preflight
from flows.server import check_configured_server, is_free, log_file, set_quiet, started, using, wait_healthy
from schemas.errors import ConfigError
from schemas.load import load

LOG = Path("logs/prefect-server.log")


def serve_deployments(config: Path) -> None:
    """Serve the deployments on the Prefect server that is configured.

    Raises: ConfigError before anything starts when the config, the key or the server is not fit.
    """
    check_ready(config)
    from flows.deploy.deployments import serve_all  # noqa: PLC0415

    serve_all(config)


def deploy_to(config: Path, pool: str) -> list[str]:
    """Put the deployments on the Prefect server that is configured, for the workers of a pool; gives their names.

    Raises: ConfigError before anything starts when the config, the key or the server is not fit.
    """
    check_ready(config)
    from flows.deploy.deployments import register  # noqa: PLC0415

    return list(register(config, pool))


def check_ready(config: Path) -> None:
    """See that the config, the key, the input and the Prefect server are fit.

    Raises: ConfigError.
    """
    _check_fit(config)
    check_configured_server()
    from prefect.settings import PREFECT_API_URL  # noqa: PLC0415 - after the environment is set

    if not PREFECT_API_URL.value():
        raise ConfigError("no Prefect server is configured: set PREFECT_API_URL, or use `sonocurate ui`")


def _check_fit(config: Path) -> None:
    warnings.simplefilter("ignore")
    preflight(config, embedded=True, publish=False)


@contextmanager
def ui_server(config: Path, port: int) -> Iterator[str]:
    """Run a Prefect server on a loopback port for the time of the block; gives the address of its UI.

    Raises: ConfigError when the config, the key or the input is not fit, when something else listens on the port, or
        the server does not start.
    """
    if not is_free(port):
        raise ConfigError(f"port {port} is taken by another program: choose another one (--port, PORT=… of make ui)")
    set_quiet()
    _check_fit(config)
    log = load(config).warehouse.root / LOG
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "PREFECT_SERVER_UI_API_URL": f"{address}/api"}
    environment.pop("PREFECT_API_URL", None)
    with log_file(log, "ab") as sink, started(command, sink, environment) as process:
        wait_healthy(f"{address}/api", process, f"the Prefect server did not start on port {port}; see {log}")
        yield address


def serve_with_ui(config: Path, port: int) -> None:
    """Start a server, say where its UI is, and serve the deployments until the process is told to end.

    Raises: ConfigError.
    """
    with ui_server(config, port) as address:
        sys.stdout.write(f"Prefect UI: {address}\n")
        sys.stdout.flush()
        with using(f"{address}/api"):
            from flows.deploy.deployments import serve_all  # noqa: PLC0415

            serve_all(config)
