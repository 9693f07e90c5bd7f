"""Rings to a mask: the one way in which outlines become pixels.

In: rings ``[x, y, x, y, …]`` in px, where (0, 0) is the corner of the first pixel. Out: uint8[H, W] of 0 and 1.
Source: COCO data format (pycocotools); a ring inside a ring is a hole (even-odd rule).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco


def mask_of_rings(rings: Sequence[Sequence[float]], width_px: int, height_px: int) -> NDArray[np.uint8]:
    """Fill rings by the even-odd rule. Shapes: uint8[height, width]."""
    filled = np.zeros((height_px, width_px), np.uint8)
    for ring in rings:
        part = coco.decode(coco.frPyObjects([list(ring)], height_px, width_px))[..., 0]
        filled ^= part
    return filled
