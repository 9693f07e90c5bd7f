"""COCO JSON of the annotations of a release: one file per split, which our own reader takes back unchanged.

Masks are RLE as they were; polygons stay polygons. A category has all keypoint names that any of its annotations has.
Labels of whole pictures stand in ``image_labels``, pixel sizes with the pictures: keys of ours that COCO tools ignore.
Source: COCO data format (boxes x, y, width, height; keypoints x, y, v).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from schemas.grounding import Role
from warehouse.export.layout import Call, Example, Layout, readme

#: A split is one file, because categories are known at its end only.
_ONE_PART = 10**9


def coco_of(examples: Iterator[Example]) -> dict[str, list[dict[str, Any]]]:
    """Make the content of a file; pictures, categories and annotations are numbered from 1 in their order."""
    rows = [(example.pictures[0].path, example.pair) for example in examples]
    images: dict[str, dict[str, Any]] = {}
    points: dict[str, list[str]] = {}
    for path, row in rows:
        size = {"width": row["width_px"], "height": row["height_px"]}
        image = images.setdefault(row["frame_id"], {"id": len(images) + 1, "file_name": path, **size})
        if row["px_mm_x"] is not None:
            image |= {"px_mm_x": row["px_mm_x"], "px_mm_y": row["px_mm_y"]}
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
        image_id = images[row["frame_id"]]["id"]
        if row["role"] != Role.OBJECT.value:
            found["image_labels"].append({"image_id": image_id, "label": row["label"]})
            continue
        ids = {"id": len(found["annotations"]) + 1, "image_id": image_id, "category_id": numbers[row["label"]]}
        found["annotations"].append(ids | _annotation(row, points[row["label"]]))
    return found


def _category(number: int, label: str, names: Sequence[str]) -> dict[str, Any]:
    return {"id": number, "name": label, **({"keypoints": list(names), "skeleton": []} if names else {})}


def _annotation(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    made: dict[str, Any] = {"iscrowd": 0}
    if row["rle"] is not None:
        made["segmentation"] = row["rle"]
    elif row["polygon_px"]:
        made["segmentation"] = row["polygon_px"]
    if row["bbox_xyxy_px"] is not None:
        x0, y0, x1, y1 = row["bbox_xyxy_px"]
        made |= {"bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0)}
    found = {point["name"]: point for point in row["keypoints"] or ()}
    if found:
        made["keypoints"] = [value for name in names for value in _point(found.get(name))]
        made["num_keypoints"] = len(found)
    return made


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
