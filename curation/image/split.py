"""Part detected lines that hold two statements, such as a name before a landmark.

Flows in: a frame and its lines. Flows out: lines; a line that no rule proves is cut at its widest gaps and read again
in parts, so that the clinical part may stay while the name is masked. Each part must be proven by itself.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from curation.image.mask import Box
from curation.image.ocr import LineReader, OcrEngine, Pixels
from curation.image.rules import prove
from schemas.region import TextRegion

#: A gap narrower than this share of a line's height is inside a word (measured: letters .05 to .15, words from .2).
_WORD_GAP = 0.2
#: Difference to the line's ground that is ink (8-bit grey levels; own choice).
_INK = 60
_MOST_PARTS = 5


def split_lines(pixels: Pixels, regions: Sequence[TextRegion], ocr: OcrEngine) -> list[TextRegion]:
    """Replace unproven lines with spaces by their parts, where one part is proven.

    Shapes: pixels uint8[H, W, 3].
    """
    if not isinstance(ocr, LineReader):
        return list(regions)
    parts = {i: boxes for i, region in enumerate(regions) if len(boxes := _parts(pixels, region)) > 1}
    read = iter(ocr.read_boxes(pixels, [box for boxes in parts.values() for box in boxes]))
    lines: list[TextRegion] = []
    for i, region in enumerate(regions):
        pieces = [next(read) for _ in parts.get(i, ())]
        lines += pieces if any(prove(piece.text) for piece in pieces) else [region]
    return lines


def _parts(pixels: Pixels, region: TextRegion) -> list[Box]:
    """Cut a line at its widest gaps, as many as its text has spaces."""
    words = region.text.split()
    if len(words) < 2 or len(words) > 12 or prove(region.text) or not any(prove(word) for word in _runs(words)):
        return [region.box_px]
    x0, y0, x1, y1 = region.box_px
    gaps = [g for g in _gaps(pixels[y0:y1, x0:x1]) if g[1] - g[0] >= _WORD_GAP * (y1 - y0)]
    widest = sorted(gaps, key=lambda g: g[0] - g[1])[: min(len(words), _MOST_PARTS) - 1]
    cuts = sorted(x0 + (start + end) // 2 for start, end in widest)
    return [(a, y0, b, y1) for a, b in zip([x0, *cuts], [*cuts, x1], strict=True)]


def _runs(words: list[str]) -> list[str]:
    """Give all runs of words at either end of a line."""
    return [" ".join(words[i:]) for i in range(1, len(words))] + [" ".join(words[:i]) for i in range(1, len(words))]


def _gaps(crop: Pixels) -> list[tuple[int, int]]:
    """Find columns without ink between inked ones, as (start, end)."""
    ground = np.median(crop.reshape(-1, 3), axis=0)
    inked: npt.NDArray[np.bool_] = (np.abs(crop.astype(np.int16) - ground).max(axis=2) > _INK).any(axis=0)
    columns = np.flatnonzero(inked)
    return [(int(a) + 1, int(b)) for a, b in pairwise(columns) if b - a > 1]
