"""Texts of grounded pairs with places for objects, boxes, outlines and points, and how these are written.

In: a form such as ``The <ref-object> is at <bbox>.`` and objects (rows of OBJECT). Out: a text. Every kind of place is
filled in the order of the objects; objects that have nothing of the kind are passed over.
Source: ms-swift (<ref-object>, <bbox>); Qwen2-VL (0 to 1000 of each side); <polygon> and <point> are ours: JSON.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

REF, BBOX, POLYGON, POINT = "<ref-object>", "<bbox>", "<polygon>", "<point>"
PLACES = re.compile("|".join((REF, BBOX, POLYGON, POINT)))
Object = Mapping[str, Any]
Scale = Callable[[Sequence[float]], list[int]]
Write = Callable[[str, Any], str]


def fill(form: str, objects: Sequence[Object], write: Write) -> str:
    """Fill a form; ``write(kind, value)`` writes a label, a box, an (label, rings), or a point.

    Raises: ValueError where a place has no value left.
    """
    if "<" not in form:
        return form
    values: dict[str, Iterator[Any]] = {}

    def one(match: re.Match[str]) -> str:
        kind = match[0]
        if kind not in values:
            values[kind] = _VALUES[kind](objects)
        try:
            return write(kind, next(values[kind]))
        except StopIteration:
            raise ValueError("a form has more places than its objects fill") from None

    return PLACES.sub(one, form)


def in_px(form: str, objects: Sequence[Object]) -> str:
    """Fill a form with whole px: boxes ``[x0, y0, x1, y1]``, outlines and points as JSON."""
    return fill(form, objects, _plain(lambda values: [round(value) for value in values]))


def in_thousandths(width_px: int, height_px: int) -> Scale:
    """Give coordinates as thousandths of the sides (Qwen2-VL)."""
    sides = (width_px, height_px)
    return lambda values: [min(1000, max(0, round(1000 * v / sides[i % 2]))) for i, v in enumerate(values)]


def _plain(scale: Scale) -> Write:
    def write(kind: str, value: Any) -> str:  # noqa: ANN401 - a value of any kind
        return str(value) if kind == REF else json_of(kind, value, scale)

    return write


def json_of(kind: str, value: Any, scale: Scale) -> str:  # noqa: ANN401
    """Write a box, an outline or a point as JSON."""
    if kind == BBOX:
        return json.dumps(scale(value))
    if kind == POLYGON:
        label, rings = value
        return json.dumps({"label": label, "polygon": [scale(ring) for ring in rings]}, ensure_ascii=False)
    x, y = scale((value["x_px"], value["y_px"]))
    return json.dumps({"name": value["name"], "x": x, "y": y}, ensure_ascii=False)


def _labels(objects: Sequence[Object]) -> Iterator[str]:
    return (one["label"] for one in objects)


def _boxes(objects: Sequence[Object]) -> Iterator[Sequence[float]]:
    return (one["bbox_xyxy_px"] for one in objects if one["bbox_xyxy_px"] is not None)


def _outlines(objects: Sequence[Object]) -> Iterator[tuple[str, Sequence[Sequence[float]]]]:
    return ((one["label"], one["polygon_px"]) for one in objects if one["polygon_px"])


def _points(objects: Sequence[Object]) -> Iterator[Mapping[str, Any]]:
    return (point for one in objects for point in one["keypoints"] or () if point["visible"])


_VALUES: Mapping[str, Callable[[Sequence[Object]], Iterator[Any]]] = {
    REF: _labels,
    BBOX: _boxes,
    POLYGON: _outlines,
    POINT: _points,
}
