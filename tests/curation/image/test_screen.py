import numpy as np
import pytest

from curation.image.regions import ScanRegion
from curation.image.screen import is_blank, region_layout


def region(x0, y0, x1, y1, spatial=1, data=1):
    return ScanRegion((x0, y0, x1, y1), spatial, data)


@pytest.mark.parametrize(
    ("regions", "layout"),
    [
        ([], "single"),
        ([region(0, 0, 600, 400)], "single"),
        ([region(0, 0, 600, 400), region(100, 100, 300, 300, data=2)], "single"),
        ([region(0, 0, 600, 400), region(0, 0, 600, 400)], "single"),
        ([region(0, 0, 600, 200), region(0, 200, 600, 400, spatial=3, data=3)], "duplex"),
        ([region(0, 0, 300, 400), region(300, 0, 600, 400)], "dual"),
        ([region(0, 0, 300, 400), region(300, 0, 600, 400, data=2)], "dual"),
        ([region(x, y, x + 300, y + 200) for x in (0, 300) for y in (0, 200)], "quad"),
        ([region(0, 0, 600, 400), region(0, 0, 20, 400, data=0xD), region(30, 0, 50, 400, data=0xE)], "single"),
    ],
)
def test_region_layout(regions, layout):
    assert region_layout(regions) == layout


def test_blank():
    assert is_blank(np.zeros((50, 50, 3), dtype=np.uint8))
    assert is_blank(np.full((50, 50, 3), 77, dtype=np.uint8))
    assert not is_blank(np.random.default_rng(0).integers(0, 99, (50, 50, 3), dtype=np.uint8))
