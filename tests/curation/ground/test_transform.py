"""Coordinates through crops and resizes, and back."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.ground.geometry import of_rings
from curation.ground.masks import rings_of
from curation.ground.transform import Transform
from schemas.rings import mask_of_rings

SIDES = st.integers(16, 4000)
PLACES = st.floats(-100, 5000)


@given(SIDES, SIDES, SIDES, SIDES, st.lists(st.tuples(PLACES, PLACES), min_size=1), st.tuples(PLACES, PLACES))
def test_there_and_back_is_the_same_place(w, h, new_w, new_h, points, corner):
    way = Transform.crop((*corner, 1e4, 1e4)).then(Transform.resize((w, h), (new_w, new_h)))
    flat = [value for point in points for value in point]
    assert way.inverse().flat(way.flat(flat)) == pytest.approx(flat, abs=1e-6)
    assert way.then(way.inverse()).flat(flat) == pytest.approx(flat, abs=1e-6)


def test_lengths_in_mm_stay():
    ring = [10, 10, 110, 10, 110, 60, 10, 60]
    way = Transform.crop((5, 5, 200, 200)).then(Transform.resize((195, 195), (390, 65)))
    before = of_rings([ring], (0.1, 0.2))
    after = of_rings([way.flat(ring)], (0.1 / way.scale[0], 0.2 / way.scale[1]))
    assert after.long_axis == pytest.approx(before.long_axis)
    assert after.area == pytest.approx(before.area)


def test_a_resized_picture_shows_the_object_where_the_coordinates_say():
    mask = np.zeros((120, 160), np.uint8)
    cv2.ellipse(mask, (90, 60), (40, 22), 20, 0, 360, 1, -1)
    picture = cv2.resize(mask * 255, (320, 90), interpolation=cv2.INTER_AREA)
    way = Transform.resize((160, 120), (320, 90))
    drawn = mask_of_rings([way.flat(ring) for ring in rings_of(mask)], 320, 90)
    seen = picture >= 128
    assert (seen & (drawn > 0)).sum() / (seen | (drawn > 0)).sum() > 0.97
