"""Read mask pictures: which values are which category, outlines that are filled, parts that are objects of their own.

In: files of masks by picture (``MaskFile``). Out: ``Raw`` values with RLE. Rejects (as defect): UNREADABLE_MASK; a
value that has no category keeps its number as name and is rejected later.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from curation.ground.masks import Mask, rle_of
from curation.ground.read.raw import UNKNOWN, PixelSize, Raw
from schemas.grounding import Role
from schemas.reject import RejectReason

#: A binary mask may be a JPEG: what is at least this bright belongs to it.
_BINARY = 128
_MAX_PIXELS = 64_000_000


@dataclass(frozen=True, slots=True)
class MaskFile:
    """A file of masks of one picture.

    ``name`` is the category of a binary mask; ``values`` gives those of an indexed one (``"3"``) or of colours
    (``"#ff0000"``). ``outline``: the object is drawn as a closed line. ``parts``: each connected part is an object.
    """

    path: Path = field(repr=False)
    name: str | None = field(default=None, repr=False)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    outline: bool = False
    parts: bool = False


class MaskReader:
    """Masks in files, and labels of whole pictures that a layout tells by its folders."""

    def __init__(
        self,
        masks: Iterable[tuple[str, MaskFile]],
        labels: Mapping[str, str] | None = None,
        sizes: Mapping[str, PixelSize] | None = None,
        more: Iterable[Path] = (),
    ) -> None:
        self._masks: dict[str, list[MaskFile]] = defaultdict(list)
        for image, mask in masks:
            self._masks[image].append(mask)
        self._labels, self._sizes, self._more = labels or {}, sizes or {}, frozenset(more)

    def images(self) -> Sequence[str]:
        """List the pictures that have masks or a label."""
        return sorted({*self._masks, *self._labels})

    def read(self, image: str) -> Sequence[Raw]:
        """Read the masks of a picture, then its label."""
        size = self.pixel_size(image)
        found = [raw for mask in self._masks.get(image, ()) for raw in _read(mask, size)]
        label = self._labels.get(image)
        return [*found, *([Raw(label, Role.DIAGNOSIS, px_mm=size)] if label else [])]

    def pixel_size(self, image: str) -> PixelSize:
        """Give what the layout's table says."""
        return self._sizes.get(image, UNKNOWN)

    def files(self) -> frozenset[Path]:
        """List the mask files, and the tables of the layout."""
        return self._more | {mask.path for masks in self._masks.values() for mask in masks}

    def late_files(self, image: str) -> Sequence[Path]:
        """List the masks of a picture."""
        return [mask.path for mask in self._masks.get(image, ())]


def _read(mask: MaskFile, px_mm: PixelSize) -> list[Raw]:
    try:
        levels = _levels(mask.path)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return [Raw(mask.name, px_mm=px_mm, defect=RejectReason.UNREADABLE_MASK)]
    if mask.values:
        return [_raw(one, name, px_mm) for name, one in _by_value(levels, mask.values)]
    binary = _binary(levels)
    if mask.outline:
        binary = _filled(binary)
    pieces = _parts(binary) if mask.parts else [binary]
    return [_raw(one, mask.name, px_mm) for one in pieces]


def _raw(mask: Mask, name: str | None, px_mm: PixelSize) -> Raw:
    return Raw(name, rle=rle_of(mask), size_px=(mask.shape[1], mask.shape[0]), px_mm=px_mm)


def _levels(path: Path) -> NDArray[np.uint8]:
    """Read grey levels or indices uint8[H, W], or colours uint8[H, W, 3]."""
    with Image.open(path) as image:
        if image.width * image.height > _MAX_PIXELS:
            raise ValueError("size")
        if image.mode == "1":
            return np.asarray(image.convert("L"), dtype=np.uint8)
        if image.mode in ("L", "P"):
            return np.asarray(image, dtype=np.uint8)
        if image.mode.startswith(("I", "F")):
            return np.asarray(image).clip(0, 255).astype(np.uint8)
        if image.mode == "LA":
            return np.asarray(image.convert("L"), dtype=np.uint8)
        return np.asarray(image.convert("RGB"), dtype=np.uint8)


def _binary(levels: NDArray[np.uint8]) -> Mask:
    """Take what is bright; in a mask of small values (0 and 1) what is not 0."""
    grey = levels.max(axis=2) if levels.ndim == 3 else levels
    least = _BINARY if int(grey.max(initial=0)) >= _BINARY else 1
    return np.asarray(grey >= least, dtype=np.uint8)


def _by_value(levels: NDArray[np.uint8], names: Mapping[str, str]) -> list[tuple[str, Mask]]:
    """Take the mask of every value but the ground (0, black); a value without a category keeps its own name."""
    whole = levels.astype(np.int32)
    coded = whole @ np.array([65536, 256, 1]) if whole.ndim == 3 else whole
    found = []
    for value in np.unique(coded):
        if value:
            name = f"#{value:06x}" if levels.ndim == 3 else str(value)
            found.append((names.get(name, name), np.asarray(coded == value, dtype=np.uint8)))
    return found or [(next(iter(names.values())), np.zeros(coded.shape, np.uint8))]


def _filled(line: Mask) -> Mask:
    """Fill a closed line; the middle of the line is the border (half of the line belongs to the object).

    Shapes: uint8[H, W]. What is inside the line, and what is inside or on it, are averaged by distance.
    """
    _, outside_line = _flooded(line)
    inside = np.asarray(outside_line & (1 - line), dtype=np.uint8)
    to_inside = cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    to_outside = cv2.distanceTransform(outside_line, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    half = np.asarray((line > 0) & (to_inside <= to_outside), dtype=np.uint8)
    return inside | half if inside.any() else line


def _flooded(line: Mask) -> tuple[Mask, Mask]:
    """Give what can be reached from the rim without crossing the line, and its complement."""
    wide = cv2.copyMakeBorder(line, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cv2.floodFill(wide, None, (0, 0), 2)
    reached = np.asarray(wide[1:-1, 1:-1] == 2, dtype=np.uint8)
    return reached, np.asarray(1 - reached, dtype=np.uint8)


def _parts(mask: Mask) -> list[Mask]:
    count, numbered = cv2.connectedComponents(mask, connectivity=8)
    return [np.asarray(numbered == number, dtype=np.uint8) for number in range(1, count)] or [mask]
