"""Which frames are one image of the body: layout by header or pixels, document screens, blank frames.

Flows in: scan regions, pixels, text lines. Flows out: the layout's name, or yes or no.
Source: EchoVLM section 3.1 (only single-region images are used); DICOM PS3.3 C.8.5.5.
"""

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from curation.image.mask import Box, area, clip, overlap
from curation.image.regions import (
    DATA_COLOR,
    DATA_TISSUE,
    FORMAT_2D,
    FORMAT_M_MODE,
    FORMAT_SPECTRAL,
    FORMAT_WAVEFORM,
    ScanRegion,
)
from schemas.region import TextRegion

Layout = Literal["single", "duplex", "dual", "quad"]
#: A frame whose grey levels spread less than this carries no picture (8-bit grey levels; own choice).
_BLANK_SPREAD = 2.0
#: Tiles (px) whose grey levels spread at least this much outside text show tissue, traces or graphics.
_TILE_PX, _TILE_SPREAD = 16, 4.0
#: A document: almost no tissue, and at least so many lines of text. Or some tissue, and a page full of lines.
_DOCUMENT_TISSUE, _DOCUMENT_LINES = 0.06, 4
#: Tissue is brighter than this on average over a tile's width (8-bit grey levels).
_TISSUE_LEVEL = 14
#: Two images side by side: a dark gap at least this wide (share of the columns), between halves that are alike in size.
_GAP_SHARE, _GAP_PLACE, _ALIKE = 0.004, (0.35, 0.65), 0.75


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


def panels(pixels: npt.NDArray[np.uint8], regions: Sequence[ScanRegion]) -> Layout:
    """Name a frame's layout by its regions, or by its pixels where the header says nothing.

    Shapes: pixels uint8[H, W, 3].
    """
    if regions:
        return region_layout(regions)
    if not _parted(_tissue(pixels)):
        return "single"
    return "quad" if _parted(_tissue(np.ascontiguousarray(pixels.swapaxes(0, 1)))) else "dual"


def _tissue(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Find the filled parts of a frame, without letters and lines, as a mask of a quarter of its size.

    Shapes: bool[H // 4, W // 4].
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (max(1, grey.shape[1] // 4), max(1, grey.shape[0] // 4)), interpolation=cv2.INTER_AREA)
    level = cv2.blur(small, (1, 5))  # fills dark speckle without bridging a gap between two images
    filled = cv2.morphologyEx((level > _TISSUE_LEVEL).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 1), np.uint8))
    side = max(3, small.shape[0] // 20)
    opened = cv2.morphologyEx(filled, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    return np.asarray(opened, dtype=bool)


def _parted(tissue: npt.NDArray[np.bool_]) -> bool:
    """Say whether a mask has a gap near its middle, with parts on both sides that are filled alike."""
    columns = np.flatnonzero(tissue.any(axis=0))
    if columns.size == 0:
        return False
    first, last = int(columns[0]), int(columns[-1]) + 1
    width = last - first
    empty = np.asarray(~tissue[:, first:last].any(axis=0), dtype=bool)
    low, high = (int(width * share) for share in _GAP_PLACE)
    gaps = [(a, b) for a, b in _runs(empty) if low <= (a + b) // 2 <= high and b - a >= _GAP_SHARE * tissue.shape[1]]
    if not gaps:
        return False
    start, end = max(gaps, key=lambda gap: gap[1] - gap[0])
    left, right = tissue[:, first : first + start], tissue[:, first + end : last]
    alike = min(left.sum(), right.sum()) >= _ALIKE * max(left.sum(), right.sum())
    tall = all(half.any(axis=1).sum() >= 0.3 * tissue.shape[0] for half in (left, right))
    return bool(alike and tall)


def _runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """List runs of True as (start, end)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def is_document(pixels: npt.NDArray[np.uint8], lines: Sequence[TextRegion]) -> bool:
    """Say whether a frame is a page of text (worksheet, report, patient list): lines, and hardly any picture.

    Shapes: pixels uint8[H, W, 3].
    """
    if len(lines) < _DOCUMENT_LINES:
        return False
    return picture_share(pixels, [line.box_px for line in lines]) < _DOCUMENT_TISSUE


def picture_share(pixels: npt.NDArray[np.uint8], text: Sequence[Box]) -> float:
    """Measure the share of a frame that shows anything but text and flat ground.

    Shapes: pixels uint8[H, W, 3]; boxes xyxy px.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    rows, cols = grey.shape
    for box in text:
        x0, y0, x1, y1 = clip((box[0] - 4, box[1] - 4, box[2] + 4, box[3] + 4), rows, cols)
        if area((x0, y0, x1, y1)):
            grey[y0:y1, x0:x1] = np.median(grey[y0:y1, x0:x1])
    mean, square = cv2.blur(grey, (_TILE_PX, _TILE_PX)), cv2.blur(grey * grey, (_TILE_PX, _TILE_PX))
    spread = np.sqrt(np.maximum(square - mean * mean, 0.0))
    # rules, frames of tables and edges of boxes are thin: opening leaves what is spread over an area
    busy = cv2.morphologyEx((spread > _TILE_SPREAD).astype(np.uint8), cv2.MORPH_OPEN, np.ones((33, 33), np.uint8))
    return float(busy.mean())


def is_blank(pixels: npt.NDArray[np.uint8]) -> bool:
    """Say whether a frame has almost no variation.

    Shapes: pixels uint8[H, W, 3].
    """
    if float(pixels[::8, ::8, :3].mean(axis=2).std()) > 2 * _BLANK_SPREAD:  # clearly not, at a small share of the cost
        return False
    return float(pixels[..., :3].mean(axis=2).std()) < _BLANK_SPREAD


def _nested(region: ScanRegion, index: int, other: ScanRegion, other_index: int) -> bool:
    """Say whether most of a region (a colour box) lies in another one; of two equal regions the first stays."""
    if index == other_index:
        return False
    shared = overlap(region.box_px, other.box_px)
    mine, theirs = area(region.box_px), area(other.box_px)
    return shared >= 0.8 * mine and (mine < theirs or (mine == theirs and other_index < index))
