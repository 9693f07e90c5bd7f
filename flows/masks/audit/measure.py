"""What a mask left visible and what it destroyed, item by item.

Flows in: a frame with known ink and what was published of it. Flows out: rows for leaks, kept items and pictures.
Definitions: a PHI item leaks when more than a tenth of its ink can still be seen; a measurement (all of its boxes
together), landmark or setting is kept when every pixel of its ink is bit-identical to the source.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from curation.image.mask import Box, clip, widen
from flows.planted.frame import Planted, PlantedFrame
from schemas.region import RegionKind

#: Share of an item's ink that may stay visible without a leak.
LEAK_SHARE = 0.10
#: The bound is stated for text of at least this size and contrast (px, 8-bit grey levels).
BOUND_SIZE_PX, BOUND_CONTRAST = 11, 60
#: Ink is seen where it still stands out from what lies around it by this much (8-bit grey levels).
_SEEN_LEVELS = 24
#: A pictogram is kept when this share of its pixels is unchanged.
_PICTURE_SHARE = 0.98
#: Masks may reach this far around PHI before a changed pixel of the scan area counts as damage (px).
_RIM_PX = 6

#: Roles that are counted apart from the device settings they are filed under.
_HEADER_ROLES = {"tick": "tick", "field_label": "header field", "demographic": "header field"}

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one item of one frame. For PHI ``ok`` means masked, for everything else kept."""

    frame: str
    layout: str
    canvas: str
    language: str
    kind: str
    role: str
    size_px: int
    contrast: int
    box: Box
    ok: bool

    @property
    def in_bound(self) -> bool:
        """Say whether the item counts for the bound: large and bright enough."""
        return self.size_px >= BOUND_SIZE_PX and abs(self.contrast) >= BOUND_CONTRAST


def measure(frame: PlantedFrame, published: Pixels) -> list[Finding]:
    """Judge every item of a frame.

    Shapes: published uint8[H, W, 3], as ``frame.pixels``.
    """
    found = [_finding(frame, item, seen_share(item, published) <= LEAK_SHARE) for item in _of(frame, RegionKind.PHI)]
    for members in _statements(frame):
        found.append(
            _finding(frame, members[0], all(_identical(item.box, item.ink, frame, published) for item in members))
        )
    for box in frame.pictograms:
        x0, y0, x1, y1 = clip(box, *published.shape[:2])
        same = (frame.pixels[y0:y1, x0:x1] == published[y0:y1, x0:x1]).all(axis=2)
        found.append(_picture(frame, box, bool(same.size) and float(same.mean()) >= _PICTURE_SHARE))
    return found


def scan_change(frame: PlantedFrame, published: Pixels) -> tuple[int, int]:
    """Count changed pixels of the scan area outside PHI boxes, and all of its pixels outside PHI boxes."""
    area = np.zeros(published.shape[:2], dtype=bool)
    for x0, y0, x1, y1 in frame.scan_boxes:
        area[y0:y1, x0:x1] = True
    for item in _of(frame, RegionKind.PHI):
        x0, y0, x1, y1 = clip(widen(item.box, _RIM_PX), *published.shape[:2])
        area[y0:y1, x0:x1] = False
    changed = (frame.pixels != published).any(axis=2) & area
    return int(changed.sum()), int(area.sum())


def seen_share(item: Planted, published: Pixels) -> float:
    """Measure the share of an item's ink that still stands out in the published frame."""
    x0, y0, x1, y1 = item.box
    grey = cv2.cvtColor(published[y0:y1, x0:x1], cv2.COLOR_RGB2GRAY).astype(np.float32)
    ground = (~item.ink).astype(np.float32)
    size = (9, 9)
    count = cv2.boxFilter(ground, -1, size, normalize=False)
    around = cv2.boxFilter(grey * ground, -1, size, normalize=False) / np.maximum(count, 1.0)
    stands_out = np.abs(grey - around) >= min(_SEEN_LEVELS, abs(item.contrast) / 2)
    return float(stands_out[item.ink].mean()) if item.ink.any() else 0.0


def _identical(box: Box, ink: npt.NDArray[np.bool_], frame: PlantedFrame, published: Pixels) -> bool:
    x0, y0, x1, y1 = box
    return bool((frame.pixels[y0:y1, x0:x1][ink] == published[y0:y1, x0:x1][ink]).all())


def _of(frame: PlantedFrame, kind: RegionKind) -> Iterable[Planted]:
    return (item for item in frame.items if item.kind is kind)


def _statements(frame: PlantedFrame) -> list[Sequence[Planted]]:
    """Join the boxes of one measurement; every other item stands alone."""
    groups: dict[tuple[str, int], list[Planted]] = defaultdict(list)
    for number, item in enumerate(frame.items):
        if item.kind is not RegionKind.PHI:
            groups[("group", item.group) if item.group >= 0 else ("single", number)].append(item)
    return list(groups.values())


def _finding(frame: PlantedFrame, item: Planted, ok: bool) -> Finding:
    return Finding(
        frame.name,
        frame.layout,
        frame.canvas,
        item.language,
        _HEADER_ROLES.get(item.role, item.kind.value),
        item.role,
        item.size_px,
        item.contrast,
        item.box,
        ok,
    )


def _picture(frame: PlantedFrame, box: Box, ok: bool) -> Finding:
    size = min(box[2] - box[0], box[3] - box[1])
    return Finding(frame.name, frame.layout, frame.canvas, frame.language, "pictogram", "pictogram", size, 255, box, ok)
