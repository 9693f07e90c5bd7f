"""The port to OCR: one method.

Flows in: pixels. Flows out: every detected text line, also unreadable ones (empty text): what is not read is masked.
"""

from typing import Protocol, runtime_checkable

import cv2
import numpy as np
import numpy.typing as npt

from schemas.region import TextRegion

#: A frame with fewer grey levels is stretched before it is read (8-bit grey levels; own choice).
FAINT_SPREAD = 128
#: What is a line and no text (own choice; letters are not as long, nor bars as thin).
LINE_PX = 9
LINE_LEVELS = 60

#: Detectors enlarge what has a shorter side (rapidocr's setting); parts of frames are enlarged as their frame would be.
LEAST_SIDE_PX, LEAST_PART_PX = 736, 32
#: So near to the edge of a part (px), text may go on beyond it.
_CUT_PX = 3
#: What stands for the text of a line that is cut off: many letters that nobody knows.
_CUT_OFF = "\ufffd" * 8

Pixels = npt.NDArray[np.uint8]
Box = tuple[int, int, int, int]


class OcrEngine(Protocol):
    """Finds and reads text. One engine may be used by several threads at once."""

    def read(self, pixels: Pixels) -> list[TextRegion]:
        """Detect and read all lines.

        Shapes: pixels uint8[H, W, 3] RGB.
        """
        ...


@runtime_checkable
class LineReader(Protocol):
    """What an engine may offer besides: detection alone is cheaper than reading. Without it the audit reads all."""

    def detect(self, pixels: Pixels, *, least_side_px: int = LEAST_SIDE_PX) -> list[Box]:
        """Detect lines without reading them; boxes xyxy, half-open.

        An engine may enlarge what has a shorter side than ``least_side_px``.
        """
        ...

    def read_boxes(self, pixels: Pixels, boxes: list[Box]) -> list[TextRegion]:
        """Read given lines."""
        ...


def read_frame(ocr: OcrEngine, pixels: Pixels, *, upscale_below_px: int) -> list[TextRegion]:
    """Read a frame; small frames are read at twice the size and boxes mapped back.

    Shapes: pixels uint8[H, W, 3].
    Source: spec: a 2x upscale lifts recall of 9-11 px text from .62 to .77.
    """
    visible = stretch(pixels)
    scale = 1.0 if pixels.shape[0] >= upscale_below_px else 2.0
    regions = ocr.read(visible if scale == 1.0 else enlarge(visible, scale))
    placed = [(shrink(region.box_px, scale, pixels.shape[:2]), region) for region in regions]
    return [TextRegion(box, r.text, r.score) for box, r in placed if box[0] < box[2] and box[1] < box[3]]


def read_part(ocr: OcrEngine, pixels: Pixels, part: Box, *, upscale_below_px: int) -> list[TextRegion]:
    """Read a part of a frame at the scale of the whole; lines that its edge cuts come back as unreadable.

    Shapes: pixels uint8[H, W, 3]; part and boxes xyxy px of the frame.
    """
    rows, cols = pixels.shape[:2]
    x0, y0, x1, y1 = part
    if part == (0, 0, cols, rows) or not isinstance(ocr, LineReader):
        return read_frame(ocr, pixels, upscale_below_px=upscale_below_px)
    scale = max(1.0 if rows >= upscale_below_px else 2.0, LEAST_SIDE_PX / min(rows, cols))
    crop = np.ascontiguousarray(stretch(pixels)[y0:y1, x0:x1])
    view = enlarge(crop, scale) if scale > 1.0 else crop
    found = []
    for region in ocr.read_boxes(view, ocr.detect(view, least_side_px=LEAST_PART_PX)):
        bx0, by0, bx1, by1 = shrink(region.box_px, scale, crop.shape[:2])
        box = (bx0 + x0, by0 + y0, bx1 + x0, by1 + y0)
        found.append(TextRegion(box, *((_CUT_OFF, 0.0) if _is_cut(box, part, pixels) else (region.text, region.score))))
    return [region for region in found if region.box_px[0] < region.box_px[2] and region.box_px[1] < region.box_px[3]]


def _is_cut(box: Box, part: Box, pixels: Pixels) -> bool:
    """Say whether a line may go on beyond the left or right edge of a part."""
    left = box[0] - part[0] < _CUT_PX and part[0] > 0
    right = part[2] - box[2] < _CUT_PX and part[2] < pixels.shape[1]
    return left or right


def stretch(pixels: Pixels) -> Pixels:
    """Stretch a frame of few grey levels to the full range: what a reader could make visible must be read.

    Shapes: uint8[H, W, 3]; a frame of at least ``FAINT_SPREAD`` levels comes back as it is.
    """
    low, high = int(pixels.min()), int(pixels.max())
    if not 0 < high - low < FAINT_SPREAD:
        return pixels
    levels = (pixels.astype(np.float32) - low) * (255.0 / (high - low))
    return np.asarray(levels.round(), dtype=np.uint8)


def without_lines(pixels: Pixels) -> Pixels:
    """Paint over long thin bright lines (frames of colour boxes, axes): text that touches one is not detected else.

    Shapes: uint8[H, W, 3]. Lines of a sixth of the side or more, ``LINE_PX`` thick at most, brighter than their sides.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    found = np.zeros_like(grey)
    for length, thickness in (
        ((max(1, grey.shape[1] // 6), 1), (1, LINE_PX)),
        ((1, max(1, grey.shape[0] // 6)), (LINE_PX, 1)),
    ):
        straight = cv2.morphologyEx(grey, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, length))
        thin = cv2.morphologyEx(straight, cv2.MORPH_TOPHAT, cv2.getStructuringElement(cv2.MORPH_RECT, thickness))
        found |= (thin > LINE_LEVELS).astype(np.uint8)
    if not found.any():
        return pixels
    return np.asarray(cv2.inpaint(pixels, cv2.dilate(found, np.ones((3, 3), np.uint8)), 3, cv2.INPAINT_TELEA), np.uint8)


def enlarge(pixels: Pixels, scale: float) -> Pixels:
    """Enlarge with cubic interpolation."""
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def shrink(box: Box, scale: float, shape: tuple[int, int]) -> Box:
    """Map a box of an enlarged frame back, rounded outwards and clipped."""
    rows, cols = shape
    x0, y0, x1, y1 = box
    return (
        max(0, int(x0 // scale)),
        max(0, int(y0 // scale)),
        min(cols, int(-(-x1 // scale))),
        min(rows, int(-(-y1 // scale))),
    )
