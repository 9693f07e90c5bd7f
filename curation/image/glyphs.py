"""Is it writing at all? Calipers, colour bars and body marks that a text detector took for a line.

Flows in: the pixels of a detected box. Flows out: how many letters could stand in it. A box that holds at most one, and
was read as at most one, can be nobody's name: it is a graphic and stays.
"""

import math

import cv2
import numpy as np
import numpy.typing as npt

from curation.image.cine import grey_of
from curation.image.ocr import Pixels

#: Ink differs from the ground at the box's rim by this share of the largest difference, and by this many grey levels.
_INK_SHARE, _INK_LEVELS = 0.45, 16
#: A letter is at least this share of a box's short side high; one that is wider than this many short sides is several.
_LEAST_HEIGHT, _WIDTH = 0.3, 1.35
_LEAST_AREA_PX = 5
_FILLED = 0.85


def count_glyphs(crop: Pixels) -> int:
    """Count letter-like pieces of ink along the long side of a box.

    Shapes: uint8[h, w, 3].
    """
    grey = grey_of(crop)
    if grey.shape[0] > 1.5 * grey.shape[1]:
        grey = np.ascontiguousarray(grey.T)
    short = grey.shape[0]
    if short < 3 or grey.shape[1] < 3:
        return 0
    joined = cv2.morphologyEx(_ink(grey), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    sizes = [(int(s[cv2.CC_STAT_WIDTH]), int(s[cv2.CC_STAT_HEIGHT]), int(s[cv2.CC_STAT_AREA])) for s in stats[1:]]
    letters = [
        w for w, h, area in sizes if h >= _LEAST_HEIGHT * short and area >= _LEAST_AREA_PX and not _is_bar(w, h, area)
    ]
    return sum(math.ceil(w / (_WIDTH * short)) for w in letters)


def _is_bar(width: int, height: int, area: int) -> bool:
    """Say whether a piece is a filled bar: a colour or grey scale, no stroke."""
    return width >= 1.2 * height and area >= _FILLED * width * height


def _ink(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    rim = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    away = np.abs(grey.astype(np.int16) - int(np.median(rim)))
    return (away > max(_INK_LEVELS, _INK_SHARE * float(away.max()))).astype(np.uint8)
