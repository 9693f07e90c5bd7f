"""Drawn lesions and their annotations, as an annotation tool would export them.

In: frames of the sample hospital. Out: frames with a dark oval in the scan; below ``OUT_DIR/annotations`` a COCO file
(``coco.json``), a folder of masks (``masks/``), and a table of diagnoses and pixel sizes (``labels.csv``); some of them
wrong on purpose. The truth is known exactly: it is what was drawn.
"""

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
from PIL import Image

from flows.sample.canvas import Pixels
from flows.sample.console import Box, Item, Screen
from schemas.reject import RejectReason

FOLDER = "annotations"
#: Width and height of a pixel in mm, as the sample's DICOM regions say (0.025 cm).
PIXEL_MM = 0.25
STILLS = frozenset({".png", ".jpg", ".bmp", ".tif"})
_CORNERS = 48
_TRIES, _GAP_PX = 40, 6
_LABELS = {"breast": "breast mass", "thyroid": "nodule", "gynaecology": "fibroid"}


@dataclass(frozen=True, slots=True)
class Lesion:
    """A drawn oval: centre, half axes and angle of the long one, in px; what it is called; whether it is malignant."""

    centre: tuple[float, float]
    half_px: tuple[float, float]
    angle: float
    label: str
    diagnosis: str

    def outline(self) -> list[float]:
        """Give its border as a ring."""
        steps = (2 * math.pi * number / _CORNERS for number in range(_CORNERS))
        return [value for step in steps for value in self.at(math.cos(step), math.sin(step))]

    def at(self, along: float, across: float) -> tuple[float, float]:
        """Give the point so many half axes from the centre."""
        u, v = along * self.half_px[0], across * self.half_px[1]
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return (self.centre[0] + u * cos - v * sin, self.centre[1] + u * sin + v * cos)

    def mask(self, rows: int, columns: int) -> Pixels:
        """Draw it as uint8[rows, columns] of 0 and 255: pixels whose centre lies inside."""
        y, x = np.mgrid[0:rows, 0:columns] + 0.5
        x, y = x - self.centre[0], y - self.centre[1]
        u = (x * math.cos(self.angle) + y * math.sin(self.angle)) / self.half_px[0]
        v = (y * math.cos(self.angle) - x * math.sin(self.angle)) / self.half_px[1]
        return np.where(u * u + v * v <= 1, 255, 0).astype(np.uint8)


def draw(frames: Pixels, screen: Screen, items: Sequence[Item], system: str, rng: Random) -> Lesion | None:
    """Draw a lesion into frames uint8[N, H, W, 3] (in place), where the scan is bright and no text stands."""
    if not screen.scan_boxes:
        return None
    x0, y0, x1, y1 = screen.scan_boxes[0]
    side = min(x1 - x0, y1 - y0)
    for _ in range(_TRIES):
        half = (side * rng.uniform(0.09, 0.15), side * rng.uniform(0.05, 0.085))
        reach = half[0] + _GAP_PX
        centre = (rng.uniform(x0 + reach, x1 - reach), rng.uniform(y0 + reach, y1 - reach))
        box = (*(int(c - reach) for c in centre), *(int(c + reach) for c in centre))
        if any(_meets(box, item.box) for item in items) or frames[0, box[1] : box[3], box[0] : box[2]].mean() < 30:
            continue
        malignant = rng.random() < 0.5
        angle = rng.uniform(math.pi / 3, 2 * math.pi / 3) if malignant else rng.uniform(-0.4, 0.4)
        name = "malignant" if malignant else "benign"
        lesion = Lesion(centre, half, angle, _LABELS.get(system, "lesion"), name)
        shade = cv2.GaussianBlur(lesion.mask(*frames.shape[1:3]).astype(np.float32) / 255, (0, 0), 1.2)
        frames[:] = (frames * (1 - 0.75 * shade[None, :, :, None])).astype(np.uint8)
        return lesion
    return None


def _meets(a: Sequence[int], b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def write(folder: Path, drawn: Sequence[tuple[str, tuple[int, int], Lesion]]) -> list[dict[str, Any]]:
    """Write the annotations of pictures (path, width and height, lesion); gives what is expected to be rejected.

    Pictures go to the COCO file and to the folder of masks in turn; every picture has a row in the table.
    """
    (folder / "masks").mkdir(parents=True)
    coco: dict[str, list[dict[str, Any]]] = {"images": [], "annotations": [], "image_labels": []}
    rows, expected = [], []
    for number, (path, size, lesion) in enumerate(drawn):
        told = {"image": path, "diagnosis": lesion.diagnosis}
        is_still = Path(path).suffix.lower() in STILLS
        rows.append({**told, "px_mm": PIXEL_MM if is_still else ""})
        if number % 2:
            place = folder / "masks" / f"{path}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(lesion.mask(size[1], size[0])).save(place)
        else:
            _add(coco, number, path, size, lesion)
    expected += _plant(coco)
    names = sorted({lesion.label for _, _, lesion in drawn} | {"lesion"})
    points = ["long_a", "long_b"]
    categories = [{"id": 1 + place, "name": name, "keypoints": points} for place, name in enumerate(names)]
    numbers = {row["name"]: row["id"] for row in categories}
    for row in coco["annotations"]:
        row["category_id"] = numbers.get(row.pop("name"), 999)
    text = json.dumps({**coco, "categories": categories}, ensure_ascii=False, indent=1)
    (folder / "coco.json").write_text(text + "\n", encoding="utf-8")
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ("image", "diagnosis", "px_mm"))
        writer.writeheader()
        writer.writerows(rows)
    return expected


def _add(coco: dict[str, list[dict[str, Any]]], number: int, path: str, size: tuple[int, int], lesion: Lesion) -> None:
    coco["images"].append({"id": number, "file_name": path, "width": size[0], "height": size[1]})
    ends = [value for along in (-1, 1) for value in (*lesion.at(along, 0), 2)]
    outline = {"segmentation": [[round(one, 3) for one in lesion.outline()]], "keypoints": ends}
    coco["annotations"].append({"id": number, "image_id": number, "name": lesion.label, **outline})


def _plant(coco: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Add annotations that must be rejected, each for its own reason."""
    if not coco["images"]:
        return []
    image = coco["images"][0]
    width, height, key = image["width"], image["height"], image["id"]
    cross = [10, 10, 40, 40, 40, 10, 10, 40]
    wrong: list[tuple[RejectReason, dict[str, Any]]] = [
        (RejectReason.SELF_CROSSING_POLYGON, {"name": "lesion", "segmentation": [cross]}),
        (RejectReason.OUTSIDE_IMAGE, {"name": "lesion", "bbox": [width - 20, 10, 60, 30]}),
        (RejectReason.UNKNOWN_CATEGORY, {"name": "no such thing", "bbox": [5, 5, 30, 30]}),
        (RejectReason.EMPTY_MASK, {"name": "lesion", "segmentation": _nothing(width, height)}),
        (RejectReason.MASK_SIZE_MISMATCH, {"name": "lesion", "segmentation": _nothing(width + 1, height)}),
        (RejectReason.UNNAMED_KEYPOINTS, {"name": "lesion", "keypoints": [5, 5, 2]}),
        (RejectReason.DUPLICATE_ANNOTATION_ID, {"id": "twice", "name": "lesion", "bbox": [5, 5, 30, 30]}),
        (RejectReason.DUPLICATE_ANNOTATION_ID, {"id": "twice", "name": "lesion", "bbox": [6, 6, 30, 30]}),
        (RejectReason.ANNOTATED_IMAGE_MISSING, {"name": "lesion", "image_id": "gone", "bbox": [5, 5, 30, 30]}),
    ]
    for number, (_, row) in enumerate(wrong):
        coco["annotations"].append({"id": f"wrong-{number}", "image_id": key, **row})
    return [{"reject": "annotation", "expect": reason.value} for reason, _ in wrong]


def _nothing(width: int, height: int) -> dict[str, Any]:
    return {"size": [height, width], "counts": [width * height]}
