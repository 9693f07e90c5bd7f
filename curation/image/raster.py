"""PNG, JPEG, BMP and TIFF: header first, then one frame at a time as RGB.

Flows in: a path. Flows out: size and frame count, and uint8[H, W, 3] frames. Pillow stays strict: a truncated file is
an error, not a half-grey picture.
"""

import logging
import math
import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from curation.image.errors import DecodeError
from schemas.reject import RejectReason

# Pillow's warnings and log lines may print tags of a TIFF: PHI. They are silenced for the whole process.
warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
logging.getLogger("PIL").setLevel(logging.CRITICAL + 1)

_PILLOW = {"png": "PNG", "jpeg": "JPEG", "bmp": "BMP", "tiff": "TIFF"}
_JPEG_END = b"\xff\xd9"


def measure(path: Path, kind: str) -> tuple[int, int, int]:
    """Read rows, columns and frame count from the header.

    Rejects: DECOMPRESSION_BOMB, UNREADABLE_IMAGE.
    """
    try:
        with Image.open(path, formats=(_PILLOW[kind],)) as image:
            return image.height, image.width, int(getattr(image, "n_frames", 1)) if kind == "tiff" else 1
    except Image.DecompressionBombError:
        raise DecodeError(RejectReason.DECOMPRESSION_BOMB) from None
    except Exception:  # noqa: BLE001 - Pillow raises many kinds on broken files
        raise DecodeError(RejectReason.UNREADABLE_IMAGE) from None


def read_frame(path: Path, kind: str, index: int) -> npt.NDArray[np.uint8]:
    """Decode one frame to RGB; transparency is dropped, deep grey is scaled to 8 bits.

    Shapes: uint8[H, W, 3].
    """
    with Image.open(path, formats=(_PILLOW[kind],)) as image:
        size = image.size
        if index:
            image.seek(index)
        if image.size != size:  # before any pixel of a page of another size is decoded
            raise DecodeError(RejectReason.UNREADABLE_IMAGE)
        if image.mode.startswith(("I", "F")):
            return np.repeat(eight_bit(np.asarray(image))[..., None], 3, axis=2)
        return np.asarray(image.convert("RGB"), dtype=np.uint8)


def check_complete(path: Path, kind: str) -> None:
    """Find JPEG files without an end marker.

    Rejects: UNREADABLE_IMAGE.
    """
    if kind != "jpeg":
        return
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(-min(file.tell(), 1 << 16), 2)
        tail = file.read()
    if _JPEG_END not in tail:
        raise DecodeError(RejectReason.UNREADABLE_IMAGE)


def eight_bit(values: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    """Scale deep grey by the bits that are used: 12-bit data in a 16-bit file must not come out almost black.

    Rejects: UNREADABLE_IMAGE for levels that are no numbers.
    """
    levels = np.asarray(values, dtype=np.float64)
    if not np.isfinite(levels).all():
        raise DecodeError(RejectReason.UNREADABLE_IMAGE)
    high = max(255.0, float(levels.max())) if levels.size else 255.0
    scaled = levels * (255.0 / (2.0 ** math.ceil(math.log2(high + 1.0)) - 1.0))
    return scaled.round().clip(0, 255).astype(np.uint8)
