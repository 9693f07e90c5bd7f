"""Single-region test and blank frames.

Flows in: scan regions or pixels. Flows out: the layout's name, or whether a frame is blank.
Source: EchoVLM section 3.1 (only single-region images are used); DICOM PS3.3 C.8.5.5.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from curation.image.regions import (
    DATA_COLOR,
    DATA_TISSUE,
    FORMAT_2D,
    FORMAT_M_MODE,
    FORMAT_SPECTRAL,
    FORMAT_WAVEFORM,
    ScanRegion,
)

Layout = Literal["single", "duplex", "dual", "quad"]
#: A frame whose grey levels spread less than this carries no picture (8-bit grey levels; own choice).
_BLANK_SPREAD = 2.0


def region_layout(regions: Sequence[ScanRegion]) -> Layout:
    """Name a frame's layout: tissue or colour images side by side, or one image with a trace below.

    Data types 0xD and 0xE (and all others) are not images of the body and are not counted.
    """
    flat = [r for r in regions if r.spatial_format == FORMAT_2D and r.data_type in (DATA_TISSUE, DATA_COLOR)]
    images = [r for i, r in enumerate(flat) if not any(_nested(r, i, other, j) for j, other in enumerate(flat))]
    if len(images) >= 4:
        return "quad"
    if len(images) >= 2:
        return "dual"
    traces = {FORMAT_M_MODE, FORMAT_SPECTRAL, FORMAT_WAVEFORM}
    return "duplex" if any(r.spatial_format in traces for r in regions) else "single"


def is_blank(pixels: npt.NDArray[np.uint8]) -> bool:
    """Say whether a frame has almost no variation.

    Shapes: pixels uint8[H, W, 3].
    """
    return float(pixels[..., :3].mean(axis=2).std()) < _BLANK_SPREAD


def _nested(region: ScanRegion, index: int, other: ScanRegion, other_index: int) -> bool:
    """Say whether most of a region (a colour box) lies in another one; of two equal regions the first stays."""
    if index == other_index:
        return False
    overlap = _area(_intersect(region.box_px, other.box_px))
    mine, theirs = _area(region.box_px), _area(other.box_px)
    return overlap >= 0.8 * mine and (mine < theirs or (mine == theirs and other_index < index))


def _intersect(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def _area(box: tuple[int, int, int, int]) -> int:
    return max(0, box[2] - box[0]) * max(0, box[3] - box[1])
