"""The command line where its streams are closed or full."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def shell(command, folder):
    line = command.replace("sonocurate", f"{sys.executable} -m flows.cli")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["sh", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_closed_streams_change_nothing(tmp_path, closed):
    folder = tmp_path / "hospital"
    done = shell(f"sonocurate sample {folder} --cases 1 --seed 1 {closed}", tmp_path)
    assert (done.returncode, done.stderr.count("Error")) == (0, 0)
    assert (folder / "cases.csv").read_text(encoding="utf-8").count("\n") > 1


def test_a_full_device_is_one_line(tmp_path):
    done = shell("sonocurate plan --cases 10 --format csv >/dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "sonocurate: no space is left on a device: free some and run the same command again"
    ]
