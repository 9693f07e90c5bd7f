"""Masks, RLE and rings, from one to another.

In and out: masks uint8[H, W] of 0 and 1; RLE as COCO writes it; rings ``[x, y, x, y, …]`` in px, where (0, 0) is the
corner of the first pixel. Rings of a mask run along its pixel edges, so that filling them again gives the mask; a ring
inside a ring is a hole (even-odd rule). ``schemas.rings`` fills them.
Source: COCO data format (pycocotools); Suzuki and Abe 1985 (border following, OpenCV's findContours).
"""

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco

Mask = NDArray[np.uint8]
Ring = list[float]
_MOST_PIXELS = 1 << 28


def rle_of(mask: Mask) -> dict[str, Any]:
    """Code a mask. Shapes: uint8[H, W]."""
    coded = coco.encode(np.asfortranarray(mask))
    return {"size": [int(side) for side in coded["size"]], "counts": coded["counts"].decode()}


def mask_of_rle(rle: Mapping[str, Any]) -> Mask:
    """Decode RLE, compressed or as a list of counts. Shapes: uint8[H, W].

    Raises: ValueError for what is no RLE.
    """
    (rows, columns), counts = _read(rle)
    return np.ascontiguousarray(_drawn(counts, 0, rows * columns).reshape(columns, rows).T)


def crop_of_rle(rle: Mapping[str, Any]) -> tuple[Mask, tuple[int, int]]:
    """Decode what RLE sets, cut to its box; gives the place of the cut-out (x, y). An empty mask has no pixels.

    Shapes: uint8[h, w].
    Raises: ValueError for what is no RLE.
    """
    (rows, _), counts = _read(rle)
    x, y, width, height = box_of_rle(rle)
    flat = _drawn(counts, x * rows, (x + width) * rows)
    return np.ascontiguousarray(flat.reshape(width, rows).T[y : y + height]), (x, y)


def _drawn(counts: NDArray[np.int64], start: int, stop: int) -> Mask:
    """Draw runs from one pixel to another, column by column."""
    ends = np.clip(np.cumsum(counts), start, stop)
    values = np.arange(len(counts)) & 1
    return np.repeat(values.astype(np.uint8), np.diff(ends, prepend=start))


def _read(rle: Mapping[str, Any]) -> tuple[tuple[int, int], NDArray[np.int64]]:
    try:
        size, counts = [int(side) for side in rle["size"]], rle["counts"]
        if len(size) != 2 or min(size) < 1 or size[0] * size[1] > _MOST_PIXELS:
            raise ValueError("size")
        runs = np.array([int(one) for one in counts]) if isinstance(counts, list) else _counts(counts.encode("ascii"))
        if int(runs.sum()) != size[0] * size[1] or runs.min() < 0:
            raise ValueError("counts")
        return (size[0], size[1]), runs
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError):
        raise ValueError("no RLE of COCO") from None


def _counts(coded: bytes) -> NDArray[np.int64]:
    """Read the run lengths of compressed RLE: pycocotools fills what they do not cover with whatever is in memory.

    Five bits a character, lowest first, with a sign; from the fourth on a run is told as its difference to the last but
    one.
    """
    pieces = np.frombuffer(coded, np.uint8).astype(np.int64) - 48
    last = np.flatnonzero((pieces & 0x20) == 0)
    if not last.size or last[-1] != pieces.size - 1 or pieces.min() < 0 or pieces.max() > 63:
        raise ValueError("counts")
    first = np.concatenate([[0], last[:-1] + 1])
    places = np.arange(pieces.size) - np.repeat(first, last - first + 1)
    if places.max() > 6:
        raise ValueError("counts")
    found = np.add.reduceat((pieces & 0x1F) << (5 * places), first)
    found -= np.where(pieces[last] & 0x10, 1 << (5 * (places[last] + 1)), 0)
    for start in (1, 2):
        found[start::2] = np.cumsum(found[start::2])
    if found.min() < 0:
        raise ValueError("counts")
    return found


def box_of_rle(rle: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Give the box of what RLE sets: x, y, width, height in px; all 0 for an empty mask."""
    coded = {"size": rle["size"], "counts": rle["counts"].encode("ascii")}
    x, y, width, height = (int(one) for one in coco.toBbox(coded))
    return (x, y, width, height)


def rings_of(mask: Mask, origin: tuple[int, int] = (0, 0)) -> list[Ring]:
    """Trace the pixel edges of a mask: every part and every hole is a ring, holes behind their part.

    Shapes: uint8[H, W], its first pixel at ``origin``. A pixel of twice the size has a corner of its own at each of its
    corners, so that the border that OpenCV follows through pixel centres becomes one along pixel edges.
    """
    x, y, width, height = cv2.boundingRect(mask)
    if width == 0:
        return []
    crop = mask[y : y + height, x : x + width]
    double = cv2.resize(crop, (2 * width, 2 * height), interpolation=cv2.INTER_NEAREST)
    contours, _ = cv2.findContours(double, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    corner = np.array([x + origin[0], y + origin[1]])
    return [_straight((contour[:, 0] + 1) // 2 + corner) for contour in contours]


def _straight(points: NDArray[np.int64]) -> Ring:
    """Drop repeated points and points on a straight edge."""
    steps = points - points[np.arange(-1, len(points) - 1)]
    moved = steps.any(axis=1)
    points, steps = points[moved], steps[moved]
    after = steps[np.arange(1, len(steps) + 1) % len(steps)]
    bends = steps[:, 0] * after[:, 1] != steps[:, 1] * after[:, 0]
    corners: Ring = points[bends].astype(np.float64).ravel().tolist()
    return corners
