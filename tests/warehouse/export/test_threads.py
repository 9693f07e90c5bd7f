"""Pictures are written beside rows: an error or an interrupt of either ends the other, and the next call goes on."""

import errno
import threading
import time

import pytest

from schemas.errors import ChunkError
from tests.warehouse.export.test_run import contents, write
from warehouse.export import run
from warehouse.export.source import Source


def test_an_error_of_the_pictures_ends_the_rows_and_is_told(shop, tmp_path, monkeypatch):
    told = []

    def full(*_):
        raise OSError(errno.ENOSPC, "no space left")

    def slow(rows):
        told.append(rows)
        time.sleep(0.3)

    monkeypatch.setattr(run, "write_pictures", full)
    with pytest.raises(ChunkError, match="no space left"):
        write(shop, "ms-swift", "files", tmp_path / "out", progress=slow)
    assert len(told) <= 2
    monkeypatch.undo()
    write(shop, "ms-swift", "files", tmp_path / "out")
    assert contents(tmp_path / "out") == contents(write(shop, "ms-swift", "files", tmp_path / "whole").folder)


def test_an_interrupt_ends_the_pictures_of_an_export(shop, tmp_path, monkeypatch):
    checked, real = [], Source._check

    def slowly(self, path):
        if path.parent.name == "images" and path not in self._checked:
            time.sleep(0.2)
        real(self, path)
        checked.append(path)

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Source, "_check", slowly)
    with pytest.raises(KeyboardInterrupt):
        write(shop, "ms-swift", "files", tmp_path / "out", progress=interrupt)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("pictures")]
    assert not list((tmp_path / "out").rglob("*.png"))
    monkeypatch.undo()
    write(shop, "ms-swift", "files", tmp_path / "out")
    assert contents(tmp_path / "out") == contents(write(shop, "ms-swift", "files", tmp_path / "whole").folder)
