"""Read COCO JSON: boxes, polygons, RLE, keypoints.

Pictures, annotations and labels may carry ``px_mm`` or ``px_mm_x`` and ``px_mm_y``, pictures ``frame`` for one frame of
a cine; ``image_labels`` (``{"image_id", "label"}``) label whole pictures. ``polygon_px`` beside RLE holds the exact
rings of a polygon with holes (our own export writes it).

In: a JSON file. Out: ``Raw`` values by picture. Rejects (as defect): DUPLICATE_ANNOTATION_ID, UNNAMED_KEYPOINTS,
MALFORMED_ANNOTATION.
Source: COCO data format (boxes are x, y, width, height; a keypoint is x, y, v with v 0 for not labelled).
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from curation.ground.masks import mask_of_rle, rle_of
from curation.ground.read.raw import UNKNOWN, PixelSize, Raw, number_of, pixel_size_of
from schemas.errors import ConfigError
from schemas.grounding import Role
from schemas.reject import RejectReason

#: Annotations whose picture is not listed stand under this name.
NO_IMAGE = ""


class CocoReader:
    """Annotations of one COCO file."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises: ConfigError when it is no COCO JSON.
        """
        self._path = path
        whole = _load(path)
        self._images = {row["id"]: row for row in _rows(whole, "images") if _is_key(row.get("id"))}
        self._categories = {row["id"]: row for row in _rows(whole, "categories") if _is_key(row.get("id"))}
        rows = _rows(whole, "annotations")
        times = Counter(row["id"] for row in rows if _is_key(row.get("id")))
        self._raw: dict[str, list[Raw]] = defaultdict(list)
        for row in rows:
            twice = _is_key(row.get("id")) and times[row["id"]] > 1
            self._raw[self._name_of(row)].append(self._annotation(row, twice=twice))
        for row in _rows(whole, "image_labels"):
            self._raw[self._name_of(row)].append(self._label(row))

    def images(self) -> Sequence[str]:
        """List the pictures that have annotations."""
        return sorted(self._raw)

    def read(self, image: str) -> Sequence[Raw]:
        """Give the annotations of one picture, in the order of the file."""
        return self._raw.get(image, [])

    def pixel_size(self, image: str) -> PixelSize:
        """Say nothing: annotations carry their pixel size."""
        return UNKNOWN

    def files(self) -> frozenset[Path]:
        """Give the file."""
        return frozenset({self._path})

    def late_files(self, image: str) -> Sequence[Path]:
        """List none: all is read by now."""
        return ()

    def _image(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        key = row.get("image_id")
        return self._images.get(key, {}) if _is_key(key) else {}

    def _name_of(self, row: Mapping[str, Any]) -> str:
        name = self._image(row).get("file_name")
        return name.replace("\\", "/") if isinstance(name, str) else NO_IMAGE

    def _told(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Give what the picture's row says of all its annotations."""
        image = self._image(row)
        sides = [image.get(name) for name in ("width", "height")]
        size = (int(sides[0]), int(sides[1])) if all(isinstance(s, int) and s > 0 for s in sides) else None  # type: ignore[arg-type]
        frame = image.get("frame")
        own = pixel_size_of(row)
        px_mm = own if own != UNKNOWN else pixel_size_of(image)
        return {"size_px": size, "frame": frame if isinstance(frame, int) else 0, "px_mm": px_mm}

    def _label(self, row: Mapping[str, Any]) -> Raw:
        label = row.get("label")
        return Raw(label if isinstance(label, str) else None, Role.DIAGNOSIS, **self._told(row))

    def _annotation(self, row: Mapping[str, Any], *, twice: bool) -> Raw:
        key = row.get("category_id")
        category = self._categories.get(key, {}) if _is_key(key) else {}
        name = category.get("name")
        own = {"name": name if isinstance(name, str) else None, **self._told(row)}
        if twice:
            return Raw(**own, defect=RejectReason.DUPLICATE_ANNOTATION_ID)
        try:
            points = _points(row.get("keypoints"), category.get("keypoints"))
            shape = _shape(row.get("segmentation"))
            if "rle" in shape and isinstance(row.get("polygon_px"), list):
                shape |= _shape(row["polygon_px"])
            box = _box(row.get("bbox"))
        except _UnnamedError:
            return Raw(**own, defect=RejectReason.UNNAMED_KEYPOINTS)
        except (ValueError, TypeError):
            return Raw(**own, defect=RejectReason.MALFORMED_ANNOTATION)
        if not (points or shape or box):
            return Raw(**own, defect=RejectReason.MALFORMED_ANNOTATION)
        return Raw(**own, **shape, box=box, points=points)


class _UnnamedError(Exception):
    """Keypoints whose category does not name them."""


def _load(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        raise ConfigError(f"annotations: {path} is not a readable JSON file") from None
    if not isinstance(found, dict) or not isinstance(found.get("annotations"), list):
        raise ConfigError(f"annotations: {path} is no COCO JSON (it has no list `annotations`)")
    return found


def _rows(whole: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """List the rows of a part; a row that is no object counts as an empty one."""
    found = whole.get(name)
    return [row if isinstance(row, dict) else {} for row in found] if isinstance(found, list) else []


def _is_key(value: object) -> bool:
    return isinstance(value, int | str)


def _numbers(values: object) -> list[float]:
    found = [number_of(one) for one in values] if isinstance(values, list) else [None]
    if None in found:
        raise ValueError("numbers")
    return [one for one in found if one is not None]


def _box(value: object) -> list[float] | None:
    if value is None:
        return None
    x, y, width, height = _numbers(value)
    return [x, y, x + width, y + height]


def _shape(value: object) -> dict[str, Any]:
    if not value:
        return {}
    if isinstance(value, dict):
        size, counts = value.get("size"), value.get("counts")
        sides = [int(one) for one in _numbers(size)]
        if isinstance(counts, list):
            return {"rle": rle_of(mask_of_rle({"size": sides, "counts": [int(one) for one in _numbers(counts)]}))}
        if not isinstance(counts, str):
            raise ValueError("counts")
        return {"rle": {"size": sides, "counts": counts}}
    rings = [_numbers(ring) for ring in value] if isinstance(value, list) else []
    if any(len(ring) < 6 or len(ring) % 2 for ring in rings):
        raise ValueError("ring")
    return {"rings": rings}


def _points(values: object, names: object) -> list[tuple[str, float, float, bool]] | None:
    if not values:
        return None
    numbers = _numbers(values)
    if (
        not isinstance(names, list)
        or 3 * len(names) != len(numbers)
        or not all(isinstance(n, str) and n for n in names)
    ):
        raise _UnnamedError
    found = zip(names, numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    return [(name, x, y, seen > 1) for name, x, y, seen in found if seen > 0] or None
