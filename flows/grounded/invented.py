"""Invented shapes with known geometry, and invented annotated frames.

In: a random generator. Out: masks that are sampled at pixel centres, rings, and rows of RAW_ANNOTATION.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from curation.ground.masks import Mask, Ring, rle_of

Rng = np.random.Generator
FRAME_PX = (512, 512)
_NAMES = ("lesion", "cyst", "lymph node")


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An ellipse by its axes (diameters), angle and centre, in px."""

    long_px: float
    short_px: float
    angle: float
    centre: tuple[float, float]

    @property
    def side(self) -> int:
        """Give the side of a square picture that holds it."""
        return int(self.long_px) + 8

    def levels(self) -> NDArray[np.float64]:
        """Give, at every pixel centre, the square of the ellipse's scale that passes through it: inside is below 1."""
        y, x = np.mgrid[0 : self.side, 0 : self.side] + 0.5
        x, y = x - self.centre[0], y - self.centre[1]
        u = x * math.cos(self.angle) + y * math.sin(self.angle)
        v = y * math.cos(self.angle) - x * math.sin(self.angle)
        return np.asarray((2 * u / self.long_px) ** 2 + (2 * v / self.short_px) ** 2)

    def ring(self, corners: int = 720) -> Ring:
        """Give its border."""
        steps = 2 * np.pi * np.arange(corners) / corners
        u, v = self.long_px / 2 * np.cos(steps), self.short_px / 2 * np.sin(steps)
        x = u * math.cos(self.angle) - v * math.sin(self.angle) + self.centre[0]
        y = u * math.sin(self.angle) + v * math.cos(self.angle) + self.centre[1]
        ring: Ring = np.stack([x, y], axis=1).ravel().tolist()
        return ring


def ellipse(rng: Rng, short_px: float) -> Ellipse:
    """Draw an ellipse of a short axis at a random place and angle, up to twice as long as wide."""
    long_px = short_px * rng.uniform(1, 2)
    middle = (int(long_px) + 8) / 2
    place = rng.uniform(-0.5, 0.5, 2)
    return Ellipse(long_px, short_px, rng.uniform(0, math.pi), (middle + place[0], middle + place[1]))


def polygon(rng: Rng, side_px: float) -> Ring:
    """Draw a star-shaped polygon of 3 to 12 corners, at least ``side_px`` wide at its smallest radius twice."""
    corners = int(rng.integers(3, 13))
    angles = (np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) * 2 * np.pi / corners
    radii = rng.uniform(side_px / 2, side_px, corners)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None] + side_px + 4
    ring: Ring = points.ravel().tolist()
    return ring


def mask_of_polygon(ring: Ring) -> Mask:
    """Sample a polygon at pixel centres (even-odd rule)."""
    points = np.asarray(ring).reshape(-1, 2)
    side = int(points.max()) + 4
    y, x = np.mgrid[0:side, 0:side] + 0.5
    inside = np.zeros((side, side), bool)
    for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, axis=0), strict=True):
        crosses = (ay > y) != (by > y)
        inside ^= crosses & (x < (bx - ax) * (y - ay) / (by - ay if by != ay else 1) + ax)
    return inside.astype(np.uint8)


def shape(rng: Rng, kind: int) -> Mask:
    """Draw one of five kinds of mask: blobs with holes, one pixel, noise, a ring, a polygon."""
    rows, columns = (int(side) for side in rng.integers(8, 200, 2))
    mask = np.zeros((rows, columns), np.uint8)
    if kind == 0:
        mask[:] = cv2.GaussianBlur(rng.random((rows, columns)), (0, 0), rng.uniform(0.5, 5)) > 0.5
    elif kind == 1:
        mask[rng.integers(rows), rng.integers(columns)] = 1
    elif kind == 2:
        mask[:] = rng.random((rows, columns)) < 0.3
    elif kind == 3:
        for part, value in ((3, 1), (6, 0)):
            axes = (columns // part + 1, rows // part + 1)
            cv2.ellipse(mask, (columns // 2, rows // 2), axes, rng.uniform(0, 180), 0, 360, value, -1)
    else:
        cv2.fillPoly(mask, [rng.integers(0, [columns, rows], (7, 2)).astype(np.int32)], 1)
    if not mask.any():
        mask[0, 0] = 1
    return mask


def frame(rng: Rng, number: int) -> Iterator[dict[str, Any]]:
    """Invent the annotations of a frame: one to three masks with wobbly borders, keypoints, a diagnosis."""
    frame_id = f"c{number:06d}/i000/f000"
    common = {
        "frame_id": frame_id,
        "case_id": f"c{number:06d}",
        "site": "site-1",
        "frame_width_px": FRAME_PX[0],
        "frame_height_px": FRAME_PX[1],
        "px_mm_x": 0.1,
        "px_mm_y": 0.1,
        "layout": "masks",
    }
    count = 1 + number % 3
    for place in range(count):
        yield {
            **common,
            "annotation_id": f"{frame_id}/a{place:03d}",
            "role": "object",
            "name": _NAMES[place],
            "rle": rle_of(_blob(rng)),
            "keypoints": _ends(rng) if place == 0 else [],
        }
    name = ("benign", "malignant")[number % 2]
    yield {**common, "annotation_id": f"{frame_id}/a{count:03d}", "role": "diagnosis", "name": name}


def _blob(rng: Rng) -> Mask:
    mask = np.zeros(FRAME_PX[::-1], np.uint8)
    steps = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    radius = rng.uniform(15, 80) * (1 + 0.15 * np.sin(rng.integers(2, 6) * steps + rng.uniform(0, 6)))
    centre = rng.uniform(110, 400, 2)
    points = np.stack([np.cos(steps), rng.uniform(0.5, 1) * np.sin(steps)], axis=1) * radius[:, None] + centre
    cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], 1)
    return mask


def _ends(rng: Rng) -> list[dict[str, Any]]:
    places = rng.uniform(10, 500, (2, 2)).round(1).tolist()
    names = ("long_a", "long_b")
    return [{"name": n, "x_px": x, "y_px": y, "visible": True} for n, (x, y) in zip(names, places, strict=True)]
