"""`make review-server`: Label Studio on loopback, with an admin from the environment and without calls to anybody.

Flows in: the program (it lives in an environment of its own), a data folder, a port. Flows out: a running server.
Source: Label Studio 1.23, settings by environment.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from flows.server import started, wait_healthy
from schemas.errors import ConfigError

#: What the admin is made of; all three must be set.
ADMIN = ("LABEL_STUDIO_USERNAME", "LABEL_STUDIO_PASSWORD", "LABEL_STUDIO_USER_TOKEN")
QUIET = {
    "COLLECT_ANALYTICS": "false",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "LATEST_VERSION_CHECK": "false",
    "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
    "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
}
#: A new data folder is migrated first, which takes a minute or two.
START_TIMEOUT_S = 600.0
UMASK = 0o077


def command(program: Path, port: int) -> list[str]:
    """Give the command that serves on loopback."""
    place = ["--host", f"http://127.0.0.1:{port}", "--internal-host", "127.0.0.1", "-p", str(port)]
    return [str(program), "start", "--no-browser", *place]


def environment(data: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of the server.

    Raises: ConfigError when the admin is not set.
    """
    if missing := [name for name in ADMIN if not given.get(name)]:
        raise ConfigError(f"set {', '.join(missing)}: they make the admin (the token: 40 hex digits of your choice)")
    return {**given, **QUIET, "LABEL_STUDIO_BASE_DATA_DIR": str(data.resolve())}


@contextmanager
def label_studio(program: Path, data: Path, port: int, given: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Serve for the time of the block.

    Raises: ConfigError when the server does not become healthy; `server.log` in the data folder says why.
    """
    data.mkdir(parents=True, exist_ok=True)
    log = data / "server.log"
    with log.open("ab") as sink, started(command(program, port), sink, environment(data, given)) as process:
        failed = f"Label Studio did not start; see {log}"
        wait_healthy(f"http://127.0.0.1:{port}", process, failed, timeout_s=START_TIMEOUT_S)
        yield process


def main(arguments: Sequence[str]) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=Path, help="label-studio of its own environment")
    parser.add_argument("--data", type=Path, default=Path(".label-studio"), help="folder of its database")
    parser.add_argument("--port", type=int, default=8080)
    options = parser.parse_args(arguments)
    os.umask(UMASK)
    try:
        with label_studio(options.program, options.data, options.port, dict(os.environ)) as process:
            sys.stdout.write(f"Label Studio: http://127.0.0.1:{options.port} (stop it with Ctrl-C)\n")
            process.wait()
    except ConfigError as error:
        sys.stderr.write(f"sonocurate: {error}\n")
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        sys.stdout.write("stopped\n")


if __name__ == "__main__":
    main(sys.argv[1:])
