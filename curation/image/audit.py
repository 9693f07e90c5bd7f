"""Residual audit: a second look at the masked frame, at another scale and contrast.

Flows in: the masked frame and what was kept on purpose. Flows out: text that the first look missed, and whether
something identifying is still there. Source: spec rule 8. Detection alone costs 40 % of a full pass, so only text that
the first look did not place is read again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np

from curation.image.cine import grey_of
from curation.image.classify import classify, is_clear
from curation.image.decision import Decision
from curation.image.forbidden import FORBIDDEN
from curation.image.layout import is_picture
from curation.image.lexicon import fold
from curation.image.mask import Box, area, overlap
from curation.image.ocr import (
    LEAST_PART_PX,
    LEAST_SIDE_PX,
    LineReader,
    OcrEngine,
    Pixels,
    enlarge,
    shrink,
    without_lines,
)
from curation.image.rows import Scene
from curation.image.rules import prove
from schemas.region import TextRegion

#: Strokes and the gaps inside letters are narrower than this; what is usual is taken from so large a window (px).
_LETTER_PX, _AROUND_PX = 25, (129, 129)
#: Ink exceeds what is usual so many times; so many levels more are black; a ground this light carries dark letters.
_USUAL, _FULL_LEVELS, _LIGHT = 3.0, 90.0, 140
#: Least side of the second look in px: above the detector's own least side of 736, so that the scale differs.
_SECOND_SIDE = 800
#: A view is never larger than this.
_MOST_PIXELS = 4_000_000
#: Share of a newly found box's width that known boxes must span for it to be the same text.
_SAME_TEXT = 0.75
#: Share of a newly found box's area that known boxes must cover for it to be part of the same text.
_SAME_AREA = 0.6


@dataclass(frozen=True, slots=True)
class Residue:
    """What the second look found.

    ``missed``: decisions about newly found text. ``identified``: identity is left that masking did not remove.
    """

    missed: tuple[Decision, ...]
    identified: bool


@dataclass(frozen=True, slots=True)
class Look:
    """How closely to look: at which parts, also turned by 90 degrees or not, and also how many times enlarged."""

    parts: Sequence[Box]
    rotated: bool = True
    scales: Sequence[float] = ()


def audit(masked: Pixels, kept: Sequence[Decision], scene: Scene, ocr: OcrEngine, look: Look) -> Residue:
    """Look again at parts of a masked frame.

    Shapes: masked uint8[H, W, 3]; parts xyxy px.
    """
    known = [d.region.box_px for d in kept]
    fresh = _find_missed(masked, known, ocr, look)
    for scale, part in product(look.scales, look.parts):
        placed = [*known, *(region.box_px for region in fresh)]
        for turned in (False, True):
            fresh += _find_new(_view(masked, part, scale, turned=turned), masked, placed, ocr)
    missed = classify([*(d.region for d in kept), *fresh], scene)[len(kept) :] if fresh else []
    visible = [d.region for d in kept] + [d.region for d in missed if d.kept]
    return Residue(tuple(missed), any(_identifies(region, scene) for region in visible))


def _find_missed(masked: Pixels, known: Sequence[Box], ocr: OcrEngine, look: Look) -> list[TextRegion]:
    """Look at another scale without straight lines, upright as ink alone, and turned as it is; read what is new."""
    scale = max(1.0, min(_SECOND_SIDE / min(masked.shape[:2]), math.sqrt(_MOST_PIXELS / masked[..., 0].size)))
    clear = without_lines(masked)
    ink, found = ink_view(clear), []
    for part in look.parts:
        upright = _find_new(_view(ink, part, scale, turned=False), masked, known, ocr)
        found += upright
        if look.rotated:
            placed = [*known, *(region.box_px for region in upright)]
            found += _find_new(_view(clear, part, scale, turned=True), masked, placed, ocr)
    return [region for region in found if not is_picture(region, masked.shape[:2])]


@dataclass(frozen=True, slots=True)
class _View:
    """A part of a frame as the second look sees it."""

    pixels: Pixels
    part: Box
    scale: float
    turned: bool

    def to_frame(self, box: Box) -> Box:
        """Map a box of the view to the frame's own pixels."""
        left, top, right, bottom = self.part
        rows, cols = bottom - top, right - left
        x0, y0, x1, y1 = (
            turn_back(shrink(box, self.scale, (cols, rows)), cols)
            if self.turned
            else shrink(box, self.scale, (rows, cols))
        )
        return x0 + left, y0 + top, x1 + left, y1 + top


def _view(frame: Pixels, part: Box, scale: float, *, turned: bool) -> _View:
    x0, y0, x1, y1 = part
    crop = np.ascontiguousarray(frame[y0:y1, x0:x1])
    return _View(enlarge(turn(crop) if turned else crop, scale), part, scale, turned)


def _find_new(view: _View, masked: Pixels, known: Sequence[Box], ocr: OcrEngine) -> list[TextRegion]:
    """Read the lines of a view that are not known yet; boxes are given in the frame's own pixels."""

    def is_new(box: Box) -> bool:
        own = view.to_frame(box)
        return _has_ink(masked, own) and not _is_known(own, known)

    whole = view.part == (0, 0, masked.shape[1], masked.shape[0])
    if isinstance(ocr, LineReader):
        boxes = ocr.detect(view.pixels, least_side_px=LEAST_SIDE_PX if whole else LEAST_PART_PX)
        found = ocr.read_boxes(view.pixels, [box for box in boxes if is_new(box)])
    else:
        found = [region for region in ocr.read(view.pixels) if is_new(region.box_px)]
    return [TextRegion(view.to_frame(region.box_px), region.text, region.score) for region in found]


def turn(pixels: Pixels) -> Pixels:
    """Turn by 90 degrees counter-clockwise: text that reads downwards becomes upright.

    Shapes: uint8[H, W, 3] -> uint8[W, H, 3].
    """
    return np.ascontiguousarray(np.rot90(pixels))


def turn_back(box: Box, cols: int) -> Box:
    """Map a box of a turned frame to the frame, which has ``cols`` columns."""
    x0, y0, x1, y1 = box
    return cols - y1, x0, cols - y0, x1


def ink_view(pixels: Pixels) -> Pixels:
    """Show what stands out from its surroundings more than is usual there: dark ink on white, whatever lies below.

    Shapes: uint8[H, W, 3]. Letters over bright tissue, and dim letters on a dark ground, become dark alike; a detector
    takes tissue and letters on it for one thing else. What is usual is a mean of square roots, which text, being bright
    and sparse, hardly lifts, and speckle, being everywhere, does.
    """
    grey = grey_of(pixels)
    stroke = cv2.getStructuringElement(cv2.MORPH_RECT, (_LETTER_PX, _LETTER_PX))
    bright, dark = (cv2.morphologyEx(grey, kind, stroke) for kind in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT))
    level = np.where(cv2.blur(grey, _AROUND_PX) > _LIGHT, dark, bright).astype(np.float32)
    root = cv2.blur(np.sqrt(level), _AROUND_PX)
    ink = np.clip((level - _USUAL * root * root) * (255.0 / _FULL_LEVELS), 0, 255).astype(np.uint8)
    return np.repeat(255 - ink[..., None], 3, axis=2)


def _has_ink(masked: Pixels, box: Box) -> bool:
    """Say whether anything but a masked (black) area lies in a box."""
    x0, y0, x1, y1 = box
    part = masked[y0:y1, x0:x1]
    return part.size > 0 and int(part.max()) - int(part.min()) >= 12


def _is_known(box: Box, known: Sequence[Box]) -> bool:
    """Say whether lines that were placed before span most of a box's width, or cover most of it."""
    if sum(overlap(box, other) for other in known) >= _SAME_AREA * area(box):
        return True
    width = max(1, box[2] - box[0])
    covered = 0
    for other in known:
        shared = min(box[3], other[3]) - max(box[1], other[1])
        if 2 * shared >= min(box[3] - box[1], other[3] - other[1]):
            covered += max(0, min(box[2], other[2]) - max(box[0], other[0]))
    return covered >= _SAME_TEXT * width


def _identifies(region: TextRegion, scene: Scene) -> bool:
    """Say whether visible text is known PHI, nearly known PHI, or a date, time or long number."""
    proof = prove(region.text)
    if proof and is_clear(proof, region.text):
        return scene.known.hits(region.text, valued=True)
    return bool(FORBIDDEN.search(fold(region.text))) or scene.known.nearly_hits(region.text)
