"""Grounded data: annotated objects of frames, the pairs made of them, and how good a frame is.

Boxes are xyxy px, half-open. Polygons are rings of x, y in turn, in px with (0, 0) at the corner of the first pixel;
a ring inside a ring is a hole (even-odd rule). RLE is COCO's compressed form. Keypoints are px, pixel centres at .5.
Source: UMind-DS (records of pixel-level annotations); COCO data format; Ultrasound-QBench (levels of quality).
"""

from enum import StrEnum

import pyarrow as pa


class GroundedTask(StrEnum):
    """What a grounded pair asks for."""

    SEGMENTATION = "segmentation"
    DETECTION = "detection"
    REFERRING = "referring"
    KEYPOINT = "keypoint"
    MEASUREMENT = "measurement"
    DIAGNOSIS = "diagnosis"


class Role(StrEnum):
    """What an annotation is: an object in the picture, or a label of the whole picture."""

    OBJECT = "object"
    DIAGNOSIS = "diagnosis"


RLE = pa.struct([("size", pa.list_(pa.int32())), ("counts", pa.string())])
POINT = pa.struct([("name", pa.string()), ("x_px", pa.float64()), ("y_px", pa.float64()), ("visible", pa.bool_())])
RINGS = pa.list_(pa.list_(pa.float64()))
#: One computed number. ``source`` names the keypoints, or the outline.
MEASURE = pa.struct(
    [("name", pa.string()), ("value", pa.float64()), ("unit", pa.string()), ("source", pa.list_(pa.string()))]
)
OBJECT = pa.struct(
    [
        ("label", pa.string()),
        ("bbox_xyxy_px", pa.list_(pa.float64())),
        ("polygon_px", RINGS),
        ("rle", RLE),
        ("keypoints", pa.list_(POINT)),
    ]
)

#: One annotation as a reader gives it, beside the frame it belongs to. In memory only: ``name`` is the hospital's.
RAW_ANNOTATION = pa.schema(
    [
        pa.field("annotation_id", pa.string(), False, {"comment": "frame_id/aNNN, by its place among the frame's"}),
        pa.field("frame_id", pa.string(), False, {"comment": "published frame"}),
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("frame_width_px", pa.int32(), False, {"comment": "columns of the published frame"}),
        pa.field("frame_height_px", pa.int32(), False, {"comment": "rows"}),
        pa.field("role", pa.string(), False, {"comment": "object or diagnosis"}),
        pa.field("name", pa.string(), True, {"comment": "category as the source names it"}),
        pa.field("width_px", pa.int32(), True, {"comment": "columns of the picture that was annotated, where told"}),
        pa.field("height_px", pa.int32(), True, {"comment": "rows of it"}),
        pa.field("bbox_xyxy_px", pa.list_(pa.float64()), True, {"comment": "box"}),
        pa.field("polygon_px", RINGS, True, {"comment": "rings"}),
        pa.field("rle", RLE, True, {"comment": "mask"}),
        pa.field("keypoints", pa.list_(POINT), True, {"comment": "keypoints; a nameless one is a defect"}),
        pa.field("px_mm_x", pa.float64(), True, {"comment": "width of a pixel in mm"}),
        pa.field("px_mm_y", pa.float64(), True, {"comment": "height of a pixel in mm"}),
        pa.field("layout", pa.string(), False, {"comment": "reader: coco, masks, labels, busi, …"}),
        pa.field("defect", pa.string(), True, {"comment": "RejectReason found while reading, or null"}),
    ]
)

#: One checked annotation with its geometry. Table `annotations`.
ANNOTATION = pa.schema(
    [
        pa.field("annotation_id", pa.string(), False, {"comment": "frame_id/aNNN"}),
        pa.field("frame_id", pa.string(), False, {"comment": "published frame"}),
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("role", pa.string(), False, {"comment": "object or diagnosis"}),
        pa.field("label", pa.string(), False, {"comment": "word of the vocabulary or of ground.labels"}),
        pa.field("width_px", pa.int32(), False, {"comment": "columns of the frame"}),
        pa.field("height_px", pa.int32(), False, {"comment": "rows of the frame"}),
        pa.field("bbox_xyxy_px", pa.list_(pa.float64()), True, {"comment": "x0, y0, x1, y1 half-open"}),
        pa.field("polygon_px", RINGS, True, {"comment": "rings x, y, …; a ring inside a ring is a hole"}),
        pa.field("rle", RLE, True, {"comment": "COCO RLE; null where the source is a polygon"}),
        pa.field("keypoints", pa.list_(POINT), True, {"comment": "named points"}),
        pa.field("px_mm_x", pa.float64(), True, {"comment": "width of a pixel in mm; null: unknown"}),
        pa.field("px_mm_y", pa.float64(), True, {"comment": "height of a pixel in mm; null: unknown"}),
        pa.field("geometry", pa.list_(MEASURE), False, {"comment": "computed from outline and keypoints, px or mm"}),
        pa.field("layout", pa.string(), False, {"comment": "reader that it came through"}),
    ]
)

#: What makes grounded pairs: the annotations of one frame, in order. ``objects`` are rows of `annotations`.
GROUND_INPUT = pa.schema(
    [
        ("frame_id", pa.string()),
        ("case_id", pa.string()),
        ("site", pa.string()),
        ("systems", pa.list_(pa.string())),
        ("language", pa.string()),
        ("annotations", pa.list_(pa.struct(list(ANNOTATION)))),
    ]
)

#: Objects of a pair hold what its answer says: ``polygon_px`` is the outline as it is answered, with few corners; where
#: it was simplified, or the source was a mask, ``rle`` is exact.

#: Table `grounded_pairs`: one row per pair, made of computed values alone
#: (``rationale`` apart). ``…_form`` is the text with <ref-object>, <bbox>, <polygon> and <point> instead of values,
#: each kind in the order of ``objects`` (of ``shown`` in the question).
GROUNDED_PAIR = pa.schema(
    [
        pa.field("instance_id", pa.string(), False, {"comment": "frame_id/task-NN"}),
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("systems", pa.list_(pa.string()), False, {"comment": "anatomical systems of the case"}),
        pa.field("language", pa.string(), False, {"comment": "en or zh"}),
        pa.field(
            "task",
            pa.string(),
            False,
            {"comment": "segmentation, detection, referring, keypoint, …"},
        ),
        pa.field("frame_ids", pa.list_(pa.string()), False, {"comment": "the one frame, in component images"}),
        pa.field("width_px", pa.int32(), False, {"comment": "columns of the frame"}),
        pa.field("height_px", pa.int32(), False, {"comment": "rows of the frame"}),
        pa.field("px_mm_x", pa.float64(), True, {"comment": "width of a pixel in mm; null: unknown"}),
        pa.field("px_mm_y", pa.float64(), True, {"comment": "height of a pixel in mm; null: unknown"}),
        pa.field("question", pa.string(), False, {"comment": "instruction, coordinates in px of the frame"}),
        pa.field("answer", pa.string(), False, {"comment": "answer, coordinates in px of the frame"}),
        pa.field("question_form", pa.string(), False, {"comment": "instruction with placeholders"}),
        pa.field("answer_form", pa.string(), False, {"comment": "answer with placeholders"}),
        pa.field("shown", pa.list_(OBJECT), False, {"comment": "objects that the question points at"}),
        pa.field("objects", pa.list_(OBJECT), False, {"comment": "gold objects; empty: nothing is there"}),
        pa.field("absent", pa.bool_(), False, {"comment": "asks for an object that is not in the frame"}),
        pa.field("measurement", MEASURE, True, {"comment": "gold of measurement"}),
        pa.field("diagnosis", pa.string(), True, {"comment": "gold of diagnosis"}),
        pa.field("rationale", pa.string(), True, {"comment": "why, its numbers equal to the geometry"}),
        pa.field("rationale_source", pa.string(), True, {"comment": "model that wrote the rationale"}),
        pa.field("rationale_endpoint", pa.string(), True, {"comment": "endpoint that answered"}),
        pa.field("request_key", pa.string(), True, {"comment": "ledger key of the rationale's request"}),
        pa.field("tier", pa.string(), False, {"comment": "demo, research or production"}),
    ]
)

#: Table `frame_quality`: how good a model finds a published frame.
FRAME_QUALITY = pa.schema(
    [
        pa.field("frame_id", pa.string(), False, {"comment": "published frame"}),
        pa.field("case_id", pa.string(), False, {"comment": "parent case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("level", pa.string(), True, {"comment": "high, medium, low; null: no usable answer"}),
        pa.field("failure", pa.string(), True, {"comment": "why there is no level"}),
        pa.field("endpoint", pa.string(), True, {"comment": "endpoint that judged"}),
        pa.field("model", pa.string(), True, {"comment": "its model"}),
        pa.field("request_key", pa.string(), True, {"comment": "ledger key of the request"}),
    ]
)

#: Levels of picture quality, best first. Source: Ultrasound-QBench (high, medium, low).
QUALITY_LEVELS = ("high", "medium", "low")
