"""The display mode of a frame: B-mode, colour, spectral, tissue Doppler, M-mode.

In: what the header says, the words on the screen, pixels. Out: a mode and what told it. The first that tells decides:
scan regions, image type, words, pixels. Pixels alone tell colour from grey and nothing else: a spectral or M-mode frame
without a header and without its word on the screen counts as B-mode, or as colour.
Source: DICOM PS3.3 C.8.5.5.1.2 (region data types), C.8.5.6.1.1 (US image type, value 4, a sum of bits).
"""

import re
from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np

from curation.image.ocr import Pixels
from curation.image.regions import DATA_COLOR, DATA_TISSUE, FORMAT_2D, FORMAT_M_MODE, FORMAT_SPECTRAL, ScanRegion
from schemas.case import Modality

ModalitySource = Literal["regions", "image_type", "text", "pixels"]
Told = tuple[Modality, ModalitySource]

#: Bits of the fourth value of Image Type.
_B_MODE, _M_MODE, _CW, _PW, _COLOR, _COLOR_M, _POWER = 0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x100
_HEX = re.compile(r"[0-9A-F]{4}")
_WORDS: tuple[tuple[re.Pattern[str], Modality], ...] = (
    (re.compile(r"\b(?:TDI|DTI|TVI|TDE)\b|组织多普勒", re.IGNORECASE), Modality.TISSUE_DOPPLER),
    (re.compile(r"\bM[- ]?Mode\b|M\s?型(?:超声)?", re.IGNORECASE), Modality.M_MODE),
    (re.compile(r"\b(?:PW|CW|PWD|CWD)\b|脉冲多普勒|连续多普勒|频谱多普勒"), Modality.SPECTRAL),
)
#: A pixel is coloured when its channels differ so much (8-bit levels); so large a patch of them is a colour map.
_CHROMA, _PATCH_SHARE = 60, 0.004
#: A colour bar is a narrow strip: this share of the frame's width at most.
_BAR_SHARE = 0.05


def modality_of(regions: Sequence[ScanRegion], image_type: Sequence[str], texts: Sequence[str], pixels: Pixels) -> Told:
    """Tell the mode of a frame and what told it.

    Shapes: pixels uint8[H, W, 3] RGB.
    """
    tissue = any(_WORDS[0][0].search(text) for text in texts)
    told = _by_regions(regions) or _by_type(image_type)
    if told is None:
        found = (mode for pattern, mode in _WORDS if any(pattern.search(text) for text in texts))
        mode = next(found, None)
        return (mode, "text") if mode else (Modality.COLOR if is_coloured(pixels) else Modality.B_MODE, "pixels")
    if tissue and told[0] in (Modality.COLOR, Modality.SPECTRAL):
        return Modality.TISSUE_DOPPLER, "text"
    return told


def _by_regions(regions: Sequence[ScanRegion]) -> Told | None:
    """Read the regions: a trace outranks the image above it, colour outranks grey."""
    formats = {region.spatial_format for region in regions}
    flat = {region.data_type for region in regions if region.spatial_format == FORMAT_2D}
    if FORMAT_SPECTRAL in formats:
        return Modality.SPECTRAL, "regions"
    if FORMAT_M_MODE in formats:
        return Modality.M_MODE, "regions"
    if DATA_COLOR in flat:
        return Modality.COLOR, "regions"
    return (Modality.B_MODE, "regions") if DATA_TISSUE in flat else None


def _by_type(image_type: Sequence[str]) -> Told | None:
    """Read the fourth value of Image Type."""
    value = image_type[3].strip().upper() if len(image_type) > 3 else ""
    if not _HEX.fullmatch(value):
        return None
    bits = int(value, 16)
    order = (
        (_CW | _PW, Modality.SPECTRAL),
        (_M_MODE | _COLOR_M, Modality.M_MODE),
        (_COLOR | _POWER, Modality.COLOR),
        (_B_MODE, Modality.B_MODE),
    )
    return next(((mode, "image_type") for mask, mode in order if bits & mask), None)


def is_coloured(pixels: Pixels) -> bool:
    """Say whether a frame shows a colour map: a coloured patch that is large and no narrow bar.

    Shapes: pixels uint8[H, W, 3] RGB.
    """
    chroma = pixels.max(axis=2).astype(np.int16) - pixels.min(axis=2)
    coloured = cv2.morphologyEx((chroma > _CHROMA).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(coloured)
    wide = stats[1:, cv2.CC_STAT_WIDTH] > _BAR_SHARE * pixels.shape[1]
    large = stats[1:, cv2.CC_STAT_AREA] > _PATCH_SHARE * coloured.size
    return bool((wide & large).any())
