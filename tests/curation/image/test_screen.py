import numpy as np
import pytest

from curation.image.regions import ScanRegion
from curation.image.screen import is_blank, is_document, panels, region_layout
from schemas.region import TextRegion
from tests.curation.image.fakes import speckle


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


def text_page(rows=480, cols=640):
    pixels = np.full((rows, cols, 3), 20, dtype=np.uint8)
    lines = [TextRegion((30, y, 400, y + 16), "line", 0.9) for y in range(20, 440, 30)]
    for line in lines:
        x0, y0, x1, y1 = line.box_px
        pixels[y0 + 2 : y1 - 2, x0:x1:5] = 230
        pixels[y1 + 6, 10:620] = 120  # rules of a table
    return pixels, lines


def panel_frame(*boxes, rows=480, cols=800):
    pixels = np.zeros((rows, cols, 3), dtype=np.uint8)
    for number, (x0, y0, x1, y1) in enumerate(boxes):
        pixels[y0:y1, x0:x1] = speckle(y1 - y0, x1 - x0, seed=number)
    return pixels


def test_a_page_of_text_is_a_document_and_an_image_with_much_text_is_not():
    pixels, lines = text_page()
    assert is_document(pixels, lines)
    assert not is_document(pixels, lines[:3])
    pixels[100:400, 420:630] = speckle(300, 210)
    assert not is_document(pixels, lines)


@pytest.mark.parametrize(
    ("boxes", "layout"),
    [
        ([(100, 50, 700, 450)], "single"),
        ([(20, 60, 390, 440), (400, 60, 780, 440)], "dual"),
        ([(20, 20, 390, 230), (400, 20, 780, 230), (20, 240, 390, 460), (400, 240, 780, 460)], "quad"),
        ([(100, 20, 700, 230), (100, 240, 700, 460)], "single"),  # a trace below the image
        ([(20, 60, 600, 440), (640, 60, 780, 200)], "single"),  # a thumbnail
    ],
)
def test_panels_by_pixels(boxes, layout):
    assert panels(panel_frame(*boxes), ()) == layout


def test_regions_go_before_pixels():
    two = panel_frame((20, 60, 390, 440), (400, 60, 780, 440))
    assert panels(two, [region(0, 0, 800, 480)]) == "single"
