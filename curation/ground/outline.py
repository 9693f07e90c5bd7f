"""Outlines as an answer says them: few corners, near the true border.

In: exact rings. Out: rings of whole px with at most so many corners. Source: Douglas and Peucker 1973 (OpenCV).
"""

from collections.abc import Sequence

import cv2
import numpy as np

from curation.ground.masks import Ring

#: First tolerance (px), and by how much it grows until the corners are few enough.
_FIRST_PX, _GROWTH = 0.7, 1.6
_MOST_STEPS = 24


def simplified(rings: Sequence[Sequence[float]], most: int) -> list[Ring]:
    """Simplify rings to at most ``most`` corners each; rings that lose their area (specks) stay as they were."""
    return [_simple(ring, most) for ring in rings]


def _simple(ring: Sequence[float], most: int) -> Ring:
    if len(ring) <= 8:
        return list(ring)
    points = np.asarray(ring, np.float32).reshape(-1, 1, 2)
    tolerance, found = _FIRST_PX, points
    for _ in range(_MOST_STEPS):
        found = cv2.approxPolyDP(points, tolerance, closed=True)
        if len(found) <= most:
            break
        tolerance *= _GROWTH
    if len(found) < 3 or cv2.contourArea(found) <= 0:
        return list(ring)
    corners: Ring = np.rint(found).astype(np.float64).ravel().tolist()
    return corners
