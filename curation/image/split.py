"""Part detected lines that hold two statements, such as a name before a landmark.

Flows in: a frame and its lines. Flows out: lines; a line that no rule proves is cut where its text changes from proven
to unproven and read again in parts, so that the clinical part may stay and the name is masked. A part stays only when
it reads as what proved it, or is proven by itself.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from curation.image.cues import holds_cue, may_be_name
from curation.image.forbidden import FORBIDDEN
from curation.image.lexicon import fold
from curation.image.mask import Box
from curation.image.ocr import LineReader, OcrEngine, Pixels
from curation.image.rules import prove
from schemas.region import RegionKind, TextRegion

#: A gap narrower than this share of a line's height is inside a word (measured: letters .05 to .15, words from .2).
_WORD_GAP = 0.2
#: Ink differs from the line's ground by this share of its strongest, and by this many grey levels (own choice).
_INK_SHARE, _LEAST_INK = 0.5, 24
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
#: Shorter lines are not cut into words: "M i" are initials or half a name.
_LEAST_LINE = 4
_LONGEST, _TRIES = 80, 4


def split_lines(pixels: Pixels, regions: Sequence[TextRegion], ocr: OcrEngine) -> list[TextRegion]:
    """Replace unproven lines by their parts, where one part is proven.

    Shapes: pixels uint8[H, W, 3].
    """
    if not isinstance(ocr, LineReader):
        return list(regions)
    ends = [_cut_end(pixels, region, ocr) for region in regions]
    parts = {i: boxes for i, r in enumerate(regions) if not ends[i] and len(boxes := _cut_words(pixels, r)) > 1}
    read = iter(ocr.read_boxes(pixels, [box for boxes in parts.values() for box in boxes]))
    lines: list[TextRegion] = []
    for i, region in enumerate(regions):
        pieces = [next(read) for _ in parts.get(i, ())]
        freed = any(_frees(piece.text, region.text) for piece in pieces) and _keeps_whole(region.text, pieces)
        freed = freed and all(_is_run_of_words(piece.text, region.text) for piece in pieces if prove(piece.text))
        lines += ends[i] or (pieces if freed else [region])
    return lines


def _keeps_whole(text: str, pieces: Sequence[TextRegion]) -> bool:
    """Say whether every date and number that is never kept still stands whole in one part."""
    never = (_plain(match.group()) for match in FORBIDDEN.finditer(fold(text)))
    return all(any(found in _plain(piece.text) for piece in pieces) for found in never)


def _is_run_of_words(part: str, line: str) -> bool:
    """Say whether a part is one or more whole words of a line: "3" and "W" of "3 West" are no part of it."""
    words = [_plain(word) for word in _BOUNDARY.split(line)]
    runs = {"".join(words[a:b]) for a in range(len(words)) for b in range(a + 1, len(words) + 1)}
    return _plain(part) in runs


def _cut_words(pixels: Pixels, region: TextRegion) -> list[Box]:
    """Cut a line at its widest gaps, as many as its text has spaces."""
    words = region.text.split()
    if (
        len(words) < 2
        or len(words) > 12
        or len(_plain(region.text)) < _LEAST_LINE
        or prove(region.text)
        or not any(prove(word) for word in _runs(words))
    ):
        return [region.box_px]
    x0, y0, x1, y1 = region.box_px
    gaps = [g for g in _gaps(pixels[y0:y1, x0:x1]) if g[1] - g[0] >= _WORD_GAP * (y1 - y0)]
    widest = sorted(gaps, key=lambda g: g[0] - g[1])[: min(len(words), _MOST_PARTS) - 1]
    cuts = sorted(x0 + (start + end) // 2 for start, end in widest)
    return [(a, y0, b, y1) for a, b in zip([x0, *cuts], [*cuts, x1], strict=True)]


def _cut_end(pixels: Pixels, region: TextRegion, ocr: LineReader) -> list[TextRegion]:
    """Cut the longest proven end off a line whose rest is unproven: "RT JET SMITH, ANN", "5848333391足底".

    A cut holds when the end, read again by itself, says the same; nothing is cut otherwise.
    """
    found = _proven_end(region.text.strip())
    if found is None:
        return []
    part, at = found
    text = region.text.strip()
    x0, y0, x1, y1 = region.box_px
    for x in _places_of(pixels, region, _width(text[:at]) / _width(text)):
        pieces = ocr.read_boxes(pixels, [(x0, y0, x, y1), (x, y0, x1, y1)])
        freed = any(_plain(piece.text) == _plain(part) and _frees(piece.text, text) for piece in pieces)
        if freed and _keeps_whole(text, pieces):
            return pieces
    return []


def _proven_end(text: str) -> tuple[str, int] | None:
    """Find the longest end of a line that is proven by itself, and where in the text it is cut."""
    if len(text) > _LONGEST or prove(text):
        return None
    cuts = sorted({(m.start(), m.end()) for m in _BOUNDARY.finditer(text) if m.start() > 0 and m.end() < len(text)})
    ends = [(text[:a], a, "end") for a, _ in cuts] + [(text[b:], b, "start") for _, b in cuts]
    proven = [
        (part, at)
        for part, at, side in ends
        if len(part.strip()) >= _LEAST_CHARS
        and _is_strong(part, glued=_is_glued(text, at))
        and not may_be_name(part, side)
    ]
    return max(proven, key=lambda found: len(found[0]), default=None)


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", fold(text))


def _frees(part: str, line: str) -> bool:
    """Say whether a part is proven; in a line with a cue only a value is ("Kidney Care Clinic", "Emergency Dept")."""
    proof = prove(part)
    return proof is not None and (not holds_cue(line) or (proof.valued and proof.kind is RegionKind.MEASUREMENT))


def _is_strong(text: str, *, glued: bool) -> bool:
    """Say whether an end is proven; where no space parts it from the rest, only anatomy is ("8328C411" is one id)."""
    proof = prove(text)
    if proof is None or proof.weak:
        return False
    return not glued or proof.kind is RegionKind.LANDMARK


def _is_glued(text: str, at: int) -> bool:
    return not any(char.isspace() for char in text[max(0, at - 1) : at + 1])


def _width(text: str) -> float:
    """Estimate the width of a text in letters: Chinese characters are two, spaces and points half."""
    return sum(2.0 if "\u2e80" <= c <= "\uffef" else 0.55 if c in " .,:;'|il1" else 1.0 for c in fold(text)) or 1.0


def _places_of(pixels: Pixels, region: TextRegion, share: float) -> list[int]:
    """Find gaps of ink near a share of a line's width, the likeliest first: wide and near."""
    x0, y0, x1, y1 = region.box_px
    height = y1 - y0
    expected = share * (x1 - x0)
    gaps = [(abs((a + b) / 2 - expected) - 2.0 * (b - a), (a + b) // 2) for a, b in _gaps(pixels[y0:y1, x0:x1])]
    near = [(cost, at) for cost, at in gaps if abs(at - expected) <= _REACH * height]
    return [x0 + at for _, at in sorted(near)[:_TRIES]]


def _runs(words: list[str]) -> list[str]:
    """Give all runs of words at either end of a line."""
    return [" ".join(words[i:]) for i in range(1, len(words))] + [" ".join(words[:i]) for i in range(1, len(words))]


def _gaps(crop: Pixels) -> list[tuple[int, int]]:
    """Find columns without ink between inked ones, as (start, end)."""
    ground = np.median(crop.reshape(-1, 3), axis=0)
    away = np.abs(crop.astype(np.int16) - ground).max(axis=2)
    least = max(_LEAST_INK, _INK_SHARE * float(np.percentile(away, 99)))
    inked: npt.NDArray[np.bool_] = (away > least).any(axis=0)
    columns = np.flatnonzero(inked)
    return [(int(a) + 1, int(b)) for a, b in pairwise(columns) if b - a > 1]
