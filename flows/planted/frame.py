"""What a planted frame is: pixels, and the truth about every text on it.

In: nothing. Out: the records ``Planted`` and ``PlantedFrame``, and geometry of boxes (xyxy px, half-open).
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.region import RegionKind

Box = tuple[int, int, int, int]
Colour = tuple[int, int, int]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Planted:
    """One run of text on the frame.

    Shapes: ``box`` is the tight box of ``ink``; ``ink`` is bool[y1-y0, x1-x0], true where a glyph covers at least
    half of the pixel. ``contrast`` is ink minus the median of the ground below the box, in grey levels.
    A field label ("Name:") is an item of its own, kind DEVICE, role ``field_label``; age below 90 and sex are
    DEVICE, role ``demographic``. Items of one measurement statement share ``group``.
    """

    text: str = field(repr=False)
    kind: RegionKind
    box: Box
    ink: NDArray[np.bool_] = field(repr=False, compare=False)
    language: str
    size_px: int
    contrast: int
    role: str
    in_band: bool = False
    group: int = -1


@dataclass(frozen=True)
class PlantedFrame:
    """One screen and its truth.

    Shapes: ``pixels`` uint8[H, W, 3] RGB. ``known_phi`` holds what a DICOM header of this frame would tell, in the
    header's own spelling (``ZHANG^WEI``, ``19630412``): keys patient_name, patient_id, birth_date,
    accession_number, phone, address, institution (str) and physicians (list of str); often partial or empty.
    """

    name: str
    layout: str
    language: str
    canvas: str
    pixels: Pixels = field(repr=False, compare=False)
    items: tuple[Planted, ...] = field(repr=False)
    known_phi: dict[str, Any] = field(repr=False)
    scan_boxes: tuple[Box, ...] = ()
    pictograms: tuple[Box, ...] = ()
    band: Box | None = None


def overlaps(one: Box, other: Box, margin_px: int = 0) -> bool:
    """Tell whether two boxes come closer than ``margin_px``."""
    return (
        one[0] < other[2] + margin_px
        and other[0] < one[2] + margin_px
        and one[1] < other[3] + margin_px
        and other[1] < one[3] + margin_px
    )


def inside(inner: Box, outer: Box) -> bool:
    """Tell whether a box lies within another."""
    return inner[0] >= outer[0] and inner[1] >= outer[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def luma(pixels: Pixels) -> NDArray[np.float64]:
    """Give grey levels of RGB pixels (ITU-R BT.601 weights)."""
    return np.asarray(pixels @ np.array([0.299, 0.587, 0.114]), dtype=np.float64)
