"""A server of ours: signals to our process group and our warnings are not for it; its log is written or the run is not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.key import init_key
from flows.sample.hospital import build
from flows.server import log_file, started
from flows.watch.log import read
from schemas.errors import ConfigError
from warehouse.tables import Shelf

ROOT = Path(__file__).parents[2]
CONFIG = """
[input]
table = "hospital/cases.csv"
images = "hospital/images"
[pseudonym]
key_file = "pseudonym.key"
[warehouse]
root = "warehouse"
[desensitize]
chunk_images = 1
[generate]
closed_per_case = 0
open_per_case = 0
"""
SAYS = "import os; print(os.getpgrp(), os.environ.get('PYTHONWARNINGS'), os.environ.get('ELSE'))"


def test_a_server_is_of_a_group_of_its_own_and_stops_at_no_warning(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    for environment, other in ((None, "None"), ({**os.environ, "ELSE": "x"}, "x")):
        path = tmp_path / "said"
        with path.open("wb") as sink, started([sys.executable, "-c", SAYS], sink, environment) as process:
            assert process.wait(timeout=60) == 0
        group, *rest = path.read_text().split()
        assert int(group) == process.pid != os.getpgrp()
        assert rest == ["None", other]


def test_a_log_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "warehouse").write_text("a file")
    with pytest.raises(ConfigError, match="cannot be written"):
        log_file(tmp_path / "warehouse" / "logs" / "server.log", "wb")
    with log_file(tmp_path / "new" / "server.log", "wb") as sink:
        sink.write(b"x")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_to_the_whole_group_ends_whole(tmp_path, number, code):
    """Ctrl-C in a terminal: chunks in work need the server that the run has started."""
    build(tmp_path / "hospital", tmp_path / "truth", cases=2, seed=3)
    init_key(tmp_path / "pseudonym.key")
    (tmp_path / "pipeline.toml").write_text(CONFIG)
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment = {**own, "PREFECT_HOME": str(tmp_path / "prefect"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "flows.cli", "run", "--config", str(tmp_path / "pipeline.toml")]
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        log = tmp_path / "warehouse/logs/runs.jsonl"
        deadline = time.monotonic() + 120
        while not (log.is_file() and '"desensitize"' in log.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(process.pid, number)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == code
    assert "Error" not in errors and "Event(" not in errors
    rows = Shelf(log.parents[1]).read("receipts").to_pylist()
    begun = {row["chunk"] for row in read(log.parents[1]) if row["event"] == "chunk.started"}
    assert begun == {row["chunk_id"] for row in rows if row["state"] == "done"}
