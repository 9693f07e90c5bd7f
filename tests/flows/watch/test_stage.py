"""How often a stage looks at the tables while it works."""

from itertools import pairwise
from types import SimpleNamespace

import pytest

from flows.watch import stage as module
from flows.watch.log import Log


@pytest.mark.parametrize(("look_s", "pause_s"), [(0.001, 2.0), (0.1, 10.0), (5.0, 60.0)])
def test_the_longer_a_look_takes_the_rarer_it_is(tmp_path, monkeypatch, look_s, pause_s):
    now, looks = [0.0], []

    def look(_):
        now[0] += look_s
        looks.append(now[0])

    monkeypatch.setattr(module, "rebuild", look)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    chunk = SimpleNamespace(ids=[])  # no rows: no artifact
    with module.StageWatch(SimpleNamespace(shelf=None), Log(tmp_path), "scrub", []) as watch:
        while len(looks) < 3:
            now[0] += 0.5
            watch._advance(chunk)
    gaps = [after - look_s - before for before, after in pairwise(looks)]
    assert all(pause_s - 1e-9 <= gap <= pause_s + 0.5 + 1e-9 for gap in gaps)
