"""Pictures as the vision encoder reads them.

In: PNG bytes of a release. Out: patches float[rows * columns, 1176], in the order of Qwen2-VL's image processor.
Source: Qwen2-VL: patches of 14 px, 2 x 2 of them merged into a token, a still picture stands for two frames; mean and
spread of CLIP. A test compares with the processor of transformers.
"""

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from schemas.errors import ChunkError

PATCH, MERGE, FRAMES = 14, 2, 2
MEAN = (0.48145466, 0.4578275, 0.40821073)
SPREAD = (0.26862954, 0.26130258, 0.27577711)

Pixels = npt.NDArray[np.uint8]


def decoded(png: bytes, name: str) -> Pixels:
    """Decode a picture. Shapes: uint8[height, width, 3] RGB.

    Raises: ChunkError.
    """
    found: Pixels | None = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR_RGB)
    if found is None:
        raise ChunkError(f"frame {name} cannot be decoded: `sonocurate release verify` tells whether the copy is whole")
    return found


def resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Scale a picture to (width, height) px: by area when it shrinks, cubic when it grows."""
    if pixels.shape[1::-1] == size:
        return pixels
    shrinks = size[0] * size[1] < pixels.shape[0] * pixels.shape[1]
    scaled: Pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return scaled


def patches(pixels: Pixels) -> tuple[Pixels, tuple[int, int, int]]:
    """Cut a picture whose sides are multiples of 28 into patches. Gives them with their grid (1, rows, columns).

    Shapes: uint8[height, width, 3] -> uint8[rows * columns, 3, 196]. Bytes are an eighth of what the encoder reads:
    they become numbers on the device (``shown``).
    """
    rows, columns = pixels.shape[0] // PATCH, pixels.shape[1] // PATCH
    blocks = pixels.reshape(rows // MERGE, MERGE, PATCH, columns // MERGE, MERGE, PATCH, 3)
    cut = blocks.transpose(0, 3, 1, 4, 6, 2, 5).reshape(rows * columns, 3, PATCH * PATCH)
    return cut, (1, rows, columns)


def shown(cut: Tensor) -> Tensor:
    """Make the numbers that the encoder reads. Shapes: uint8[patches, 3, 196] -> float[patches, 1176]."""
    mean, spread = (torch.tensor(values, device=cut.device)[:, None] for values in (MEAN, SPREAD))
    numbers = (cut / 255 - mean) / spread
    return numbers[:, :, None].expand(-1, -1, FRAMES, -1).reshape(len(cut), -1)
