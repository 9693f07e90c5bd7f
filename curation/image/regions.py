"""Scan regions of an ultrasound frame from the DICOM header.

Flows in: a data set. Flows out: validated regions; a sequence that does not fit the pixels is stale and ignored.
Source: DICOM PS3.3 C.8.5.5 (US Region Calibration): (0018,6011) with Spatial Format (0018,6012), Data Type (0018,6014)
and the location attributes (0018,6018/601A/601C/601E). Two of pydicom's own US files carry stale regions.
"""

import math
from dataclasses import dataclass, replace

from pydicom.dataset import Dataset

#: Region Spatial Format (0018,6012).
FORMAT_2D, FORMAT_M_MODE, FORMAT_SPECTRAL, FORMAT_WAVEFORM = 1, 2, 3, 4
#: Region Data Type (0018,6014): tissue and colour flow are images of the body.
DATA_TISSUE, DATA_COLOR = 1, 2
#: Physical Units (0018,6024): centimetres.
UNITS_CM = 3


@dataclass(frozen=True, slots=True)
class ScanRegion:
    """One region of a frame; ``pixel_mm`` is the width and height of its pixels, None where they are no length.

    Shapes: ``box_px`` is xyxy, half-open, origin top-left.
    """

    box_px: tuple[int, int, int, int]
    spatial_format: int
    data_type: int
    pixel_mm: tuple[float | None, float | None] = (None, None)


def read_regions(header: Dataset, rows: int, cols: int) -> tuple[ScanRegion, ...]:
    """Read the regions; one box outside the frame makes all of them stale.

    Source: PS3.3 C.8.5.5.1: the maximum corner is a pixel of the region (inclusive).
    """
    try:
        found = [_region(item) for item in header.get("SequenceOfUltrasoundRegions") or ()]
    except (TypeError, ValueError, AttributeError, KeyError, OverflowError):
        return ()
    if any(not _fits(region.box_px, rows, cols) for region in found):
        return ()
    return tuple(_clip(region, rows, cols) for region in found)


def _region(item: Dataset) -> ScanRegion:
    box = (
        int(item.RegionLocationMinX0),
        int(item.RegionLocationMinY0),
        int(item.RegionLocationMaxX1) + 1,
        int(item.RegionLocationMaxY1) + 1,
    )
    size = (_delta_mm(item, "X"), _delta_mm(item, "Y"))
    return ScanRegion(box, int(item.get("RegionSpatialFormat") or 0), int(item.get("RegionDataType") or 0), size)


def _delta_mm(item: Dataset, axis: str) -> float | None:
    """Read Physical Delta X/Y (0018,602C/602E) where Physical Units (0018,6024/6026) are cm (3)."""
    delta = abs(float(item.get(f"PhysicalDelta{axis}") or 0))
    is_cm = int(item.get(f"PhysicalUnits{axis}Direction") or 0) == UNITS_CM
    return 10 * delta if is_cm and 0 < delta < math.inf else None


def _fits(box: tuple[int, int, int, int], rows: int, cols: int) -> bool:
    """Allow one pixel beyond the frame: some vendors write half-open maxima."""
    x0, y0, x1, y1 = box
    return 0 <= x0 < x1 <= cols + 1 and 0 <= y0 < y1 <= rows + 1


def _clip(region: ScanRegion, rows: int, cols: int) -> ScanRegion:
    x0, y0, x1, y1 = region.box_px
    return replace(region, box_px=(x0, y0, min(x1, cols), min(y1, rows)))
