"""Part detected lines that hold two statements, such as a name before a landmark.

Flows in: a frame and its lines. Flows out: lines; a line that no rule proves is cut where its text changes from proven to
unproven and read again in parts, so that the clinical part may stay while the name is masked. A part stays only when it
reads as what proved it, or is proven by itself.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from curation.image.classify import holds_cue, may_be_name
from curation.image.lexicon import fold
from curation.image.mask import Box
from curation.image.ocr import LineReader, OcrEngine, Pixels
from curation.image.rules import prove
from schemas.region import RegionKind, TextRegion

#: A gap narrower than this share of a line's height is inside a word (measured: letters .05 to .15, words from .2).
_WORD_GAP = 0.2
#: Difference to the line's ground that is ink (8-bit grey levels; own choice).
_INK = 60
_MOST_PARTS = 5
#: Where one text may end and another begin: spaces, and changes between letters, digits and Chinese characters.
_BOUNDARY = re.compile(
    r"\s+|(?<=[A-Za-z])(?=[\d\u3400-\u9fff])|(?<=\d)(?=[A-Za-z\u3400-\u9fff])|(?<=[\u3400-\u9fff])(?=[A-Za-z\d])"
    r"|(?<=[a-z])(?=[A-Z])"
)
#: How far from its expected place a cut may lie, in line heights.
_REACH = 1.3
#: Shortest proven end of a line that is cut off from the rest.
_LEAST_CHARS = 2


def split_lines(pixels: Pixels, regions: Sequence[TextRegion], ocr: OcrEngine) -> list[TextRegion]:
    """Replace unproven lines by their parts, where one part is proven.

    Shapes: pixels uint8[H, W, 3].
    """
    if not isinstance(ocr, LineReader):
        return list(regions)
    lines = list(regions)
    for cut in (_cut_words, _cut_ends):
        parts = {i: boxes for i, region in enumerate(lines) if len(boxes := cut(pixels, region)) > 1}
        read = iter(ocr.read_boxes(pixels, [box for boxes in parts.values() for box in boxes]))
        pieces = {i: [next(read) for _ in boxes] for i, boxes in parts.items()}
        lines = [
            piece
            for i, region in enumerate(lines)
            for piece in (pieces[i] if any(_frees(p.text, region.text) for p in pieces.get(i, ())) else [region])
        ]
    return lines


def _cut_words(pixels: Pixels, region: TextRegion) -> list[Box]:
    """Cut a line at its widest gaps, as many as its text has spaces."""
    words = region.text.split()
    if len(words) < 2 or len(words) > 12 or prove(region.text) or not any(prove(word) for word in _runs(words)):
        return [region.box_px]
    x0, y0, x1, y1 = region.box_px
    gaps = [g for g in _gaps(pixels[y0:y1, x0:x1]) if g[1] - g[0] >= _WORD_GAP * (y1 - y0)]
    widest = sorted(gaps, key=lambda g: g[0] - g[1])[: min(len(words), _MOST_PARTS) - 1]
    cuts = sorted(x0 + (start + end) // 2 for start, end in widest)
    return [(a, y0, b, y1) for a, b in zip([x0, *cuts], [*cuts, x1], strict=True)]


def _cut_ends(pixels: Pixels, region: TextRegion) -> list[Box]:
    """Cut the longest proven end off a line whose rest is unproven: "RT JET SMITH, ANN", "5848333391足底"."""
    text = region.text.strip()
    if len(text) > 80 or prove(text):
        return [region.box_px]
    cuts = sorted({(m.start(), m.end()) for m in _BOUNDARY.finditer(text) if 0 < m.start() and m.end() < len(text)})
    ends = [(text[:a], a, "end") for a, _ in cuts] + [(text[b:], b, "start") for _, b in cuts]
    proven = [
        (part, at)
        for part, at, side in ends
        if len(part.strip()) >= _LEAST_CHARS and _is_strong(part) and not may_be_name(part, side)
    ]
    if not proven:
        return [region.box_px]
    _, at = max(proven, key=lambda found: len(found[0]))
    x = _place_of(pixels, region, _width(text[:at]) / _width(text))
    x0, y0, x1, y1 = region.box_px
    return [region.box_px] if x is None else [(x0, y0, x, y1), (x, y0, x1, y1)]


def _frees(part: str, line: str) -> bool:
    """Say whether a part is proven; a setting's word after a cue is not ("Emergency Dept")."""
    proof = prove(part)
    return proof is not None and (proof.kind is not RegionKind.DEVICE or not holds_cue(line))


def _is_strong(text: str) -> bool:
    proof = prove(text)
    return proof is not None and not proof.weak


def _width(text: str) -> float:
    """Estimate the width of a text in letters: Chinese characters are two, spaces and points half."""
    return sum(2.0 if "\u2e80" <= c <= "\uffef" else 0.55 if c in " .,:;'|il1" else 1.0 for c in fold(text)) or 1.0


def _place_of(pixels: Pixels, region: TextRegion, share: float) -> int | None:
    """Find the widest gap of ink near a share of a line's width."""
    x0, y0, x1, y1 = region.box_px
    expected, reach = share * (x1 - x0), _REACH * (y1 - y0)
    near = [g for g in _gaps(pixels[y0:y1, x0:x1]) if abs((g[0] + g[1]) / 2 - expected) <= reach]
    if not near:
        return None
    start, end = max(near, key=lambda g: (g[1] - g[0], -abs((g[0] + g[1]) / 2 - expected)))
    return x0 + (start + end) // 2


def _runs(words: list[str]) -> list[str]:
    """Give all runs of words at either end of a line."""
    return [" ".join(words[i:]) for i in range(1, len(words))] + [" ".join(words[:i]) for i in range(1, len(words))]


def _gaps(crop: Pixels) -> list[tuple[int, int]]:
    """Find columns without ink between inked ones, as (start, end)."""
    ground = np.median(crop.reshape(-1, 3), axis=0)
    inked: npt.NDArray[np.bool_] = (np.abs(crop.astype(np.int16) - ground).max(axis=2) > _INK).any(axis=0)
    columns = np.flatnonzero(inked)
    return [(int(a) + 1, int(b)) for a, b in pairwise(columns) if b - a > 1]
