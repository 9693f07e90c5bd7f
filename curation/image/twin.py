"""Twin frames: published frames whose measured values are masked as well.

Flows in: rows of `images` and their `text_regions`. Flows out: rows of `twin_frames`, in the order of the images.
A reviewed box may show a value that nobody recorded, so it is masked too.
"""

import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from curation.image.desensitize import picture_columns
from curation.image.mask import Box, mask_lines
from curation.image.ocr import Pixels
from curation.step import table_of
from schemas.case import IMAGE, TWIN_FRAME
from schemas.region import RegionAction
from schemas.review import REVIEWED

#: Columns of `text_regions` that are read.
REGION_COLUMNS = ("frame_id", "box_px", "action", "rule", "value_text")


def twin_frames(images: pa.Table, regions: pa.Table, *, margin_px: int) -> pa.Table:
    """Mask the measured values of published frames; ids of the new frames end in ``TWIN_FRAME``."""
    by_frame: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for region in regions.to_pylist():
        by_frame[region["frame_id"]].append(region)
    return table_of((_twin(row, by_frame[row["frame_id"]], margin_px) for row in images.to_pylist()), IMAGE)


def _twin(row: Mapping[str, Any], regions: Sequence[Mapping[str, Any]], margin_px: int) -> dict[str, Any]:
    kept = [region for region in regions if region["action"] == RegionAction.KEEP]
    hidden = [_box(region) for region in kept if _hides(region)]
    spare = [_box(region) for region in kept if not _hides(region)]
    pixels = mask_lines(decode_png(row["image"]["bytes"]), hidden, margin_px=margin_px, spare=spare)
    frame_id = row["frame_id"] + TWIN_FRAME
    return {**row, "frame_id": frame_id, **picture_columns(frame_id, pixels)}


def _hides(region: Mapping[str, Any]) -> bool:
    return region["value_text"] is not None or region["rule"] == REVIEWED


def _box(region: Mapping[str, Any]) -> Box:
    x0, y0, x1, y1 = region["box_px"]
    return x0, y0, x1, y1


def decode_png(data: bytes) -> Pixels:
    """Decode a frame as it was published.

    Shapes: uint8[H, W, 3] RGB.
    """
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.uint8)
