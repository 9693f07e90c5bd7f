"""What is drawn over a frame, and where."""

import numpy as np

from curation.ground.overlay import BOX, CONTOUR, POINT, overlay

ROW = {
    "polygon_px": [[20.0, 20, 60, 20, 60, 50, 20, 50]],
    "bbox_xyxy_px": [10.0, 10, 90, 70],
    "keypoints": [{"name": "a", "x_px": 40.0, "y_px": 35.0, "visible": True}],
}


def colours(pixels):
    return {tuple(int(v) for v in one) for one in pixels.reshape(-1, 3)}


def test_contours_boxes_and_points_are_drawn_on_a_copy():
    frame = np.zeros((80, 100, 3), np.uint8)
    drawn = overlay(frame, [ROW])
    assert not frame.any() and drawn.shape == frame.shape
    assert {CONTOUR, BOX, POINT} <= colours(drawn)
    assert tuple(drawn[10, 10]) == BOX and tuple(drawn[69, 89]) == BOX and tuple(drawn[35, 40]) == POINT
    ys, xs = np.nonzero((drawn == CONTOUR).all(axis=2))
    assert abs(xs.min() - 20) <= 1 and abs(ys.max() - 49) <= 1


def test_a_smaller_picture_has_them_at_the_same_place():
    drawn = overlay(np.zeros((80, 100, 3), np.uint8), [ROW], longest_px=50)
    assert drawn.shape == (40, 50, 3) and tuple(drawn[5, 5]) == BOX
    empty = {"polygon_px": None, "bbox_xyxy_px": None, "keypoints": None}
    assert not overlay(np.zeros((80, 100, 3), np.uint8), [empty]).any()
