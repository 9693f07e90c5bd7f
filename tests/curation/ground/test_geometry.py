"""Geometry against analytic values, in px and mm, and where it refuses."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.ground.geometry import (
    UnknownPixelSizeError,
    angle_deg,
    distance,
    ellipse_circumference,
    in_mm,
    measure,
    of_mask,
    of_rings,
)


def ellipse_mask(long_px, short_px, angle, place):
    n = int(long_px) + 8
    y, x = np.mgrid[0:n, 0:n] + 0.5
    x, y = x - n / 2 - place[0], y - n / 2 - place[1]
    u, v = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    return ((2 * u / long_px) ** 2 + (2 * v / short_px) ** 2 <= 1).astype(np.uint8)


def ellipse_ring(long_px, short_px, angle, n=720):
    steps = 2 * np.pi * np.arange(n) / n
    u, v = long_px / 2 * np.cos(steps), short_px / 2 * np.sin(steps)
    x, y = u * math.cos(angle) - v * math.sin(angle), u * math.sin(angle) + v * math.cos(angle)
    return np.stack([x + 200, y + 200], 1).ravel().tolist()


def errors(found, long_px, short_px):
    border = ellipse_circumference(long_px, short_px)
    true = (math.pi * long_px * short_px / 4, long_px, short_px, border, border)
    own = (found.area, found.long_axis, found.short_axis, found.perimeter, found.circumference)
    return [abs(a / b - 1) for a, b in zip(own, true, strict=True)]


@pytest.mark.parametrize("size", [0.1, (0.1, 0.2)], ids=["square", "oblong"])
def test_outlines_of_ellipses_are_within_one_percent(size):
    rng = np.random.default_rng(5)
    for _ in range(40):
        long_px, angle = rng.uniform(20, 200), rng.uniform(0, math.pi)
        short_px = long_px * rng.uniform(0.3, 1)
        found = of_rings([ellipse_ring(long_px, short_px, angle)])
        assert max(errors(found, long_px, short_px)) < 0.01
    scale = (size, size) if isinstance(size, float) else size
    scaled = of_rings([ellipse_ring(100, 60, 0)], scale)
    assert max(errors(scaled, *sorted((100 * scale[0], 60 * scale[1]), reverse=True))) < 0.01


def test_masks_of_ellipses_from_20_px_radius_are_within_one_percent_and_unbiased():
    rng = np.random.default_rng(6)
    worst, signed = 0.0, []
    for _ in range(150):
        short_px = rng.uniform(40, 90)
        long_px, angle, place = short_px * rng.uniform(1.05, 2), rng.uniform(0, math.pi), rng.uniform(-0.5, 0.5, 2)
        found = of_mask(ellipse_mask(long_px, short_px, angle, place))
        worst = max(worst, *errors(found, long_px, short_px))
        signed.append([found.area / (math.pi * long_px * short_px / 4) - 1, found.long_axis / long_px - 1])
    assert worst < 0.01
    assert np.abs(np.mean(signed, axis=0)).max() < 0.001


def test_masks_with_oblong_pixels():
    found = of_mask(ellipse_mask(100, 60, 0, (0.2, 0.1)), (0.5, 0.1))
    assert max(errors(found, 50, 6)) < 0.012


def test_polygons_are_exact_and_holes_count():
    square = [10, 10, 30, 10, 30, 30, 10, 30]
    hole = [15, 15, 15, 25, 25, 25, 25, 15]
    whole, pierced = of_rings([square]), of_rings([square, hole])
    assert (whole.area, whole.perimeter) == (400, 80)
    assert (pierced.area, pierced.perimeter) == (300, 120)
    assert whole.long_axis == whole.short_axis == pytest.approx(4 * math.sqrt(400 / 12))
    two = of_rings([square, [40, 10, 60, 10, 60, 30, 40, 30]])
    assert two.area == 800
    mask = np.zeros((40, 40), np.uint8)
    mask[10:30, 10:30] = 1
    assert of_mask(mask).area == 400
    triangle = of_rings([[0, 0, 30, 0, 0, 20]])
    assert triangle.area == 300 and triangle.perimeter == pytest.approx(50 + math.hypot(30, 20))


def test_nothing_to_measure_is_refused():
    with pytest.raises(ValueError, match="empty"):
        of_mask(np.zeros((5, 5), np.uint8))
    with pytest.raises(ValueError, match="no area"):
        of_rings([[0, 0, 10, 0, 20, 0]])
    for size in ((None, None), (0.1, None), (None, 0.1)):
        with pytest.raises(UnknownPixelSizeError):
            in_mm(size)
    assert in_mm((0.1, 0.2)) == (0.1, 0.2)


def test_points():
    assert distance((0, 0), (30, 40)) == 50
    assert distance((0, 0), (30, 40), (0.1, 0.2)) == pytest.approx(math.hypot(3, 8))
    assert angle_deg([(1, 0), (0, 0), (0, 5)]) == pytest.approx(90)
    assert angle_deg([(1, 0), (0, 0), (-1, 0)]) == pytest.approx(180)
    assert angle_deg([(0, 0), (1, 0), (0, 0), (-1, 1)]) == pytest.approx(45)
    assert angle_deg([(1, 0), (0, 0), (1, 1)], (1, 2)) == pytest.approx(math.degrees(math.atan(2)))
    with pytest.raises(ValueError, match="one"):
        angle_deg([(1, 1), (1, 1), (2, 2)])


def test_formulas():
    assert ellipse_circumference(10, 10) == pytest.approx(10 * math.pi)
    assert ellipse_circumference(20, 0) == pytest.approx(40, rel=0.001)
    assert ellipse_circumference(0, 0) == 0


@given(st.floats(1e-7, 1e5))
def test_small_values_keep_their_digits(value):
    assert measure("area", value, "mm²", ["outline"])["value"] == pytest.approx(value, rel=1e-4)
    assert measure("area", 1e-15, "°", [])["value"] == 0  # no more than noise


@given(st.floats(0, math.pi), st.floats(0.2, 1), st.floats(20, 200))
def test_turning_changes_nothing(angle, ratio, long_px):
    one, other = (of_rings([ellipse_ring(long_px, ratio * long_px, turn, 64)]) for turn in (0, angle))
    for name in ("area", "long_axis", "short_axis", "perimeter"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-6)
