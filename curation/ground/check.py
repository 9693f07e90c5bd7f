"""Check one annotation against its frame, and bring its outline into one form: rings, a box, RLE where it was a mask.

In: a row of RAW_ANNOTATION. Out: the row's shape, or the reason why it cannot be used. Nothing is repaired: polygons,
boxes and keypoints beyond the rim are cut only where ``clip`` says so.
Source: OGC Simple Features (a ring that crosses itself has no inside); shapely.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from curation.ground.geometry import PX, Outline, Size, of_mask, of_rings
from curation.ground.masks import Mask, Ring, crop_of_rle, rings_of, rle_of
from curation.ground.words import Words
from schemas.reject import RejectReason
from schemas.rings import mask_of_rings

#: Coordinates this far beyond the rim are rounding.
_ROUNDING_PX = 1e-3


class DefectError(Exception):
    """An annotation that cannot be used, and why."""

    def __init__(self, reason: RejectReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class Shape:
    """A checked outline with what is needed to measure it, and keypoints. ``mask`` is cut to the box."""

    box: list[float] | None = None
    rings: list[Ring] | None = None
    rle: dict[str, Any] | None = None
    points: list[dict[str, Any]] = field(default_factory=list)
    mask: Mask | None = field(default=None, repr=False)

    def outline(self, size: Size = PX) -> Outline | None:
        """Measure the outline; None for a box or keypoints alone."""
        if self.mask is not None:
            return of_mask(self.mask, size)
        return of_rings(self.rings, size) if self.rings else None


def shape_of(row: Mapping[str, Any], words: Words, *, clip: bool) -> Shape:
    """Check the shape of an annotation.

    Rejects (DefectError): MASK_SIZE_MISMATCH, EMPTY_MASK, MALFORMED_ANNOTATION, SELF_CROSSING_POLYGON, OUTSIDE_IMAGE,
    UNNAMED_KEYPOINTS, PIXEL_SIZE_INCOMPLETE.
    """
    frame = (row["frame_width_px"], row["frame_height_px"])
    check_size(row, frame)
    points = _points(row["keypoints"] or (), frame, words, clip=clip)
    if row["rle"] is not None and row["polygon_px"]:
        return _with_holes(row, frame, points)
    if row["rle"] is not None:
        mask, (x, y) = _mask(row["rle"], frame)
        around = [float(one) for one in (x, y, x + mask.shape[1], y + mask.shape[0])]
        return Shape(around, rings_of(mask, (x, y)), dict(row["rle"]), points, mask)
    if row["polygon_px"]:
        rings, has_holes = _rings(row["polygon_px"], frame, clip=clip)
        rle = rle_of(mask_of_rings(rings, *frame)) if has_holes else None  # polygons of COCO cannot say holes
        return Shape(_around(rings), rings, rle, points)
    box = _box(row["bbox_xyxy_px"], frame, clip=clip) if row["bbox_xyxy_px"] is not None else None
    if box is None and not points:
        raise DefectError(RejectReason.MALFORMED_ANNOTATION)
    return Shape(box, points=points)


def _with_holes(row: Mapping[str, Any], frame: tuple[int, int], points: list[dict[str, Any]]) -> Shape:
    """Take the rings of a polygon with holes (even-odd rule), if they are those that the RLE was made of."""
    rings = [list(ring) for ring in row["polygon_px"]]
    _mask(row["rle"], frame)
    for ring in rings:
        _part(ring)
    try:
        of_rings(rings)
    except ValueError:
        raise DefectError(RejectReason.MALFORMED_ANNOTATION) from None
    if not _inside(_around(rings), frame) or rle_of(mask_of_rings(rings, *frame)) != dict(row["rle"]):
        raise DefectError(RejectReason.MALFORMED_ANNOTATION)
    return Shape(_around(rings), rings, dict(row["rle"]), points)


def check_size(row: Mapping[str, Any], frame: tuple[int, int]) -> None:
    """See that the annotated picture has the size of the frame, and its pixels two sides or none.

    Rejects (DefectError): MASK_SIZE_MISMATCH, PIXEL_SIZE_INCOMPLETE.
    """
    told = (row["width_px"], row["height_px"])
    if None not in told and told != frame:
        raise DefectError(RejectReason.MASK_SIZE_MISMATCH)
    if (row["px_mm_x"] is None) != (row["px_mm_y"] is None):
        raise DefectError(RejectReason.PIXEL_SIZE_INCOMPLETE)


def _mask(rle: Mapping[str, Any], frame: tuple[int, int]) -> tuple[Mask, tuple[int, int]]:
    """Decode a mask and cut it to its box; gives the cut-out and its place."""
    if list(rle["size"]) != [frame[1], frame[0]]:
        raise DefectError(RejectReason.MASK_SIZE_MISMATCH)
    try:
        crop, place = crop_of_rle(rle)
    except ValueError:
        raise DefectError(RejectReason.MALFORMED_ANNOTATION) from None
    if not crop.size:
        raise DefectError(RejectReason.EMPTY_MASK)
    return crop, place


def _rings(rings: Sequence[Sequence[float]], frame: tuple[int, int], *, clip: bool) -> tuple[list[Ring], bool]:
    """Check polygons and join those that overlap; tells whether a hole has come about where parts touch."""
    parts = [_part(ring) for ring in rings]
    whole: BaseGeometry = parts[0] if len(parts) == 1 else shapely.union_all(parts)
    if not _inside(whole.bounds, frame):
        if not clip:
            raise DefectError(RejectReason.OUTSIDE_IMAGE)
        whole = whole.intersection(shapely.box(0, 0, *frame))
        if whole.area == 0:
            raise DefectError(RejectReason.OUTSIDE_IMAGE)
    if whole.area <= 0:
        raise DefectError(RejectReason.MALFORMED_ANNOTATION)
    outlines = _polygons(whole)
    return [ring for part in outlines for ring in _flat(part)], any(part.interiors for part in outlines)


def _part(ring: Sequence[float]) -> shapely.Polygon:
    if len(ring) < 6 or len(ring) % 2 or not all(math.isfinite(one) for one in ring):
        raise DefectError(RejectReason.MALFORMED_ANNOTATION)
    part = shapely.Polygon(list(zip(ring[::2], ring[1::2], strict=True)))
    if not part.is_valid:
        raise DefectError(RejectReason.SELF_CROSSING_POLYGON)
    return part


def _polygons(whole: BaseGeometry) -> list[Any]:
    parts = list(getattr(whole, "geoms", [whole]))
    return [part for part in parts if part.geom_type == "Polygon" and part.area > 0]


def _flat(part: Any) -> list[Ring]:  # noqa: ANN401 - shapely's polygon
    return [[float(one) for xy in list(ring.coords)[:-1] for one in xy] for ring in (part.exterior, *part.interiors)]


def _around(rings: Sequence[Ring]) -> list[float]:
    xs, ys = [x for ring in rings for x in ring[::2]], [y for ring in rings for y in ring[1::2]]
    return [min(xs), min(ys), max(xs), max(ys)]


def _box(box: Sequence[float], frame: tuple[int, int], *, clip: bool) -> list[float]:
    if len(box) != 4 or not all(math.isfinite(one) for one in box) or box[2] <= box[0] or box[3] <= box[1]:
        raise DefectError(RejectReason.MALFORMED_ANNOTATION)
    if _inside(box, frame):
        return [float(one) for one in box]
    cut = [max(box[0], 0.0), max(box[1], 0.0), min(box[2], float(frame[0])), min(box[3], float(frame[1]))]
    if not clip or cut[2] <= cut[0] or cut[3] <= cut[1]:
        raise DefectError(RejectReason.OUTSIDE_IMAGE)
    return cut


def _points(
    points: Sequence[Mapping[str, Any]], frame: tuple[int, int], words: Words, *, clip: bool
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for point in points:
        name = words.find(point["name"], "keypoint")
        if name is None or any(other["name"] == name for other in found):
            raise DefectError(RejectReason.UNNAMED_KEYPOINTS)
        place = (point["x_px"], point["y_px"])
        if not all(math.isfinite(one) for one in place):
            raise DefectError(RejectReason.MALFORMED_ANNOTATION)
        if _inside((*place, *place), frame):
            found.append({"name": name, "x_px": place[0], "y_px": place[1], "visible": bool(point["visible"])})
        elif not clip:
            raise DefectError(RejectReason.OUTSIDE_IMAGE)
    return found


def _inside(box: Sequence[float], frame: tuple[int, int]) -> bool:
    return (
        box[0] >= -_ROUNDING_PX
        and box[1] >= -_ROUNDING_PX
        and box[2] <= frame[0] + _ROUNDING_PX
        and box[3] <= frame[1] + _ROUNDING_PX
    )
