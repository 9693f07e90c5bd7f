"""Pictures as the vision encoder reads them.

In: PNG bytes of a release. Out: patches float32[rows * columns, 1176], in the order of Qwen2-VL's image processor.
Source: Qwen2-VL: patches of 14 px, 2 x 2 of them merged into a token, a still picture stands for two frames; mean and
spread of CLIP. A test compares with the processor of transformers.
"""

import cv2
import numpy as np
import numpy.typing as npt

from schemas.errors import ChunkError

PATCH, MERGE, FRAMES = 14, 2, 2
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
SPREAD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)

Pixels = npt.NDArray[np.uint8]
Patches = npt.NDArray[np.float32]


def decoded(png: bytes, name: str) -> Pixels:
    """Decode a picture. Shapes: uint8[height, width, 3] RGB.

    Raises: ChunkError.
    """
    found = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR_RGB)
    if found is None:
        raise ChunkError(f"frame {name} cannot be decoded: `sonocurate release verify` tells whether the copy is whole")
    return found


def resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Scale a picture to (width, height) px: by area when it shrinks, cubic when it grows."""
    if pixels.shape[1::-1] == size:
        return pixels
    shrinks = size[0] * size[1] < pixels.shape[0] * pixels.shape[1]
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def patches(pixels: Pixels) -> tuple[Patches, tuple[int, int, int]]:
    """Cut a picture whose sides are multiples of 28 into patches. Gives them with their grid (1, rows, columns)."""
    rows, columns = pixels.shape[0] // PATCH, pixels.shape[1] // PATCH
    table = (np.arange(256, dtype=np.float32)[:, None] / 255 - MEAN) / SPREAD
    planes = np.stack([table[pixels[..., channel], channel] for channel in range(3)])
    cut = planes.reshape(3, rows // MERGE, MERGE, PATCH, columns // MERGE, MERGE, PATCH).transpose(1, 4, 2, 5, 0, 3, 6)
    still = np.repeat(cut[:, :, :, :, :, None], FRAMES, axis=5)
    return still.reshape(rows * columns, 3 * FRAMES * PATCH * PATCH), (1, rows, columns)
