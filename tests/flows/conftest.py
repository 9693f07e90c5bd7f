"""One small invented hospital, one Prefect server, one model server, and one undisturbed run for all tests of flows."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flows.sample.hospital import build
from flows.server import prefect_server
from tests.flows.model_proxy import serve_model

ROOT = Path(__file__).parents[2]
CONFIG = """
[input]
table = "{hospital}/cases.csv"
images = "{hospital}/images"
[pseudonym]
key_file = "{key}"
[warehouse]
root = "warehouse"
[intake]
chunk_cases = 3
[desensitize]
chunk_images = 4
frames_per_cine = 1
[scrub]
chunk_reports = 2
[generate]
chunk_cases = 2
closed_per_case = 2
open_per_case = 1
max_tokens = 96
[verify]
chunk_pairs = 6
[deduplicate]
chunk_pairs = 6
[release]
name = "first"
split_validation = 0.3
split_test = 0.3
"""
KEY = "5a" * 32
ENDPOINT = """
[[endpoints]]
name = "model"
base_url = "{url}"
model = "SmolLM2-135M-Instruct.Q4_1.gguf"
capabilities = ["text", "json_schema"]
tier = "demo"
"""


@dataclass(frozen=True)
class Site:
    """Where a test's hospital and key lie, and what was planted."""

    hospital: Path
    key: Path
    planted: list[str] = field(repr=False)
    server_url: str
    prefect_home: Path

    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "SONOCURATE_"))}
        return {
            **own,
            "PREFECT_HOME": str(self.prefect_home),
            "PREFECT_API_URL": self.server_url,
            "PYTHONPATH": str(ROOT),
        }

    def config(self, folder: Path, *, endpoint: str | None = None, extra: str = "") -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "pipeline.toml"
        text = CONFIG.format(hospital=self.hospital, key=self.key) + extra
        path.write_text(text + (ENDPOINT.format(url=endpoint) if endpoint else ""), encoding="utf-8")
        return path

    def command(self, *args: object) -> list[str]:
        return [sys.executable, "-m", "flows.cli", *map(str, args)]

    def cli(self, *args: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*args),
            env=self.environment(),
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    base = tmp_path_factory.mktemp("site")
    build(base / "hospital", base / "truth", cases=4, seed=7)
    key = base / "pseudonym.key"  # the same pseudonyms, splits and requests in every session
    key.touch(mode=0o600)
    key.write_text(KEY)
    truth = (base / "truth" / "phi.jsonl").read_text(encoding="utf-8").splitlines()
    planted = sorted({text for line in truth for text in json.loads(line)["strings"]})
    home = tmp_path_factory.mktemp("prefect")
    saved = {name: value for name, value in os.environ.items() if name.startswith("PREFECT_")}
    for name in saved:
        del os.environ[name]
    os.environ["PREFECT_HOME"] = str(home)
    with prefect_server(home / "server.log") as url:
        yield Site(base / "hospital", key, planted, url, home)
    os.environ.pop("PREFECT_HOME")
    os.environ.update(saved)


@pytest.fixture(scope="session")
def model():
    with serve_model() as proxy:
        yield proxy


@dataclass(frozen=True)
class Finished:
    """An undisturbed run over the configured endpoint."""

    folder: Path
    output: str
    errors: str
    requests: list[bytes] = field(repr=False)

    @property
    def root(self) -> Path:
        return self.folder / "warehouse"


@pytest.fixture(scope="session")
def finished(site, model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    done = site.cli("run", "--config", site.config(folder, endpoint=model.url))
    assert done.returncode == 0, done.stderr
    return Finished(folder, done.stdout, done.stderr, list(model.sent))
