"""A writer of a table is killed at random moments: what was acknowledged is there, once."""

import pytest

from flows.releases.bench import COMMITS_PER_KILL, Survived, kill_writers


def check(folder, kills):
    left = kill_writers(folder, kills)
    assert left == Survived(left.landed, 0, 0, COMMITS_PER_KILL * kills)
    assert left.landed > kills // 2


@pytest.mark.slow
def test_killed_writers_lose_nothing(tmp_path):
    check(tmp_path, 3)


@pytest.mark.chaos
def test_chaos_of_killed_writers(tmp_path):
    check(tmp_path, 50)
