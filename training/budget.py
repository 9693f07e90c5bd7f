"""The image budget: what size a picture is read at, and how many tokens it costs.

In: sizes in px. Out: sizes in px whose sides are multiples of 28, at most ``max_patches`` patches of 28 x 28 px.
Source: Qwen2-VL (a visual token covers 28 x 28 px; the rule is that of its image processor, to which a test compares);
EchoVLM's public repository (196 patches).
"""

import numpy as np
import numpy.typing as npt

from schemas.endpoint import PATCH_PX

#: Qwen2-VL reads no picture smaller than this many patches.
MIN_PATCHES = 4

Sizes = npt.NDArray[np.int64]


def fitted(width_px: Sizes, height_px: Sizes, max_patches: int) -> tuple[Sizes, Sizes]:
    """Give the sizes that pictures are read at; longer ones than 1 : ``max_patches`` lose their shape, not the budget.

    Shapes: int[n], int[n] -> int[n], int[n].
    """
    area = width_px * height_px / PATCH_PX**2
    shrink, grow = np.sqrt(area / max_patches), np.sqrt(MIN_PATCHES / area)
    near = [np.maximum(1, np.rint(side / PATCH_PX)) for side in (width_px, height_px)]
    over, under = near[0] * near[1] > max_patches, near[0] * near[1] < MIN_PATCHES
    cut = [np.maximum(1, np.floor(side / shrink / PATCH_PX)) for side in (width_px, height_px)]
    more = [np.ceil(side * grow / PATCH_PX) for side in (width_px, height_px)]
    found = [np.where(over, c, np.where(under, m, n)) for n, c, m in zip(near, cut, more, strict=True)]
    width, height = (np.minimum(found[at], np.floor(max_patches / found[1 - at])) for at in (0, 1))
    width, height = np.where(found[0] >= found[1], width, found[0]), np.where(found[0] < found[1], height, found[1])
    return (width * PATCH_PX).astype(np.int64), (height * PATCH_PX).astype(np.int64)


def tokens_of(width_px: Sizes, height_px: Sizes) -> Sizes:
    """Count the visual tokens of fitted pictures."""
    return width_px * height_px // PATCH_PX**2


def fitted_one(width_px: int, height_px: int, max_patches: int) -> tuple[int, int]:
    """Give the size that one picture is read at."""
    if min(width_px, height_px) < 1:
        raise ValueError("a picture without pixels")
    width, height = fitted(np.array([width_px]), np.array([height_px]), max_patches)
    return int(width[0]), int(height[0])
