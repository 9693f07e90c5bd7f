"""Perceptual hashes of frames: what looks alike has hashes that differ in few bits.

Source: Krawetz 2013 (dHash: is each pixel of a 9 x 8 thumbnail brighter than its left neighbour); Zauner 2010 (pHash:
signs of the low 8 x 8 frequencies of a 32 x 32 thumbnail about their median, without the constant one).
"""

import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dctn

SIDE = 8
_WIDE = 32


def picture_hashes(png: bytes) -> tuple[int, int]:
    """Compute dHash and pHash of an encoded picture, 64 bits each."""
    with Image.open(io.BytesIO(png)) as picture:
        return hashes(picture)


def hashes_of_frames(file: Path | BinaryIO) -> Iterator[tuple[int, int]]:
    """Compute both hashes of every frame or page of an encoded picture, decoded one at a time."""
    with Image.open(file) as picture:
        for index in range(getattr(picture, "n_frames", 1)):
            picture.seek(index)
            yield hashes(picture)


def hashes(picture: Image.Image) -> tuple[int, int]:
    """Compute dHash and pHash of a picture.

    Raises: ValueError for deep levels that are no numbers.
    """
    deep = picture.mode.startswith(("I", "F"))
    grey = _eight_bit(picture) if deep else picture.convert("L")
    return dhash(grey), phash(grey)


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Scale deep grey by the bits that are used, as `curation.image.raster` does it; Pillow would cut it off at 255."""
    levels = np.asarray(picture, np.float64)
    if not np.isfinite(levels).all():
        raise ValueError("levels that are no numbers")
    bits = max(8, math.ceil(math.log2(max(float(levels.max()), 0.0) + 1)))
    return Image.fromarray((levels * (255 / (2.0**bits - 1))).round().clip(0, 255).astype(np.uint8))


def dhash(grey: Image.Image) -> int:
    """Compute the difference hash of a grey picture."""
    small = _thumbnail(grey, SIDE + 1, SIDE)
    return _number(small[:, 1:] > small[:, :-1])


def phash(grey: Image.Image) -> int:
    """Compute the frequency hash of a grey picture."""
    low = dctn(_thumbnail(grey, _WIDE, _WIDE), norm="ortho")[:SIDE, :SIDE].ravel()
    return _number(low > np.median(low[1:]))


def _thumbnail(grey: Image.Image, width: int, height: int) -> NDArray[np.float64]:
    return np.asarray(grey.resize((width, height), Image.Resampling.BOX), np.float64)


def _number(bits: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(bits.ravel()).tobytes(), "big")
