"""Figures of grounded tasks: mIoU, Dice, precision at IoU 0.5, radial error, success detection rate.

In: gold and stated shapes in px. Out: numbers of one item. Gold and stated objects are matched one to one within a
label by the largest total IoU (a stated object without a label fits any). Masks are compared by pycocotools.
Source: UMind-DS metrics; SDR at 2 mm as in cephalometric landmark challenges (Wang 2016).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco
from scipy.optimize import linear_sum_assignment

from benchmark.metrics.columns import Floats
from benchmark.parse.geometry import Shape

IOU = 0.5
SDR_MM = 2.0
#: An outline that reaches farther than so many sizes of the picture outlines nothing in it.
_SIZES = 10


def box_ious(stated: Sequence[Shape], gold: Sequence[Shape]) -> Floats:
    """Shapes: [stated, gold]; 0 where labels differ or a box is missing."""
    found = np.zeros((len(stated), len(gold)))
    for row, one in enumerate(stated):
        for column, other in enumerate(gold):
            if one.box and other.box and _fits(one, other):
                pair = [[b[0], b[1], b[2] - b[0], b[3] - b[1]] for b in (one.box, other.box)]
                found[row, column] = coco.iou(np.array(pair[:1]), np.array(pair[1:]), [0])[0, 0]
    return found


def matched(ious: Floats) -> Floats:
    """Give the IoU of every gold object with what was matched to it. Shapes: [stated, gold] -> [gold]."""
    best = np.zeros(ious.shape[1])
    if ious.size:
        rows, columns = linear_sum_assignment(-ious)
        best[columns] = ious[rows, columns]
    return best


def masks_of(shapes: Sequence[Shape], width_px: int, height_px: int) -> dict[str, NDArray[np.uint8]]:
    """Draw the masks of each label as one. Shapes: uint8[height, width]."""
    drawn: dict[str, NDArray[np.uint8]] = {}
    for one in shapes:
        pixels, label = mask_of(one, width_px, height_px), _plain(one.label)
        if pixels is not None:
            drawn[label] = np.maximum(drawn[label], pixels) if label in drawn else pixels
    return drawn


def mask_of(shape: Shape, width_px: int, height_px: int) -> NDArray[np.uint8] | None:
    """Draw a shape; None where it has no outline or its RLE is broken or of another size."""
    try:
        if shape.rle is not None:
            size, counts = [int(side) for side in shape.rle["size"]], shape.rle["counts"]
            if size != [height_px, width_px]:
                return None
            coded = {"size": size, "counts": counts.encode() if isinstance(counts, str) else counts}
            if isinstance(counts, list):
                coded = coco.frPyObjects(coded, height_px, width_px)
            return np.asarray(coco.decode(coded), dtype=np.uint8)
        if shape.polygons and _near(shape.polygons, width_px, height_px):
            parts = coco.frPyObjects([list(one) for one in shape.polygons], height_px, width_px)
            return np.asarray(coco.decode(coco.merge(parts)), dtype=np.uint8)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError):
        return None
    return None


def _near(polygons: Sequence[Sequence[float]], width_px: int, height_px: int) -> bool:
    """Say whether pycocotools can draw an outline: it takes memory for every pixel that the outline crosses."""
    return all(abs(x) <= _SIZES * max(width_px, height_px) for one in polygons for x in one)


def overlaps(
    stated: Sequence[Shape], gold: Sequence[Shape], width_px: int, height_px: int
) -> list[tuple[float, float]]:
    """Give IoU and Dice of each label of the gold; 0 for a label that was not stated."""
    own, true = masks_of(stated, width_px, height_px), masks_of(gold, width_px, height_px)
    only = next(iter(own.values())) if len(own) == 1 and len(true) == 1 else None
    found = []
    for label, pixels in true.items():
        other = own.get(label, own.get(""))
        other = only if other is None else other
        found.append((0.0, 0.0) if other is None else _pair(other > 0, pixels > 0))
    return found


def _pair(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> tuple[float, float]:
    shared, total = float((one & other).sum()), float(one.sum() + other.sum())
    return (1.0, 1.0) if total == 0 else (shared / (total - shared), 2 * shared / total)


def radial_errors(stated: Sequence[Shape], gold: Sequence[Shape]) -> list[float | None]:
    """Give the distance in px of every gold keypoint to the one of its name; None where it was not stated."""
    own, true = ({_plain(name): xy for one in some for name, xy in one.points.items()} for some in (stated, gold))
    if len(own) == 1 and len(true) == 1:
        own = dict.fromkeys(true, next(iter(own.values())))
    return [math.dist(own[name], point) if name in own else None for name, point in true.items()]


def _fits(one: Shape, other: Shape) -> bool:
    return not one.label or not other.label or _plain(one.label) == _plain(other.label)


def _plain(name: str) -> str:
    return name.strip().casefold()
