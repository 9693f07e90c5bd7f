"""A Prefect server for a run on one machine: started on a free loopback port, gone when the run is gone.

Where PREFECT_API_URL (or the active Prefect profile) names a server, that one is used and nothing is started.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from schemas.errors import ConfigError

START_TIMEOUT_S = 120.0
DRAIN_TIMEOUT_S = 10.0
#: What would make a server stop at its own warnings.
_NOT_FOR_SERVERS = ("PYTHONWARNINGS",)
_PR_SET_PDEATHSIG = 1  # linux/prctl.h: signal this process when its parent dies

#: Quiet and private: no analytics, no console log of tasks and their tracebacks (the UI has them; we print one line).
QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
}


def set_quiet() -> None:
    """Set the environment that Prefect reads at import; what the user has set stays."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)


@contextmanager
def prefect_server(log: Path) -> Iterator[str]:
    """Give the API address of the configured server, or of one started for the time of the block.

    Raises: ConfigError when the server does not become healthy; its log says why.
    """
    set_quiet()
    from prefect.settings import PREFECT_API_URL  # noqa: PLC0415 - after the environment is set

    if configured := PREFECT_API_URL.value():
        yield str(configured)
        return
    port = free_port()
    url = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with log_file(log, "wb") as sink, started(command, sink) as process:
        wait_healthy(url, process, f"the Prefect server did not start; see {log}")
        with using(url):
            try:
                yield url
            finally:
                _send_rest()


def log_file(log: Path, mode: str) -> IO[bytes]:
    """Open the log of a server.

    Raises: ConfigError when it cannot be written.
    """
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        return cast("IO[bytes]", log.open(mode))
    except OSError as error:
        raise ConfigError(f"{log} cannot be written ({error.strerror})") from None


@contextmanager
def using(url: str) -> Iterator[None]:
    """Let everything in this process, and what it starts, use a server: threads of Prefect's own see no context."""
    from prefect.context import refresh_global_settings_context  # noqa: PLC0415 - after the environment is set
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415

    before = os.environ.get("PREFECT_API_URL")
    os.environ["PREFECT_API_URL"] = url
    refresh_global_settings_context()
    try:
        with temporary_settings(updates={PREFECT_API_URL: url}):
            yield
    finally:
        if before is None:
            del os.environ["PREFECT_API_URL"]
        else:
            os.environ["PREFECT_API_URL"] = before
        refresh_global_settings_context()


def check_configured_server() -> None:
    """See that the Prefect server that is configured, if any, answers.

    Raises: ConfigError.
    """
    set_quiet()
    from prefect.settings import PREFECT_API_URL  # noqa: PLC0415 - after the environment is set

    url = PREFECT_API_URL.value()
    if url and not _is_healthy(str(url)):
        raise ConfigError("PREFECT_API_URL names a server that does not answer: start it, or unset the variable")


def _send_rest() -> None:
    """Send the log lines and events that Prefect still holds, while there is a server to take them."""
    from prefect.events.worker import EventsWorker  # noqa: PLC0415 - after the environment is set
    from prefect.logging.handlers import APILogWorker  # noqa: PLC0415

    for sender in (APILogWorker, EventsWorker):
        sender.drain_all(timeout=DRAIN_TIMEOUT_S)


def free_port() -> int:
    """Find a free loopback port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Say whether a server could listen on a loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port whose last connections are closing is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@contextmanager
def started(
    command: Sequence[str], sink: object, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server for the time of the block; it ends with this process, too.

    Signals to our process group (Ctrl-C in a terminal) are for us: chunks in work need the server to end whole.
    """
    own = {name: value for name, value in (environment or os.environ).items() if name not in _NOT_FOR_SERVERS}
    process = subprocess.Popen(
        command,
        env=own,
        start_new_session=True,
        stdout=sink,  # type: ignore[call-overload]
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - one libc call
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:  # noqa: S310 - as the user configured
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


def wait_healthy(
    url: str, process: subprocess.Popen[bytes], failed: str, *, timeout_s: float = START_TIMEOUT_S
) -> None:
    """Wait until a server says at URL/health that it is well.

    Raises: ConfigError, saying ``failed``, when it has ended or the time is over.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and process.poll() is None:
        if _is_healthy(url):
            return
        time.sleep(0.2)
    raise ConfigError(failed)
