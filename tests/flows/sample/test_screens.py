"""Console screens: every drawn letter lies in its box, and the box is tight."""

from random import Random

import numpy as np
import pytest

from flows.sample import canvas
from flows.sample.console import PHI, Screen
from flows.sample.furniture import Shot
from flows.sample.layouts import LAYOUTS, Layout, draw
from flows.sample.phrases import vary
from flows.sample.plan import plan


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
@pytest.mark.parametrize("number", [4, 5])
def test_ink_is_in_tight_boxes(layout: Layout, number: int) -> None:
    screen = draw(layout, Shot(plan(6, 3)[number], 0, layout.native, 1, Random(1)))
    black = [np.zeros((8, 8, 3), np.uint8) for _ in screen.scan_boxes]
    items, drawn = screen.items(), screen.render(black).astype(int)
    screen._lines.clear()
    ink = np.abs(drawn - screen.render(black)).max(axis=2) > 0
    for item in items:
        x0, y0, x1, y1 = item.box
        inside = ink[y0:y1, x0:x1]
        if y1 - y0 > 60:
            continue  # a code is a picture on the ground
        assert inside.any(), item.box
        assert inside[0].any(), "top edge"
        assert inside[-1].any(), "bottom edge"
        assert inside[:, 0].any(), "left edge"
        assert inside[:, -1].any(), "right edge"
        inside[:] = False
    assert not ink.any()


def test_text_stays_on_the_screen() -> None:
    screen = Screen(200, 100)
    x0, y0, x1, y1 = screen.text((190, 95), "OKAFOR", PHI, size=18)
    assert 0 <= x0 < x1 <= 200
    assert 0 <= y0 < y1 <= 100


def test_late_text_is_not_on_the_first_frames() -> None:
    screen = Screen(200, 100)
    screen.text((10, 10), "OKAFOR", PHI, frames=(2, 9))
    assert [len(screen.items(frame)) for frame in range(4)] == [0, 0, 1, 1]
    assert not screen.render([], 1).any()
    assert screen.render([], 2).any()


def test_items_do_not_show_text() -> None:
    screen = Screen(200, 100)
    screen.text((10, 10), "OKAFOR", PHI)
    assert "OKAFOR" not in repr(screen.items()[0])


@pytest.mark.parametrize("name", sorted({name for names in canvas.SUITABLE.values() for name in names}))
@pytest.mark.parametrize("frames", [1, 5])
def test_scans_are_real_and_black_outside(name: str, frames: int) -> None:
    pixels = canvas.scan(name, Random(2), frames=frames)
    assert pixels.dtype == np.uint8
    assert pixels.shape[0] == frames
    assert pixels.std() > 10
    if frames > 1:
        assert (pixels[0] != pixels[1]).any()


def test_fit_keeps_proportions() -> None:
    wide = canvas.fit(np.full((10, 40, 3), 9, np.uint8), 80, 80)
    assert wide.shape == (80, 80, 3)
    assert not wide[:25].any()
    assert wide[40].all()


def test_vary() -> None:
    assert vary("[[3.0~3.0]] cm [[left]]", Random(1)) == "3.0 cm left"
    assert all(5 <= float(vary("[[5.5~7.25]]", Random(seed))) <= 7.3 for seed in range(50))
