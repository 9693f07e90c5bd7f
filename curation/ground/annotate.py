"""Annotate (STEP): annotations as they were read become checked objects with computed geometry.

In: ``RAW_ANNOTATION``. Out: ``ANNOTATION`` and rejects of unit annotation. Names become words of the vocabulary here:
what an annotation tool calls an object goes no further.
Source: UMind-DS: measurements are computed from masks and keypoints with the pixel size, never written by a model.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from curation.ground.check import DefectError, Shape, check_size, shape_of
from curation.ground.geometry import (
    PX,
    Size,
    UnknownPixelSizeError,
    angle_deg,
    distance,
    ellipsoid_volume_ml,
    in_mm,
    measure,
)
from curation.ground.words import Words
from curation.step import StepResult, reject, rejects_of, table_of
from schemas.annotated import Annotate, Measured
from schemas.grounding import ANNOTATION, Role
from schemas.reject import RejectReason, Unit

STAGE = "annotate"
DETAILS = {
    RejectReason.ANNOTATED_IMAGE_MISSING: "its picture is not among the published frames",
    RejectReason.ANNOTATION_GONE: "its picture, or what was annotated in it, has left the export since the plan",
    RejectReason.MALFORMED_ANNOTATION: "box, polygon, mask or keypoints are missing, not finite or without area",
    RejectReason.DUPLICATE_ANNOTATION_ID: "another annotation of the file has the same id; all of them are rejected",
    RejectReason.UNREADABLE_MASK: "the mask file could not be decoded",
    RejectReason.MASK_SIZE_MISMATCH: "the annotated picture has another size than the frame",
    RejectReason.EMPTY_MASK: "no pixel of the mask is set",
    RejectReason.UNKNOWN_CATEGORY: "the category is no word of the vocabulary: map it in annotate.labels",
    RejectReason.SELF_CROSSING_POLYGON: "the polygon crosses or touches itself",
    RejectReason.OUTSIDE_IMAGE: "it lies beyond the rim of the frame (annotate.clip cuts it there)",
    RejectReason.UNNAMED_KEYPOINTS: "a keypoint has no name, or none of the vocabulary: map it in annotate.labels",
    RejectReason.PIXEL_SIZE_INCOMPLETE: "the size of a pixel is told in one direction only",
}


def annotate(annotations: pa.Table, *, config: Annotate) -> StepResult:
    """Check annotations and compute their geometry.

    Rejects: every reason of ``DETAILS``.
    """
    words = Words(config)
    kept: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    for row in annotations.to_pylist():
        try:
            kept.append(_checked(row, words, config))
        except DefectError as error:
            rejected.append(rejected_row(row, error.reason))
    return StepResult(table_of(kept, ANNOTATION), rejects_of(rejected))


def rejected_row(row: Mapping[str, Any], reason: RejectReason) -> dict[str, Any]:
    """Build the reject row of an annotation."""
    ids = (row["annotation_id"], row["site"])
    return reject(STAGE, Unit.ANNOTATION, *ids, reason, parent_id=row["case_id"], detail=DETAILS[reason])


def _checked(row: Mapping[str, Any], words: Words, config: Annotate) -> dict[str, Any]:
    if row["defect"] is not None:
        raise DefectError(RejectReason(row["defect"]))
    role = Role(row["role"])
    label = words.find(row["name"], role.value)
    if label is None:
        raise DefectError(RejectReason.UNKNOWN_CATEGORY)
    size = (row["px_mm_x"], row["px_mm_y"])
    if role is Role.DIAGNOSIS:
        check_size(row, (row["frame_width_px"], row["frame_height_px"]))
        shape, geometry = Shape(), []
    else:
        shape = shape_of(row, words, clip=config.clip)
        geometry = geometry_of(shape, size, config.measures)
    return {
        **{name: row[name] for name in ("annotation_id", "frame_id", "case_id", "site", "layout")},
        "role": role.value,
        "label": label,
        "width_px": row["frame_width_px"],
        "height_px": row["frame_height_px"],
        "bbox_xyxy_px": shape.box,
        "polygon_px": shape.rings,
        "rle": shape.rle,
        "keypoints": shape.points,
        "px_mm_x": size[0],
        "px_mm_y": size[1],
        "geometry": geometry,
    }


def geometry_of(
    shape: Shape, px_mm: tuple[float | None, float | None], measures: Sequence[Measured]
) -> list[dict[str, Any]]:
    """Compute all measures of a shape: in mm where the size of a pixel is known, else in px.

    Angles and volumes are left out where it is not: pixels may then not be square.
    """
    try:
        size, unit = in_mm(px_mm), "mm"
    except UnknownPixelSizeError:
        size, unit = PX, "px"
    found = []
    if outline := shape.outline(size):
        found = [
            measure("long_axis", outline.long_axis, unit, ["outline"]),
            measure("short_axis", outline.short_axis, unit, ["outline"]),
            measure("area", outline.area, f"{unit}²", ["outline"]),
            measure("perimeter", outline.perimeter, unit, ["outline"]),
            measure("circumference", outline.circumference, unit, ["outline"]),
        ]
    places = {point["name"]: (point["x_px"], point["y_px"]) for point in shape.points}
    for one in measures:
        if all(name in places for name in one.points):
            found += _by_points(one, places, size, unit)
    return found


def _by_points(one: Measured, places: Mapping[str, tuple[float, float]], size: Size, unit: str) -> list[dict[str, Any]]:
    points = [places[name] for name in one.points]
    if one.kind == "distance":
        return [measure(one.name, distance(points[0], points[1], size), unit, one.points)]
    if unit != "mm":
        return []
    if one.kind == "volume":
        across = [distance(points[at], points[at + 1], size) for at in (0, 2, 4)]
        return [measure(one.name, ellipsoid_volume_ml(across[0], across[1], across[2]), "ml", one.points)]
    try:
        return [measure(one.name, angle_deg(points, size), "°", one.points)]
    except ValueError:
        return []
