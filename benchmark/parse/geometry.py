"""Boxes, polygons, masks and keypoints that an answer states.

In: an answer as text or JSON, the size of the picture. Out: shapes in px, xyxy. Read are our own records, ms-swift
(``bbox``, ``bbox_type`` real or norm1), bbox_2d lists, and Qwen2-VL's tokens (0 to 1000).
Source: UMind-DS records; ms-swift ``objects``; Qwen2-VL grounding tokens.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmark.parse.clean import clean, json_values

Box = tuple[float, float, float, float]
_BOX_KEYS = ("bbox_xyxy_px", "bbox_2d", "bbox", "box", "bounding_box", "xyxy")
_POLYGON_KEYS = ("polygon_px", "polygon", "segmentation", "points")
#: No coordinate of a picture lies so far out, in px.
_FARTHEST = 1e9
_TOKENS = re.compile(
    r"(?:<\|object_ref_start\|>(?P<ref>.*?)<\|object_ref_end\|>\s*)?<\|box_start\|>\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)\s*,\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)\s*<\|box_end\|>"
)
_FOUR = re.compile(
    r"[\[(]\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*(?:\)\s*,\s*\(|,)\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*[\])]"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """One object that an answer or a gold record states."""

    label: str
    box: Box | None = None
    polygons: tuple[tuple[float, ...], ...] = ()
    rle: Mapping[str, Any] | None = field(default=None, repr=False)
    points: Mapping[str, tuple[float, float]] = field(default_factory=dict, repr=False)


def shapes_of(value: Any, width_px: int, height_px: int) -> list[Shape]:  # noqa: ANN401 - text or JSON
    """Read the shapes of an answer."""
    if isinstance(value, str):
        tokens = [_of_tokens(found, width_px, height_px) for found in _TOKENS.finditer(value)]
        if tokens:
            return tokens
        text = clean(value)
        found = [shape for part in json_values(text) for shape in _of_json(part, width_px, height_px)]
        boxes = (_box([float(one) for one in four.groups()], 1.0, 1.0) for four in _FOUR.finditer(text))
        return found or [Shape("", box) for box in boxes if box]
    return list(_of_json(value, width_px, height_px))


def _of_tokens(found: re.Match[str], width_px: int, height_px: int) -> Shape:
    corners = [float(one) for one in found.groups()[1:]]
    return Shape((found["ref"] or "").strip(), _box(corners, width_px / 1000, height_px / 1000))


def _of_json(value: Any, width_px: int, height_px: int, kind: str = "real") -> Iterator[Shape]:  # noqa: ANN401
    if isinstance(value, list):
        if len(value) == 4 and all(isinstance(one, int | float) for one in value):
            x, y = _scale(kind, width_px, height_px)
            yield Shape("", _box(value, x, y))
            return
        for one in value:
            yield from _of_json(one, width_px, height_px, kind)
    elif isinstance(value, Mapping):
        kind = str(value.get("bbox_type") or kind)
        inner = value.get("objects", value.get("answer"))
        if isinstance(inner, list | Mapping):
            yield from _of_json(inner, width_px, height_px, kind)
        elif isinstance(value.get("bbox"), list) and value["bbox"] and isinstance(value["bbox"][0], list):
            yield from _many(value, _scale(kind, width_px, height_px))
        else:
            yield from _one(value, _scale(kind, width_px, height_px))


def _many(value: Mapping[str, Any], scale: tuple[float, float]) -> Iterator[Shape]:
    """Read ms-swift's parallel lists of names and boxes."""
    names = value["ref"] if isinstance(value.get("ref"), list) else []
    for place, box in enumerate(value["bbox"]):
        yield Shape(str(names[place]) if place < len(names) else "", _box(box, *scale))


def _one(value: Mapping[str, Any], scale: tuple[float, float]) -> Iterator[Shape]:
    box = next((_box(value[key], *scale) for key in _BOX_KEYS if isinstance(value.get(key), list)), None)
    polygons = next((_polygons(value[key], scale) for key in _POLYGON_KEYS if isinstance(value.get(key), list)), ())
    rle = value.get("rle") or (value.get("segmentation") if isinstance(value.get("segmentation"), Mapping) else None)
    points = dict(_points(value.get("keypoints"), scale))
    if box or polygons or rle or points:
        yield Shape(str(value.get("label") or value.get("ref") or value.get("name") or ""), box, polygons, rle, points)
    elif {"x_px", "y_px"} <= value.keys() or {"x", "y"} <= value.keys():
        yield Shape("", points=dict(_points([value], scale)))


def _points(value: Any, scale: tuple[float, float]) -> Iterator[tuple[str, tuple[float, float]]]:  # noqa: ANN401
    if isinstance(value, Mapping):
        value = [
            {"name": name, "x": xy[0], "y": xy[1]} for name, xy in value.items() if isinstance(xy, list) and len(xy) > 1
        ]
    for one in value if isinstance(value, list) else []:
        if isinstance(one, Mapping) and one.get("visible", True):
            x, y = _number(one.get("x_px", one.get("x"))), _number(one.get("y_px", one.get("y")))
            if x is not None and y is not None:
                yield str(one.get("name") or ""), (x * scale[0], y * scale[1])


def _polygons(value: list[Any], scale: tuple[float, float]) -> tuple[tuple[float, ...], ...]:
    """Read one polygon or several, flat or as pairs."""
    if value and all(isinstance(one, int | float) for one in value):
        value = [value]
    elif value and all(
        isinstance(one, list) and len(one) == 2 and all(isinstance(x, int | float) for x in one) for one in value
    ):
        value = [[x for pair in value for x in pair]]
    found = []
    for one in value:
        flat = (
            [x for pair in one for x in (pair if isinstance(pair, list) else [pair])] if isinstance(one, list) else []
        )
        numbers = [_number(x) for x in flat]
        if len(numbers) >= 6 and len(numbers) % 2 == 0 and None not in numbers:
            found.append(tuple(x * scale[place % 2] for place, x in enumerate(x for x in numbers if x is not None)))
    return tuple(found)


def _box(value: Any, x: float, y: float) -> Box | None:  # noqa: ANN401
    numbers = [_number(one) for one in value] if isinstance(value, list) else []
    held = [one for one in numbers if one is not None]
    if len(numbers) != 4 or len(held) != 4:
        return None
    left, top, right, bottom = held[0] * x, held[1] * y, held[2] * x, held[3] * y
    return (min(left, right), min(top, bottom), max(left, right), max(top, bottom))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _FARTHEST:
        return None
    return float(value)


def _scale(kind: str, width_px: int, height_px: int) -> tuple[float, float]:
    return {"norm1": (float(width_px), float(height_px)), "norm1000": (width_px / 1000, height_px / 1000)}.get(
        kind, (1.0, 1.0)
    )


def as_json(value: Any) -> Any:  # noqa: ANN401
    """Read a cell that holds JSON as text."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
