"""Keep what was taken for text and can be none: calipers, traces, bars, body marks.

Flows in: decisions of a frame and its pixels without straight lines. Flows out: decisions, with graphics kept.
"""

from collections.abc import Sequence

from curation.image.decision import Decision
from curation.image.glyphs import DRAWN, count_glyphs
from curation.image.lexicon import has_hanzi
from curation.image.mask import Box, overlap
from curation.image.ocr import Pixels
from schemas.region import RegionAction, RegionKind

#: Rules of boxes that may be no text.
NOT_READ = frozenset({"default_deny", "collision", "low_score", "axis_tick_doubtful"})
#: So few letters, read with less than this confidence, are next to nothing.
_FEW_CHARS, _UNSURE, _FEW_DRAWN = 6, 0.5, 4
#: A box for one letter is no longer than this many of its short sides.
_SQUARE = 1.8
#: Characters that calipers, ticks and boxes are read as.
_LIKE_MARKS = "十一口中甲田日工丁卜人入大亠丶丨二三回目由申义又上毕"
#: Letters that circles and ovals of body marks are read as, and how much larger than text those are.
_ROUND_LETTERS, _ROUND = frozenset("O0oQ1I698.φ()CD"), 1.35


def spare_graphics(decisions: Sequence[Decision], pixels: Pixels, text_px: float) -> list[Decision]:
    """Keep what was taken for text and can hold one letter at most: calipers, traces, bars, body marks."""
    doubtful = [d for d in decisions if not d.kept]
    written = [
        d for d in doubtful if not is_hardly_read(d, text_px) or count_glyphs(pixels, d.region.box_px, text_px) > 0
    ]
    return [
        Decision(d.region, RegionKind.DEVICE, RegionAction.KEEP, "graphic")
        if d.rule in NOT_READ and is_hardly_read(d, text_px) and _is_graphic(d, written, pixels, text_px)
        else d
        for d in decisions
    ]


def without_specks(missed: Sequence[Decision], masked: Sequence[Box]) -> list[Decision]:
    """Leave out what only a second look finds: one letter in a box for one letter, with nothing near to be a word with.

    A name is found whole, by several of its letters, or as the end of a masked line; texture is found letter by letter.
    """
    places = [*masked, *(d.region.box_px for d in missed)]
    return [
        d for d in missed if not _is_one_letter(d) or any(_near(d, box) for box in places if box != d.region.box_px)
    ]


def _is_one_letter(decision: Decision) -> bool:
    x0, y0, x1, y1 = decision.region.box_px
    short, long = sorted((max(1, x1 - x0), max(1, y1 - y0)))
    return len(decision.region.text.strip()) <= 1 and long <= _SQUARE * short


def _near(decision: Decision, other: Box) -> bool:
    """Say whether a box could go on with another: near it, and in its row."""
    x0, y0, x1, y1 = decision.region.box_px
    reach = min(x1 - x0, y1 - y0)
    return overlap((x0 - reach, y0 - reach // 2, x1 + reach, y1 + reach // 2), other) > 0


def is_hardly_read(decision: Decision, text_px: float) -> bool:
    """Say whether next to nothing was read: one letter, a few without confidence, or a few as large as drawings are."""
    x0, y0, x1, y1 = decision.region.box_px
    text = decision.region.text.strip()
    chars = len(text)
    if has_hanzi(text) and decision.region.score >= _UNSURE and text not in _LIKE_MARKS:
        return False
    large = _ROUND if set(text) <= _ROUND_LETTERS else DRAWN
    drawn = chars <= _FEW_DRAWN and min(x1 - x0, y1 - y0) > large * text_px
    return drawn or chars <= 1 or (chars <= _FEW_CHARS and decision.region.score < _UNSURE)


def _is_graphic(decision: Decision, written: Sequence[Decision], pixels: Pixels, text_px: float) -> bool:
    """Say whether a box holds at most one letter, with no other doubtful text near that it could be part of."""
    x0, y0, x1, y1 = decision.region.box_px
    glyphs = count_glyphs(pixels, decision.region.box_px, text_px)
    reach = 2 * min(x1 - x0, y1 - y0)
    near = (x0 - reach, y0 - reach // 2, x1 + reach, y1 + reach // 2)
    alone = not any(overlap(near, d.region.box_px) for d in written if d is not decision)
    return glyphs == 0 or (glyphs == 1 and alone)
