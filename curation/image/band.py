"""The header band by geometry: masked also where nothing was read in it.

Flows in: a frame, its scan regions and the lines that showed identity. Flows out: how many pixel rows are header, 0
where none is evident. Source: vendor_layouts.csv (header bands of 22 to 89 px); spec: faint text is not always read,
so the band goes as a whole, and only lines that are proven clinical stay in it.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from curation.image.mask import Box
from curation.image.regions import ScanRegion

#: A band is at least and at most this share of the rows (own choice, from the table).
_LEAST, _MOST = 0.03, 0.16
#: What is left of a band without its letters spreads no more than this (8-bit grey levels).
_FLAT_LEVELS = 10
#: Letters are thinner than this share of the rows; what is thicker is a picture.
_STROKE_SHARE = 0.012
#: Share of a pixel row that may differ from its own ground and still be band: a logo's core, a rule.
_ROW_SHARE = 0.004
#: A band that ends in a change of its ground colour of this many levels is a drawn one.
_EDGE_LEVELS = 6


def find_band(pixels: npt.NDArray[np.uint8], scan: Sequence[ScanRegion], identity: Sequence[Box]) -> int:
    """Find the rows of the header band: a coloured strip, what lies above the scan, or down to the last identity.

    Shapes: pixels uint8[H, W, 3]; boxes xyxy px.
    """
    rows = pixels.shape[0]
    most = int(rows * _MOST)
    ground = _without_letters(pixels, rows)
    flat = _flat_rows(ground[:most])
    if flat < rows * _LEAST:
        return 0
    if (drawn := _drawn_end(ground[:flat])) >= rows * _LEAST:
        return drawn
    wanted = max([int(rows * _LEAST * 2), *(box[3] + 2 for box in identity if box[3] <= most)])
    if scan:
        wanted = max(wanted, min(region.box_px[1] for region in scan))
    return min(flat, wanted)


def _without_letters(pixels: npt.NDArray[np.uint8], rows: int) -> npt.NDArray[np.uint8]:
    """Remove thin strokes, bright and dark, by opening and closing."""
    grey = cv2.cvtColor(pixels[: max(1, int(rows * _MOST) + 1)], cv2.COLOR_RGB2GRAY)
    side = max(5, int(rows * _STROKE_SHARE) | 1)
    kernel = np.ones((side, side), np.uint8)
    opened = cv2.morphologyEx(grey, cv2.MORPH_OPEN, kernel)
    return np.asarray(cv2.morphologyEx(opened, cv2.MORPH_CLOSE, kernel), dtype=np.uint8)


def _flat_rows(ground: npt.NDArray[np.uint8]) -> int:
    """Count rows from the top whose ground is one colour."""
    if ground.size == 0:
        return 0
    levels = ground.astype(np.int16)
    level = np.median(levels, axis=1, keepdims=True)
    other = (np.abs(levels - level) > _FLAT_LEVELS).mean(axis=1)
    bumpy = np.flatnonzero(other > _ROW_SHARE)
    return int(bumpy[0]) if bumpy.size else ground.shape[0]


def _drawn_end(ground: npt.NDArray[np.uint8]) -> int:
    """Find where the ground colour changes for good; 0 where it does not."""
    if ground.shape[0] < 2:
        return 0
    level = np.median(ground, axis=1).astype(np.int16)
    steps = np.flatnonzero(np.abs(np.diff(level)) >= _EDGE_LEVELS)
    return int(steps[-1]) + 1 if steps.size and level[0] != level[-1] else 0
