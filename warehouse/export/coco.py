"""COCO JSON of the annotations of a release: one file per split, which our own reader takes back unchanged.

Masks are RLE as they were; polygons stay polygons. COCO's polygons cannot say holes: such annotations are RLE, with
their exact rings beside it as ``polygon_px``. A category has all keypoint names that any of its annotations has. Labels
of whole pictures stand in ``image_labels``, pixel sizes with the pictures, or with each annotation where those of a
picture do not agree: keys of ours that COCO tools ignore.
Source: COCO data format (boxes x, y, width, height; area in px², that of the box where there is no outline; keypoints
x, y, v).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, BinaryIO

from pycocotools import mask as coco

from schemas.grounding import Role
from warehouse.export.layout import Call, Example, Layout, readme

#: A split is one file, because categories are known at its end only.
_ONE_PART = 10**9


def coco_of(examples: Iterator[Example]) -> dict[str, list[dict[str, Any]]]:
    """Make the content of a file; pictures, categories and annotations are numbered from 1 in their order."""
    rows = [(example.pictures[0].path, example.pair) for example in examples]
    images: dict[str, dict[str, Any]] = {}
    points: dict[str, list[str]] = {}
    agreed = _agreed(row for _, row in rows)
    for path, row in rows:
        size = {"width": row["width_px"], "height": row["height_px"]}
        image = images.setdefault(row["frame_id"], {"id": len(images) + 1, "file_name": path, **size})
        if row["frame_id"] in agreed:
            image |= _pixel_size(row)
        if row["role"] == Role.OBJECT.value:
            names = points.setdefault(row["label"], [])
            names += [point["name"] for point in row["keypoints"] or () if point["name"] not in names]
    categories = [_category(number, label, points[label]) for number, label in enumerate(sorted(points), 1)]
    numbers = {one["name"]: one["id"] for one in categories}
    found: dict[str, list[dict[str, Any]]] = {
        "images": list(images.values()),
        "categories": categories,
        "annotations": [],
        "image_labels": [],
    }
    for _, row in rows:
        own = {"image_id": images[row["frame_id"]]["id"], **({} if row["frame_id"] in agreed else _pixel_size(row))}
        if row["role"] != Role.OBJECT.value:
            found["image_labels"].append({**own, "label": row["label"]})
            continue
        ids = {"id": len(found["annotations"]) + 1, **own, "category_id": numbers[row["label"]]}
        found["annotations"].append(ids | _annotation(row, points[row["label"]]))
    return found


def _agreed(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """List the frames whose annotations all have the same pixel size: a picture of two regions has two."""
    told: dict[str, set[tuple[float | None, float | None]]] = {}
    for row in rows:
        told.setdefault(row["frame_id"], set()).add((row["px_mm_x"], row["px_mm_y"]))
    return {frame_id for frame_id, sizes in told.items() if len(sizes) == 1}


def _pixel_size(row: Mapping[str, Any]) -> dict[str, float]:
    return {name: row[name] for name in ("px_mm_x", "px_mm_y") if row[name] is not None}


def _category(number: int, label: str, names: Sequence[str]) -> dict[str, Any]:
    return {"id": number, "name": label, **({"keypoints": list(names), "skeleton": []} if names else {})}


def _annotation(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    made: dict[str, Any] = {"iscrowd": 0}
    if row["bbox_xyxy_px"] is not None:
        x0, y0, x1, y1 = row["bbox_xyxy_px"]
        made |= {"bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0)}
    if row["rle"] is not None:
        made |= {"segmentation": row["rle"], "area": _pixels(row["rle"])}
        if not _along_pixels(row["polygon_px"] or ()):
            made["polygon_px"] = row["polygon_px"]
    elif row["polygon_px"]:
        made |= {"segmentation": row["polygon_px"], "area": sum(map(_ring_area, row["polygon_px"]))}
    found = {point["name"]: point for point in row["keypoints"] or ()}
    if found:
        made["keypoints"] = [value for name in names for value in _point(found.get(name))]
        made["num_keypoints"] = len(found)
    return made


def _pixels(rle: Mapping[str, Any]) -> int:
    """Count the pixels that RLE sets."""
    return int(coco.area({"size": rle["size"], "counts": rle["counts"].encode("ascii")}))


def _ring_area(ring: Sequence[float]) -> float:
    """Give the area of a ring in px² (shoelace formula); rings of one annotation without RLE do not overlap."""
    points = list(zip(ring[::2], ring[1::2], strict=True))
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise([*points, points[0]]))) / 2


def _along_pixels(rings: Sequence[Sequence[float]]) -> bool:
    """Tell whether rings run along the edges of pixels, as those of a mask do."""
    for ring in rings:
        points = list(zip(ring[::2], ring[1::2], strict=True))
        if any(value != int(value) for value in ring):
            return False
        if any(a[0] != b[0] and a[1] != b[1] for a, b in pairwise([*points, points[0]])):
            return False
    return True


def _point(point: Mapping[str, Any] | None) -> tuple[float, float, int]:
    return (0, 0, 0) if point is None else (point["x_px"], point["y_px"], 2 if point["visible"] else 1)


def _write(stream: BinaryIO, batches: Iterator[list[Example]], _call: Call) -> None:
    found = coco_of(example for batch in batches for example in batch)
    stream.write(json.dumps(found, ensure_ascii=False).encode() + b"\n")


def _extras(call: Call, _splits: Sequence[str]) -> dict[str, str]:
    return {"README.md": readme(call, ["Annotations as COCO JSON; paths are relative to this folder."])}


LAYOUT = Layout(
    rows_per_part=_ONE_PART,
    file=lambda _call, split, _part, _parts: f"{split}.json",
    write=_write,
    extras=_extras,
    component="annotations",
)
