"""Annotations drawn over a masked frame, for people to look at.

In: pixels uint8[H, W, 3] RGB and rows of ANNOTATION (or objects of a pair) of the same frame. Out: new pixels, perhaps
smaller; coordinates go through the same transform as the picture.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from curation.ground.transform import Transform

Pixels = NDArray[np.uint8]
#: Contours, boxes, points: RGB, told apart also by people who see red and green alike.
CONTOUR, BOX, POINT = (0, 220, 255), (255, 200, 0), (255, 80, 200)


def overlay(pixels: Pixels, rows: Sequence[Mapping[str, Any]], longest_px: int | None = None) -> Pixels:
    """Draw contours, boxes and keypoints; a frame longer than ``longest_px`` is made smaller first.

    Shapes: uint8[H, W, 3] -> uint8[h, w, 3].
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, longest_px / max(height, width)) if longest_px else 1.0
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    drawn = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if scale < 1 else pixels.copy()
    way = Transform.resize((width, height), size)
    for row in rows:
        _draw(drawn, row, way)
    return np.asarray(drawn, dtype=np.uint8)


def _draw(drawn: Pixels, row: Mapping[str, Any], way: Transform) -> None:
    for ring in row["polygon_px"] or ():
        points = np.rint(np.array(way.flat(ring)).reshape(-1, 1, 2) - 0.5).astype(np.int32)
        cv2.polylines(drawn, [points], isClosed=True, color=CONTOUR, thickness=1)
    if row["bbox_xyxy_px"] is not None:
        x0, y0, x1, y1 = (round(value) for value in way.flat(row["bbox_xyxy_px"]))
        cv2.rectangle(drawn, (x0, y0), (x1 - 1, y1 - 1), BOX, 1)
    for point in row["keypoints"] or ():
        x, y = way.flat((point["x_px"], point["y_px"]))
        kind = cv2.MARKER_CROSS if point["visible"] else cv2.MARKER_TILTED_CROSS
        cv2.drawMarker(drawn, (int(x), int(y)), POINT, kind, 9, 1)
