"""A published frame beside the source it was made from, re-decoded from the hospital's files.

In: rows of `images` and the export. Out: both pictures and what is known about the patient, in memory only.
A source that is gone, or is no longer what was published, gives nothing: a box is never filled from another picture.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from curation.image.decode import DecodedImage, DecodeError
from curation.image.desensitize import merge_known
from curation.image.known import KnownPhi
from curation.image.mask import Box, clip
from curation.image.ocr import Pixels
from flows.export import Export
from schemas.shelf import shelved
from warehouse.shards import Source, groups
from warehouse.tables import Shelf

#: Frames held in memory at a time.
BATCH = 16


@dataclass(frozen=True, slots=True)
class Pair:
    """One frame as published and as it came from the hospital.

    Shapes: both uint8[H, W, 3] RGB, equal wherever nothing was masked.
    """

    row: Mapping[str, Any] = field(repr=False)
    published: Pixels = field(repr=False)
    source: Pixels = field(repr=False)
    known: KnownPhi
    places: tuple[str, ...] = field(default=(), repr=False)  # institutions and addresses, as they are known

    def with_source(self, boxes: Iterable[Box]) -> Pixels:
        """Give the published frame with the source's pixels in some boxes."""
        pixels = self.published.copy()
        for box in boxes:
            x0, y0, x1, y1 = clip(box, *pixels.shape[:2])
            pixels[y0:y1, x0:x1] = self.source[y0:y1, x0:x1]
        return pixels


def frame_rows(shelf: Shelf, frame_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Give whole rows of `images`, a few in memory at a time; ids that are not published give none."""
    source = Source(shelf, "images", "frame_id")
    published = set(source.ids().to_pylist())
    for group in groups([frame_id for frame_id in frame_ids if frame_id in published], BATCH):
        yield from source.rows(group, shelved("images").names).to_pylist()


def pair_of(export: Export, row: Mapping[str, Any]) -> Pair | None:
    """Open the source of a published frame; None where it is gone or is not what was published."""
    try:
        image = export.open(row["image_id"])
        source = image.frame(row["frame"])
        known = _known(export, image, row["image_id"])
    except (DecodeError, OSError, LookupError, ValueError):
        return None
    published = np.asarray(Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB"), np.uint8)
    places = (*known["institutions"], *known["addresses"])
    return Pair(row, published, source, KnownPhi(known), places) if _same(published, source) else None


def _same(published: Pixels, source: Pixels) -> bool:
    """Say whether the frames are equal wherever the published one is not black (masked)."""
    if published.shape != source.shape:
        return False
    equal, black = (published == source).all(axis=2), (published == 0).all(axis=2)
    return bool((equal | black).all())


def _known(export: Export, image: DecodedImage, image_id: str) -> dict[str, list[str]]:
    """Join what the table and the file's header know about the patient."""
    return merge_known(export.source_images([image_id])["known_phi"][0].as_py(), image.known_phi)
