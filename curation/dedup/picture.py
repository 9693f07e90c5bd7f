"""Perceptual hashes of frames: what looks alike has hashes that differ in few bits.

Source: Krawetz 2013 (dHash: is each pixel of a 9 x 8 thumbnail brighter than its left neighbour); Zauner 2010 (pHash:
signs of the low 8 x 8 frequencies of a 32 x 32 thumbnail about their median, without the constant one).
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dctn

from curation.image.raster import eight_bit

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
    """Compute dHash and pHash of a picture; deep grey is scaled as images are decoded: Pillow would cut it at 255.

    Raises: DecodeError for deep levels that are no numbers.
    """
    deep = picture.mode.startswith(("I", "F"))
    grey = Image.fromarray(eight_bit(np.asarray(picture))) if deep else picture.convert("L")
    return dhash(grey), phash(grey)


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
