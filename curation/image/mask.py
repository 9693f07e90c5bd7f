"""The masking kernel: solid black boxes, every other pixel untouched.

Source: spec rule 6: solid fill with a 2-4 px margin; blur and mosaic can be undone.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

#: Rim above and below the ink in a detected box, as share of its height (measured on rapidocr: 0.15 to 0.25).
_RIM_SHARE = 0.1

Box = tuple[int, int, int, int]


def mask(pixels: npt.NDArray[np.uint8], boxes: Iterable[Box]) -> npt.NDArray[np.uint8]:
    """Fill boxes with black in a copy.

    Shapes: pixels uint8[H, W, 3]; boxes xyxy px, half-open, clipped to the frame.
    """
    masked = pixels.copy()
    rows, cols = pixels.shape[:2]
    for box in boxes:
        x0, y0, x1, y1 = clip(box, rows, cols)
        masked[y0:y1, x0:x1] = 0
    return masked


def mask_lines(
    pixels: npt.NDArray[np.uint8], lines: Iterable[Box], *, margin_px: int, spare: Iterable[Box] = ()
) -> npt.NDArray[np.uint8]:
    """Fill text lines with a margin, but keep lines that stand right above or below whole.

    The core of a line is always filled; only its margin and the outer rim of its detected box give way to ``spare``.

    Shapes: pixels uint8[H, W, 3]; boxes xyxy px, half-open.
    """
    rows, cols = pixels.shape[:2]
    lines = list(lines)
    fill = np.zeros((rows, cols), dtype=bool)
    for box in lines:
        _paint(fill, widen(box, margin_px), value=True)
    for box in spare:
        _paint(fill, core(box), value=False)
    for box in lines:
        _paint(fill, core(box), value=True)
    masked = pixels.copy()
    masked[fill] = 0
    return masked


def core(box: Box) -> Box:
    """Cut the rim off a detected box: detectors surround ink by a fifth of its height and more."""
    rim = int((box[3] - box[1]) * _RIM_SHARE)
    return box[0], box[1] + rim, box[2], box[3] - rim


def _paint(fill: npt.NDArray[np.bool_], box: Box, *, value: bool) -> None:
    x0, y0, x1, y1 = clip(box, *fill.shape)
    fill[y0:y1, x0:x1] = value


def clip(box: Box, rows: int, cols: int) -> Box:
    """Clip a box to the frame; a box outside becomes empty."""
    x0, y0, x1, y1 = box
    x0, y0 = min(max(0, x0), cols), min(max(0, y0), rows)
    return x0, y0, max(x0, min(x1, cols)), max(y0, min(y1, rows))


def widen(box: Box, margin_px: int) -> Box:
    """Widen a box on all sides."""
    return box[0] - margin_px, box[1] - margin_px, box[2] + margin_px, box[3] + margin_px


def overlap(a: Box, b: Box) -> int:
    """Compute the shared area of two boxes in px."""
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))


def area(box: Box) -> int:
    """Compute a box's area in px."""
    return max(0, box[2] - box[0]) * max(0, box[3] - box[1])


def join(boxes: Iterable[Box]) -> Box:
    """Surround boxes by one."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def cut_out(box: Box, holes: Iterable[Box]) -> list[Box]:
    """Cut holes out of a box; boxes without overlap that cover the rest."""
    rest = [box]
    for hole in holes:
        rest = [piece for part in rest for piece in (_around(part, hole) if overlap(part, hole) else [part])]
    return rest


def _around(box: Box, hole: Box) -> list[Box]:
    x0, y0, x1, y1 = box
    top, bottom = max(y0, hole[1]), min(y1, hole[3])
    around = [(x0, y0, x1, top), (x0, bottom, x1, y1), (x0, top, max(x0, hole[0]), bottom), (hole[2], top, x1, bottom)]
    return [piece for piece in around if area(piece)]
