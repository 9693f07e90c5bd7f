import numpy as np
import pytest

from curation.image.band import find_band
from curation.image.regions import ScanRegion
from tests.curation.image.fakes import speckle


def screen(band_level, *, scan_top=60, rows=480, cols=640):
    pixels = np.zeros((rows, cols, 3), dtype=np.uint8)
    pixels[:40] = band_level
    pixels[scan_top:, 60:580] = speckle(rows - scan_top, 520)
    pixels[12:26, 20:200:5] = 240  # letters
    return pixels


def test_a_coloured_strip_is_the_band():
    assert find_band(screen(60), (), ()) == pytest.approx(40, abs=1)


def test_without_a_strip_the_dark_top_goes_as_far_as_identity_was_read():
    assert 25 <= find_band(screen(0), (), ()) <= 60
    assert find_band(screen(0), (), [(20, 40, 200, 52)]) >= 52


def test_scan_regions_end_the_band():
    assert find_band(screen(0), [ScanRegion((60, 60, 580, 480), 1, 1)], ()) == pytest.approx(60, abs=4)


def test_no_band_where_the_scan_starts_at_the_top():
    assert find_band(speckle(), (), ()) == 0
    assert find_band(screen(0, scan_top=2), (), [(10, 4, 100, 20)]) == 0


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 2), (33, 47)])
def test_any_size(size):
    assert 0 <= find_band(np.zeros((*size, 3), dtype=np.uint8), (), ()) <= size[0]
