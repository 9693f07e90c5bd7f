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

Pixels = npt.NDArray[np.uint8]


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

    def detect(self, pixels: Pixels) -> list[tuple[int, int, int, int]]:
        """Detect lines without reading them; boxes xyxy, half-open."""
        ...

    def read_boxes(self, pixels: Pixels, boxes: list[tuple[int, int, int, int]]) -> list[TextRegion]:
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
    placed = [(shrink(region.box_px, scale, pixels), region) for region in regions]
    return [TextRegion(box, r.text, r.score) for box, r in placed if box[0] < box[2] and box[1] < box[3]]


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


def shrink(box: tuple[int, int, int, int], scale: float, pixels: Pixels) -> tuple[int, int, int, int]:
    """Map a box of an enlarged frame back, rounded outwards and clipped."""
    rows, cols = pixels.shape[:2]
    x0, y0, x1, y1 = box
    return (
        max(0, int(x0 // scale)),
        max(0, int(y0 // scale)),
        min(cols, int(-(-x1 // scale))),
        min(rows, int(-(-y1 // scale))),
    )
