"""What changes in a cine: where frames must be read again, and whether text that stays still says the same.

Flows in: frames one at a time. Flows out: boxes, yes or no. Source: spec rule 7 (union of boxes, every frame checked);
comparing pixels costs a small share of an OCR pass. New text is ink, brighter or darker than anything that a frame read
so far shows near it, in thin strokes: moving tissue is thick, and speckle stays between its own extremes.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from curation.image.mask import Box, area, clip, join, overlap, widen
from curation.image.ocr import Pixels

#: Least contrast of new ink (8-bit grey levels; the leak bound of the spec is stated from 60 up).
_INK_LEVELS = 40
#: Tissue moves this far between frames without counting as new (px, own choice).
_REACH_PX = 9
#: Strokes are thinner than this (px; letters up to 40 px high).
_STROKE_PX = 7
#: This many new stroke pixels in a window of a character or two are text (own choice: an 11 px letter has about 20).
_WINDOW_PX, _WINDOW_INK = (24, 14), 14
#: Round new ink so much is read with it (px; the rest of a word), unless that is so great a share of the frame.
_CONTEXT_PX, _WHOLE_SHARE = 40, 0.35
#: Change of a grey level that recompression explains.
_NOISE_LEVELS = 24
#: Share of a text's ink that must stay for it to be the same text, and share of other ink that makes it another one.
_SAME_INK, _OTHER_INK = 0.9, 0.12

Grey = npt.NDArray[np.uint8]


def key_frames(n_frames: int, wanted: int) -> list[int]:
    """Choose evenly spaced frames: the middles of equal parts; frame 0 for stills."""
    count = min(n_frames, wanted)
    return sorted({(2 * part + 1) * n_frames // (2 * count) for part in range(count)}) if n_frames > 1 else [0]


def grey_of(pixels: Pixels) -> Grey:
    """Take the brightest channel: coloured text is as bright as white.

    Shapes: uint8[H, W, 3] -> uint8[H, W].
    """
    red, green, blue = cv2.split(pixels)
    return np.asarray(cv2.max(cv2.max(red, green), blue), dtype=np.uint8)


class Seen:
    """The extremes of all frames that were read, and the boxes where change is known."""

    def __init__(self) -> None:
        self._high: Grey | None = None
        self._low: Grey | None = None
        self._limits: tuple[Grey, Grey] | None = None

    def add(self, pixels: Pixels, parts: Sequence[Box]) -> None:
        """Count parts of a frame as read."""
        grey = grey_of(pixels)
        if self._high is None or self._low is None:
            self._high, self._low = grey.copy(), grey.copy()
        for x0, y0, x1, y1 in parts:
            part, high, low = (whole[y0:y1, x0:x1] for whole in (grey, self._high, self._low))
            high[:], low[:] = cv2.max(high, part), cv2.min(low, part)
        around = np.ones((_REACH_PX, _REACH_PX), np.uint8)
        self._limits = (
            np.asarray(cv2.add(cv2.dilate(self._high, around), _INK_LEVELS), dtype=np.uint8),
            np.asarray(cv2.subtract(cv2.erode(self._low, around), _INK_LEVELS), dtype=np.uint8),
        )

    def find_new(self, pixels: Pixels, placed: Sequence[Box]) -> list[Box]:
        """Find where a frame shows ink that no frame read so far had, outside boxes that are masked or checked.

        Shapes: uint8[H, W, 3]; boxes xyxy px, disjoint. The first frame is new as a whole.
        """
        rows, cols = pixels.shape[:2]
        whole = (0, 0, cols, rows)
        if self._limits is None:
            return [whole]
        grey = grey_of(pixels)
        bright, dark = self._limits
        new = cv2.max(cv2.compare(grey, bright, cv2.CMP_GT), cv2.compare(grey, dark, cv2.CMP_LT))
        for box in placed:
            x0, y0, x1, y1 = clip(box, rows, cols)
            new[y0:y1, x0:x1] = 0
        boxes = [clip(widen(box, _CONTEXT_PX), rows, cols) for box in _find_strokes(np.asarray(new, dtype=np.uint8))]
        boxes = _merge(boxes)
        return [whole] if sum(area(box) for box in boxes) > _WHOLE_SHARE * rows * cols else boxes


def _find_strokes(new: Grey) -> list[Box]:
    """Find groups of thin strokes among new pixels."""
    if cv2.countNonZero(new) < _WINDOW_INK:
        return []
    thick = cv2.morphologyEx(new, cv2.MORPH_OPEN, np.ones((_STROKE_PX, _STROKE_PX), np.uint8))
    thin = cv2.subtract(new, thick)
    counts = cv2.boxFilter(thin // 255, cv2.CV_16U, _WINDOW_PX, normalize=False, borderType=cv2.BORDER_CONSTANT)
    found = (counts >= _WINDOW_INK).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(found, connectivity=8)
    return [(int(x), int(y), int(x + w), int(y + h)) for x, y, w, h, _ in stats[1:]]


def _merge(boxes: Sequence[Box]) -> list[Box]:
    """Join boxes that overlap until none do."""
    merged: list[Box] = []
    for box in boxes:
        while touched := [other for other in merged if overlap(box, other)]:
            merged = [other for other in merged if other not in touched]
            box = join([box, *touched])  # noqa: PLW2901 - it grows until it touches no other
        merged.append(box)
    return merged


def same_text(crop: Pixels, reference: Pixels) -> bool:
    """Say whether a text box shows the same ink as when it was read; the ground around the ink may move.

    Shapes: both uint8[h, w, 3].
    """
    now, then = grey_of(crop).astype(np.int16), grey_of(reference).astype(np.int16)
    if int(np.abs(now - then).max(initial=0)) <= _NOISE_LEVELS:
        return True
    ink = _ink(then)
    count = int(ink.sum())
    if count == 0:
        return False
    stays = np.abs(now - then)[ink] <= _NOISE_LEVELS
    near = cv2.dilate(ink.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    level = float(np.median(then[ink]))
    other = (np.abs(now - level) <= _NOISE_LEVELS) & ~near
    return float(stays.mean()) >= _SAME_INK and int(other.sum()) <= _OTHER_INK * count


def has_ink(crop: Pixels) -> bool:
    """Say whether anything stands out in a box: letters that vanished leave nothing to mask."""
    return int(_ink(grey_of(crop).astype(np.int16)).sum()) >= _WINDOW_INK


def _ink(grey: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    """Find what stands out most from a box's ground: the half of its range away from its median."""
    if grey.size == 0:
        return np.zeros(grey.shape, dtype=bool)
    away = np.abs(grey - np.median(grey))
    return np.asarray(away > max(_INK_LEVELS, 0.5 * float(away.max())), dtype=bool)
