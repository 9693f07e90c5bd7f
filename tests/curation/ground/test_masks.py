"""Masks, RLE and rings: round trips over random shapes, and RLE that must not be decoded."""

import cv2
import numpy as np
import pytest

from curation.ground.masks import box_of_rle, mask_of_rle, rings_of, rle_of
from schemas.rings import mask_of_rings


def random_mask(number: int) -> np.ndarray:
    """Draw one of five kinds: blobs with holes, one pixel, noise, a ring, a polygon."""
    rng = np.random.default_rng(number)
    rows, columns = rng.integers(4, 90, 2)
    mask = np.zeros((rows, columns), np.uint8)
    kind = number % 5
    if kind == 0:
        mask[:] = cv2.GaussianBlur(rng.random((rows, columns)), (0, 0), rng.uniform(0.5, 4)) > 0.5
    elif kind == 1:
        mask[rng.integers(rows), rng.integers(columns)] = 1
    elif kind == 2:
        mask[:] = rng.random((rows, columns)) < 0.3
    elif kind == 3:
        middle = (int(columns) // 2, int(rows) // 2)
        cv2.ellipse(mask, middle, (int(columns) // 3 + 1, int(rows) // 3 + 1), rng.uniform(0, 180), 0, 360, 1, -1)
        cv2.ellipse(mask, middle, (int(columns) // 6 + 1, int(rows) // 6 + 1), rng.uniform(0, 180), 0, 360, 0, -1)
    else:
        cv2.fillPoly(mask, [rng.integers(0, [columns, rows], (7, 2)).astype(np.int32)], 1)
    if not mask.any():
        mask[0, 0] = 1
    return mask


@pytest.mark.parametrize("start", range(0, 1000, 250))
def test_rings_and_rle_give_the_mask_back(start):
    for number in range(start, start + 250):
        mask = random_mask(number)
        assert np.array_equal(mask_of_rings(rings_of(mask), mask.shape[1], mask.shape[0]), mask), number
        assert np.array_equal(mask_of_rle(rle_of(mask)), mask), number
        assert box_of_rle(rle_of(mask)) == cv2.boundingRect(mask), number


def test_one_pixel_is_a_square_of_four_corners():
    mask = np.zeros((5, 6), np.uint8)
    mask[2, 3] = 1
    (ring,) = rings_of(mask)
    assert sorted(zip(ring[::2], ring[1::2], strict=True)) == [(3, 2), (3, 3), (4, 2), (4, 3)]
    assert rings_of(mask, (10, 20))[0][::2] == [x + 10 for x in ring[::2]]
    assert rings_of(np.zeros((4, 4), np.uint8)) == []


@pytest.mark.parametrize(
    "counts", ["zz", "04", "oo0oo0", "PPYo1", "~~~~~", "0", "", "\u4e00", [1, 2], [-1, 26], ["a"], None]
)
def test_broken_rle_is_refused_before_memory_is_read(counts):
    with pytest.raises(ValueError, match="no RLE"):
        mask_of_rle({"size": [5, 5], "counts": counts})


def test_uncompressed_counts_are_read():
    assert mask_of_rle({"size": [5, 5], "counts": [6, 1, 18]}).sum() == 1
    for size in ([5], [0, 5], ["x", 5], None):
        with pytest.raises(ValueError, match="no RLE"):
            mask_of_rle({"size": size, "counts": [25]})
