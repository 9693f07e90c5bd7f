"""Read a box that a reviewer wants shown: known PHI of the case, a date, clock time, long number or age over 89?

In: the source pixels of the box alone. Out: why it must stay masked, or None. The box is read at several sizes and
brightened, because it was doubtful in the first place. Source: spec, Images, rules 4 (known PHI overrides every keep),
5 (clock times, six or more digits, ages over 89) and 8 (fuzzy search).
"""

import re
from collections.abc import Iterator

import numpy as np
from rapidfuzz.fuzz import partial_ratio

from curation.image.audit import ink_view
from curation.image.classify import is_clear
from curation.image.forbidden import FORBIDDEN
from curation.image.lexicon import fold, has_hanzi
from curation.image.mask import Box, clip, widen
from curation.image.ocr import LineReader, OcrEngine, Pixels, enlarge, stretch
from curation.image.rules import prove
from flows.masks.review.sources import Pair
from schemas.review import ReviewOutcome

#: Black rim around the box, so that text that touches its edge is found.
RIM_PX = 6
SCALES = (1.0, 2.0, 3.0)
#: The one scale at which an engine that reads given lines also looks for lines itself.
DETECTED_SCALE = 2.0
#: Least length of a part of a hospital's name or an address (own choice), and how alike it must be (spec, rule 8).
LEAST_LETTERS, LEAST_HANZI, FUZZY = 6, 3, 85.0
#: An age over 89 as consoles write it: 93Y, 093 Y, F/93, 93岁 (spec, rule 5).
OLD_AGE = re.compile(
    r"(?<![\d.])0?(?:9\d|1[0-3]\d)\s?(?:y(?![a-z])|yo|yr|year|岁|歲)|\b[fm]\s?/\s?0?(?:9\d|1[0-3]\d)(?!\d)"
)
#: A box this much taller than wide holds vertical text, or none.
TALL = 1.5


def look_again(pair: Pair, box: Box, ocr: OcrEngine) -> ReviewOutcome | None:
    """Say why a box must stay masked.

    Shapes: box xyxy px, half-open.
    """
    texts = set(_texts(_alone(pair, box), ocr))
    if any(pair.known.nearly_hits(text) or _is_part(text, pair.places) for text in texts):
        return ReviewOutcome.REFUSED_KNOWN_PHI
    if any(_is_identifier(text) for text in texts):
        return ReviewOutcome.REFUSED_IDENTIFIER
    return None


def _alone(pair: Pair, box: Box) -> Pixels:
    """Put the box's source pixels on black."""
    rows, cols = pair.source.shape[:2]
    black = np.zeros_like(pair.source)
    x0, y0, x1, y1 = clip(box, rows, cols)
    black[y0:y1, x0:x1] = pair.source[y0:y1, x0:x1]
    x0, y0, x1, y1 = clip(widen(box, RIM_PX), rows, cols)
    return np.ascontiguousarray(black[y0:y1, x0:x1])


def _texts(pixels: Pixels, ocr: OcrEngine) -> Iterator[str]:
    """Read a small picture as one line in every view, and once (an engine that only reads frames: always) as lines."""
    for scale in SCALES:
        for view in _turns(enlarge(stretch(pixels), scale) if scale > 1 else stretch(pixels)):
            yield from _read_line(view, ocr)
            yield from _read_line(ink_view(view), ocr)
            if scale == DETECTED_SCALE or not isinstance(ocr, LineReader):
                lines = sorted(ocr.read(view), key=lambda line: (line.box_px[1], line.box_px[0]))
                yield from (line.text for line in lines)
                yield " ".join(line.text for line in lines)


def _turns(pixels: Pixels) -> Iterator[Pixels]:
    """Give a picture as it is and, where it is taller than wide, turned both ways: text may run up or down."""
    yield pixels
    if pixels.shape[0] > TALL * pixels.shape[1]:
        yield from (np.ascontiguousarray(np.rot90(pixels, quarter)) for quarter in (1, 3))


def _read_line(pixels: Pixels, ocr: OcrEngine) -> Iterator[str]:
    """Read a picture as one line: without detection, which costs most and may cut a name in two."""
    if isinstance(ocr, LineReader):
        rows, cols = pixels.shape[:2]
        yield from (line.text for line in ocr.read_boxes(pixels, [(0, 0, cols, rows)]))


def _is_part(text: str, places: tuple[str, ...]) -> bool:
    """Say whether a text is (nearly) a part of a hospital's name or an address: screens shorten them."""
    short = _squeeze(text)
    if len(short) < (LEAST_HANZI if has_hanzi(short) else LEAST_LETTERS):
        return False
    return any(len(short) <= len(place) and partial_ratio(short, place) >= FUZZY for place in map(_squeeze, places))


def _squeeze(text: str) -> str:
    return re.sub(r"[\W_]+", "", fold(text))


def _is_identifier(text: str) -> bool:
    proof, folded = prove(text), fold(text)
    return bool(OLD_AGE.search(folded)) or (not (proof and is_clear(proof, text)) and bool(FORBIDDEN.search(folded)))
