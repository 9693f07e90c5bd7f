"""One run at a time; a run that waits for a person lets others work, and takes the lock again."""

import errno
import os
import subprocess
import sys
import time

import pytest

from flows.alone import alone, is_held, set_aside
from schemas.errors import ConfigError

HOLD = """
import sys, time
from pathlib import Path
from flows.alone import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def holder(root, seconds):
    """Another process that holds the folder for a while."""
    command = [sys.executable, "-c", HOLD, str(root), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    return process


def test_the_lock_is_free_while_it_is_set_aside_and_taken_again(tmp_path):
    with alone(tmp_path), alone(tmp_path):
        assert is_held(tmp_path)
        with set_aside(tmp_path, 30):
            assert not is_held(tmp_path)
            other = holder(tmp_path, 2)
            began = time.monotonic()
        assert time.monotonic() - began > 1  # it waited for the other one
        assert is_held(tmp_path)
        other.communicate()
    assert not is_held(tmp_path)


def test_who_waits_in_vain_is_refused(tmp_path):
    with alone(tmp_path), pytest.raises(ConfigError, match="another run is working"), set_aside(tmp_path, 0):
        other = holder(tmp_path, 60)
    other.kill()
    other.communicate()


def test_setting_aside_what_nobody_holds_changes_nothing(tmp_path):
    with set_aside(tmp_path, 0):
        assert not is_held(tmp_path)
    assert not is_held(tmp_path)


def test_looking_at_the_lock_needs_no_right_to_write(tmp_path, monkeypatch):
    """As on a mount that is read-only."""
    opened = os.open

    def read_only(path, flags, *mode):
        if flags & (os.O_RDWR | os.O_WRONLY | os.O_CREAT):
            raise OSError(errno.EROFS, "Read-only file system")
        return opened(path, flags, *mode)

    with alone(tmp_path):
        monkeypatch.setattr(os, "open", read_only)
        assert is_held(tmp_path)
    assert not is_held(tmp_path)
    assert not is_held(tmp_path / ".running")  # a file is no warehouse
    with pytest.raises(ConfigError, match=r"cannot be read \(File name too long\)"):
        is_held(tmp_path / ("x" * 300))
