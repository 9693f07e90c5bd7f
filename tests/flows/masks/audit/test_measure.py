"""What counts as a leak and as kept, on a frame whose ink is drawn by hand."""

import numpy as np
import pytest

from flows.masks.audit.measure import LEAK_SHARE, measure, scan_change, seen_share
from flows.planted.frame import Planted, PlantedFrame
from schemas.region import RegionKind

GROUND, INK = 20, 220
PICTOGRAM, SCAN = (150, 60, 170, 80), (0, 50, 200, 120)
#: role -> kind, box, group. The measurement stands in two boxes.
ITEMS = {
    "name": (RegionKind.PHI, (10, 10, 70, 22), -1),
    "label": (RegionKind.MEASUREMENT, (10, 60, 40, 72), 1),
    "dist": (RegionKind.MEASUREMENT, (60, 60, 90, 72), 1),
    "landmark": (RegionKind.LANDMARK, (10, 90, 60, 102), -1),
    "setting": (RegionKind.DEVICE, (110, 10, 150, 22), -1),
    "tick": (RegionKind.DEVICE, (180, 90, 190, 100), -1),
}


def strokes(box):
    """Ink as letters have it: thin upright strokes."""
    x0, y0, x1, y1 = box
    ink = np.zeros((y1 - y0, x1 - x0), bool)
    ink[:, ::5] = True
    return ink


def frame(*, size_px=14, contrast=INK - GROUND):
    pixels = np.full((120, 200, 3), GROUND, np.uint8)
    items = []
    for role, (kind, box, group) in ITEMS.items():
        ink = strokes(box)
        pixels[box[1] : box[3], box[0] : box[2]][ink] = INK
        items.append(Planted(f"text of {role}", kind, box, ink, "en", size_px, contrast, role, False, group))
    pixels[60:80, 150:170] = 140
    return PlantedFrame("f-1", "bare", "en", "fan", pixels, tuple(items), {}, (SCAN,), (PICTOGRAM,))


def fill(pixels, box, level=0):
    out = pixels.copy()
    out[box[1] : box[3], box[0] : box[2]] = level
    return out


def verdicts(planted, published):
    return {finding.role: finding.ok for finding in measure(planted, published)}


def test_an_untouched_frame_leaks_all_and_keeps_all():
    planted = frame()
    assert verdicts(planted, planted.pixels) == {
        "name": False, "label": True, "landmark": True, "setting": True, "tick": True, "pictogram": True
    }  # fmt: skip
    kinds = {finding.role: finding.kind for finding in measure(planted, planted.pixels)}
    assert kinds["label"] == "measurement"
    assert kinds["tick"] == "tick"
    assert scan_change(planted, planted.pixels)[0] == 0


def test_a_masked_name_does_not_leak_and_nothing_else_is_touched():
    planted = frame()
    found = verdicts(planted, fill(planted.pixels, ITEMS["name"][1]))
    assert all(found.values())


@pytest.mark.parametrize("shown", [1, 2, 6, 12])
def test_a_name_leaks_when_more_than_a_tenth_of_its_ink_can_be_seen(shown):
    planted = frame()
    x0, y0, x1, y1 = ITEMS["name"][1]
    published = fill(planted.pixels, (x0 + 5 * shown, y0, x1, y1))  # 12 strokes, the first ones stay
    assert verdicts(planted, published)["name"] == (shown / 12 <= LEAK_SHARE)


def test_a_changed_ground_hides_nothing_and_a_dimmed_name_still_leaks():
    planted = frame()
    dimmed = planted.pixels.copy()
    x0, y0, x1, y1 = ITEMS["name"][1]
    dimmed[y0:y1, x0:x1] = dimmed[y0:y1, x0:x1] // 4
    item = planted.items[0]
    assert seen_share(item, planted.pixels) == 1.0
    assert seen_share(item, dimmed) == 1.0
    assert seen_share(item, fill(planted.pixels, item.box, GROUND)) == 0.0


@pytest.mark.parametrize("part", ["label", "dist"])
def test_a_measurement_is_kept_only_with_all_of_its_boxes(part):
    planted = frame()
    x0, y0, _, _ = ITEMS[part][1]
    published = fill(planted.pixels, (x0, y0, x0 + 1, y0 + 1), 221)  # one pixel of its ink, by one level
    published[y0, x0] = INK - 1
    found = verdicts(planted, published)
    assert not found["label"]
    assert found["landmark"]


def test_a_pixel_beside_the_ink_does_not_count_against_a_landmark():
    planted = frame()
    x0, y0, _, _ = ITEMS["landmark"][1]
    assert verdicts(planted, fill(planted.pixels, (x0 + 2, y0, x0 + 3, y0 + 1)))["landmark"]


def test_pictograms_and_the_scan_show_damage():
    planted = frame()
    x0, y0, x1, _ = PICTOGRAM
    assert verdicts(planted, fill(planted.pixels, (x0, y0, x0 + 2, y0 + 2)))["pictogram"]
    damaged = fill(planted.pixels, (x0, y0, x1, y0 + 10))
    assert not verdicts(planted, damaged)["pictogram"]
    changed, total = scan_change(planted, damaged)
    assert (changed, total) == (200, (SCAN[2] - SCAN[0]) * (SCAN[3] - SCAN[1]))
    assert scan_change(planted, fill(planted.pixels, ITEMS["name"][1]))[0] == 0


@pytest.mark.parametrize(
    ("size_px", "contrast", "counts"), [(11, 60, True), (11, -60, True), (10, 200, False), (30, 59, False)]
)
def test_the_bound_counts_text_that_is_large_and_bright_enough(size_px, contrast, counts):
    planted = frame(size_px=size_px, contrast=contrast)
    assert measure(planted, planted.pixels)[0].in_bound is counts
