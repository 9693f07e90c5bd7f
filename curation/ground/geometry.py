"""Lengths, areas, angles and volumes of outlines and keypoints, in px or mm.

In: a mask or rings, points, and the size of a pixel (x, y) in mm. Out: numbers. Nothing is in mm where the size of a
pixel is not known: ``in_mm`` refuses. Pixels need not be square: coordinates are scaled before anything is measured.

Bias of masks, measured on ellipses at random places and angles (`make bench-grounded`): the area is the number of
pixels and unbiased; axes from the second moments of pixel centres are unbiased too (a correction by 1/12 px² would add
0.17 % at 20 px, and does not belong there: centres are samples of the shape, not squares). Rings are exact.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from curation.ground.masks import Mask

Size = tuple[float, float]
Point = tuple[float, float]
PX: Size = (1.0, 1.0)
#: Width of the Gaussian (px) over which a mask's border is smoothed before its length is measured.
_SMOOTH_PX = 1.0
_RIM_PX = 4
#: Sums in another order (vector units, alignment) differ far behind these places; small values keep as many digits, as
#: long as they are more than noise.
_PLACES, _MOST_PLACES = 6, 12


class UnknownPixelSizeError(ValueError):
    """A length in mm was asked for where nobody knows how large a pixel is."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Measures of an outline: lengths in the unit of the pixel size given, the area in its square."""

    area: float
    long_axis: float
    short_axis: float
    perimeter: float

    @property
    def circumference(self) -> float:
        """Circumference of the ellipse with these axes (head and abdominal circumference).

        Source: Ramanujan 1914, second approximation; ISUOG 2019 measures HC by an ellipse around the skull.
        """
        return ellipse_circumference(self.long_axis, self.short_axis)


def in_mm(size: tuple[float | None, float | None]) -> Size:
    """Give the size of a pixel in mm.

    Raises: UnknownPixelSizeError where it is not known in both directions.
    """
    x, y = size
    if x is None or y is None:
        raise UnknownPixelSizeError("the size of a pixel is not known: lengths are in px only")
    return x, y


def of_mask(mask: Mask, size: Size = PX) -> Outline:
    """Measure a mask.

    Shapes: uint8[H, W]. Area: pixels. Axes: of the ellipse with the same second moments, 4 * sqrt(eigenvalue). Border:
    the integral of the gradient's magnitude of the smoothed mask; corners sharper than the smoothing lose.
    Raises: ValueError for an empty mask.
    Source: Hu 1962 (moments); Federer 1959 (coarea formula).
    """
    x, y, width, height = cv2.boundingRect(mask)
    if not width:
        raise ValueError("an empty mask has no geometry")
    crop = mask[y : y + height, x : x + width]
    found = cv2.moments(crop, binaryImage=True)
    area = found["m00"]
    spread = (found["mu20"] / area, found["mu11"] / area, found["mu02"] / area)
    long_axis, short_axis = _axes(spread, size)
    return Outline(area * size[0] * size[1], long_axis, short_axis, _border(crop, size))


def of_rings(rings: Sequence[Sequence[float]], size: Size = PX) -> Outline:
    """Measure rings exactly; a ring inside a ring is a hole (its border counts, its area does not).

    Source: Green's theorem for area and moments of a polygon.
    Raises: ValueError where the rings hold no area.
    """
    parts = [np.asarray(ring, np.float64).reshape(-1, 2) for ring in rings]
    origin = parts[0].mean(axis=0)
    total = np.zeros(6)
    for part, sign in zip(parts, _signs(parts), strict=True):
        total += sign * _moments(part - origin)
    area = total[0]
    if area <= 0:
        raise ValueError("the rings hold no area")
    cx, cy = total[1] / area, total[2] / area
    spread = (total[3] / area - cx * cx, total[4] / area - cx * cy, total[5] / area - cy * cy)
    long_axis, short_axis = _axes(spread, size)
    border = sum(_length(part * np.asarray(size)) for part in parts)
    return Outline(float(area) * size[0] * size[1], long_axis, short_axis, border)


def _axes(spread: tuple[float, float, float], size: Size) -> tuple[float, float]:
    """Give the axes of the ellipse with these second central moments (xx, xy, yy), in px², each axis scaled."""
    xx, xy, yy = spread[0] * size[0] ** 2, spread[1] * size[0] * size[1], spread[2] * size[1] ** 2
    middle, half = (xx + yy) / 2, math.hypot((xx - yy) / 2, xy)
    return 4 * math.sqrt(max(middle + half, 0.0)), 4 * math.sqrt(max(middle - half, 0.0))


def _border(crop: Mask, size: Size) -> float:
    wide = cv2.copyMakeBorder(crop, *(_RIM_PX,) * 4, cv2.BORDER_CONSTANT, value=0).astype(np.float64)
    smooth = cv2.GaussianBlur(wide, (0, 0), _SMOOTH_PX)
    dx = smooth[1:-1, 2:] - smooth[1:-1, :-2]
    dy = smooth[2:, 1:-1] - smooth[:-2, 1:-1]
    return float(cv2.sumElems(cv2.magnitude(dx * (size[1] / 2), dy * (size[0] / 2)))[0])


def _moments(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give area and moments x, y, xx, xy, yy of one ring, counted positive."""
    x0, y0 = points.T
    x1, y1 = np.roll(points, -1, axis=0).T
    cross = x0 * y1 - x1 * y0
    found = np.array(
        [
            cross.sum() / 2,
            ((x0 + x1) * cross).sum() / 6,
            ((y0 + y1) * cross).sum() / 6,
            ((x0 * x0 + x0 * x1 + x1 * x1) * cross).sum() / 12,
            ((x0 * y1 + 2 * x0 * y0 + 2 * x1 * y1 + x1 * y0) * cross).sum() / 24,
            ((y0 * y0 + y0 * y1 + y1 * y1) * cross).sum() / 12,
        ]
    )
    return found if found[0] >= 0 else -found


def _signs(parts: Sequence[NDArray[np.float64]]) -> list[int]:
    """Say of every ring whether it adds (1) or is a hole (-1): it lies in an odd number of the others."""
    if len(parts) == 1:
        return [1]
    coded = [part.astype(np.float32).reshape(-1, 1, 2) for part in parts]
    signs = []
    for number, part in enumerate(parts):
        inside = sum(_holds(coded[other], part) for other in range(len(parts)) if other != number)
        signs.append(-1 if inside % 2 else 1)
    return signs


def _holds(ring: NDArray[np.float32], part: NDArray[np.float64]) -> bool:
    return all(cv2.pointPolygonTest(ring, (float(x), float(y)), measureDist=False) >= 0 for x, y in part)


def _length(points: NDArray[np.float64]) -> float:
    steps = points - np.roll(points, 1, axis=0)
    return float(np.hypot(steps[:, 0], steps[:, 1]).sum())


def ellipse_circumference(long_axis: float, short_axis: float) -> float:
    """Circumference of an ellipse from its axes (diameters), in their unit.

    Formula: pi (a + b) (1 + 3h / (10 + sqrt(4 - 3h))), a and b half axes, h = ((a - b) / (a + b))².
    Source: Ramanujan 1914, second approximation (error below 2e-5 for axis ratios up to 5).
    """
    a, b = long_axis / 2, short_axis / 2
    if a + b <= 0:
        return 0.0
    h = ((a - b) / (a + b)) ** 2
    return math.pi * (a + b) * (1 + 3 * h / (10 + math.sqrt(4 - 3 * h)))


def ellipsoid_volume_ml(length_mm: float, width_mm: float, height_mm: float) -> float:
    """Volume of an ellipsoid in ml from three diameters at right angles in mm.

    Formula: pi / 6 * length * width * height. Source: ACR-AIUM practice parameters (thyroid lobe, ovary, bladder).
    """
    return math.pi / 6 * length_mm * width_mm * height_mm / 1000


def distance(a: Point, b: Point, size: Size = PX) -> float:
    """Give the distance of two points in the unit of the pixel size."""
    return math.hypot((a[0] - b[0]) * size[0], (a[1] - b[1]) * size[1])


def angle_deg(points: Sequence[Point], size: Size = PX) -> float:
    """Give an angle in degrees: at the second of three points (0 to 180), or between the lines of four (0 to 90).

    Needs the ratio of the pixel's sides, not its size. Source: cosine rule; Graf 1984 for the lines of a hip.
    Raises: ValueError where two points of a line are one.
    """
    scaled = [(x * size[0], y * size[1]) for x, y in points]
    if len(scaled) == 3:
        scaled = [scaled[1], scaled[0], scaled[1], scaled[2]]
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = scaled
    u, v = (bx - ax, by - ay), (dx - cx, dy - cy)
    if not any(u) or not any(v):
        raise ValueError("two points of a line are one")
    found = math.degrees(math.atan2(abs(u[0] * v[1] - u[1] * v[0]), u[0] * v[0] + u[1] * v[1]))
    return min(found, 180 - found) if len(points) == 4 else found


def measure(name: str, value: float, unit: str, source: Sequence[str]) -> dict[str, Any]:
    """Build a row of MEASURE, the same on every machine."""
    small = _PLACES - 1 - math.floor(math.log10(abs(value))) if value else 0
    return {
        "name": name,
        "value": round(value, min(_MOST_PLACES, max(_PLACES, small))),
        "unit": unit,
        "source": list(source),
    }
