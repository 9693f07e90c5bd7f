"""The file of counters: who can read it, what happens where it cannot be written."""

import os

import pytest

from flows.watch.metrics import write_metrics
from schemas.errors import ConfigError


@pytest.fixture
def private():
    before = os.umask(0o077)
    yield
    os.umask(before)


def test_another_user_can_read_the_counters(tmp_path, private):
    (tmp_path / "tables").mkdir()
    target = tmp_path / "out" / "sonocurate.prom"
    target.parent.mkdir()
    target.write_text("old")
    write_metrics(tmp_path, target)
    assert target.stat().st_mode & 0o777 == 0o644
    assert "sonocurate_chunks" in target.read_text(encoding="utf-8")
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("place", ["", "none/x.prom", "x" * 300])
def test_a_file_that_cannot_be_written_is_named(tmp_path, place):
    (tmp_path / "tables").mkdir()
    with pytest.raises(ConfigError, match=r"cannot be written \([A-Z]"):
        write_metrics(tmp_path, tmp_path / place)
    assert [one.name for one in tmp_path.iterdir()] == ["tables"]
