"""Tools passed into the step by tests."""

import numpy as np

from curation.image.decode import DecodedImage, Probe
from curation.image.errors import DecodeError
from schemas.case import KNOWN_PHI_KINDS
from schemas.region import TextRegion
from schemas.reject import RejectReason

#: One frame in every way that it can lie in memory.
LAYOUTS = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "steps": lambda frame: np.repeat(np.repeat(frame, 2, axis=0), 2, axis=1)[::2, ::2],
    "negative": lambda frame: np.ascontiguousarray(frame[::-1, ::-1, ::-1])[::-1, ::-1, ::-1],
    "planes": lambda frame: np.ascontiguousarray(frame.transpose(2, 0, 1)).transpose(1, 2, 0),
}
LIMITS = {"max_pixels": 64_000_000, "max_frames": 4096, "max_side_px": 16_384, "min_side_px": 32}


class MemoryImage(DecodedImage):
    """Frames that are already in memory."""

    def __init__(self, frames, known=None) -> None:
        rows, cols = frames[0].shape[:2]
        super().__init__(None, Probe("png", rows, cols, len(frames)), known or {k: [] for k in KNOWN_PHI_KINDS})
        object.__setattr__(self, "frames", frames)

    def _read(self, index):
        return self.frames[index]


class Pixels:
    """Images by id; an unknown id is an unreadable file."""

    def __init__(self, images) -> None:
        self.images = images

    def open(self, image_id):
        if image_id not in self.images:
            raise DecodeError(RejectReason.UNREADABLE_IMAGE)
        return self.images[image_id]


class ScriptedOcr:
    """Answers with the same regions (of a frame of 480 rows) where anything is visible."""

    def __init__(self, regions) -> None:
        self.regions = regions

    def read(self, pixels):
        if pixels.shape[0] > pixels.shape[1]:  # a turned view: nothing reads upright in it
            return []
        scale = pixels.shape[0] / 480
        scaled = [TextRegion(tuple(round(v * scale) for v in r.box_px), r.text, r.score) for r in self.regions]
        return [r for r in scaled if pixels[r.box_px[1] : r.box_px[3], r.box_px[0] : r.box_px[2]].mean() > 30]


class FailingOcr:
    def read(self, pixels):
        raise RuntimeError("patient ZHANG WEI in a message")


def speckle(rows=480, cols=640, seed=0):
    return np.random.default_rng(seed).integers(10, 250, (rows, cols, 3), dtype=np.uint8)
