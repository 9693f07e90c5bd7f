"""Is it writing at all? Calipers, traces, colour bars and body marks that a text detector took for a line.

Flows in: a frame and a detected box. Flows out: how many letters could stand in it. A box that holds at most one, and
was not read as more, can be nobody's name: it is a graphic and stays.
"""

import math

import cv2
import numpy as np
import numpy.typing as npt

from curation.image.cine import grey_of
from curation.image.mask import Box, clip, widen
from curation.image.ocr import Pixels

#: Ink differs from the ground at the box's rim by this share of the largest difference, and by this many grey levels.
_INK_SHARE, _INK_LEVELS = 0.45, 16
#: A letter is at least this share of a box's short side high; one that is wider than this many short sides is several.
_LEAST_HEIGHT, _WIDTH = 0.3, 1.35
_LEAST_AREA_PX = 5
_FILLED = 0.85
#: Detected boxes surround their text: ink that goes on beyond the box by this much is a trace, a frame or tissue (px).
_BEYOND_PX = 6
#: Ink this many times as high as the frame's usual text is a drawing.
DRAWN = 1.8


def count_glyphs(pixels: Pixels, box: Box, text_px: float = math.inf) -> int:
    """Count letter-like pieces of ink along the long side of a box.

    Shapes: uint8[H, W, 3]; box xyxy px; ``text_px`` is the usual height of the frame's text.
    """
    x0, y0, x1, y1 = clip(widen(box, _BEYOND_PX), *pixels.shape[:2])
    short = min(box[2] - box[0], box[3] - box[1])
    if short < 3 or x1 - x0 < 3 or y1 - y0 < 3:
        return 0
    grey = grey_of(pixels[y0:y1, x0:x1])
    rim = _rim(grey, (box[0] - x0, box[1] - y0, box[2] - x0, box[3] - y0))
    if box[3] - box[1] > 1.5 * (box[2] - box[0]):
        grey = np.ascontiguousarray(grey.T)
    joined = cv2.morphologyEx(_ink(grey, rim), cv2.MORPH_CLOSE, np.ones((2, 2), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    return sum(_letters(tuple(int(v) for v in piece), grey.shape, short, text_px) for piece in stats[1:])


def _letters(piece: tuple[int, ...], shape: tuple[int, ...], short: int, text_px: float) -> int:
    """Say how many letters a piece of ink may be."""
    left, top, width, height, filled = piece
    if height < _LEAST_HEIGHT * short or filled < _LEAST_AREA_PX:
        return 0
    if left == 0 or top == 0 or left + width == shape[1] or top + height == shape[0]:
        return 0  # goes on beyond the box
    is_bar = width >= 1.2 * height and filled >= _FILLED * width * height
    if is_bar or min(width, height) > DRAWN * text_px:
        return 0
    return math.ceil(max(width, height) / (_WIDTH * max(min(width, height), short // 2)))


def _rim(grey: npt.NDArray[np.uint8], box: Box) -> int:
    """Take the level of the ground: the median along the edges of a box."""
    part = grey[max(0, box[1]) : box[3], max(0, box[0]) : box[2]]
    return int(np.median(np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])))


def _ink(grey: npt.NDArray[np.uint8], ground: int) -> npt.NDArray[np.uint8]:
    away = np.abs(grey.astype(np.int16) - ground)
    return (away > max(_INK_LEVELS, _INK_SHARE * float(away.max()))).astype(np.uint8)
