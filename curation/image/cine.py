"""Which frames of a cine are read: the published ones, and others whose text may differ.

Flows in: a decoded image. Flows out: frame numbers. Source: spec rule 7
(union of boxes over frames); comparing pixels of text boxes costs 1/350 of an OCR pass, but cannot see new text
elsewhere, so the border is compared too.
"""

from collections.abc import Sequence

import numpy as np

from curation.image.mask import Box, clip
from curation.image.ocr import Pixels

#: Mean change of grey levels in a text box that means other text (8-bit levels; own choice).
_CHANGED = 18.0
#: Share of the frame's rows at the top and bottom where consoles write and nothing of the body moves.
_BORDER = 0.10


def key_frames(n_frames: int, wanted: int) -> list[int]:
    """Choose evenly spaced frames: the middles of equal parts; frame 0 for stills."""
    count = min(n_frames, wanted)
    return sorted({(2 * part + 1) * n_frames // (2 * count) for part in range(count)}) if n_frames > 1 else [0]


def text_changed(frame: Pixels, reference: Pixels, boxes: Sequence[Box]) -> bool:
    """Say whether text boxes or the border of a frame differ from a frame that was read.

    Shapes: frame, reference uint8[H, W, 3]; boxes xyxy px.
    """
    rows, cols = frame.shape[:2]
    edge = max(1, int(rows * _BORDER))
    strips: list[Box] = [(0, 0, cols, edge), (0, rows - edge, cols, rows)]
    return any(_change(frame, reference, box) > _CHANGED for box in boxes) or any(
        _ink_change(frame, reference, box) for box in strips
    )


def _change(frame: Pixels, reference: Pixels, box: Box) -> float:
    x0, y0, x1, y1 = clip(box, *frame.shape[:2])
    if x1 <= x0 or y1 <= y0:
        return 0.0
    return float(np.abs(frame[y0:y1, x0:x1].astype(np.int16) - reference[y0:y1, x0:x1]).mean())


def _ink_change(frame: Pixels, reference: Pixels, box: Box) -> bool:
    """Say whether as many pixels changed strongly as a few letters have."""
    x0, y0, x1, y1 = box
    change = np.abs(frame[y0:y1, x0:x1].astype(np.int16) - reference[y0:y1, x0:x1]).max(axis=2)
    return int((change > 80).sum()) >= 40
