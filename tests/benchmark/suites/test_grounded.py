"""Grounded figures by hand, from all forms in which shapes are written."""

import math

import numpy as np
import pytest
from pycocotools import mask as coco

from benchmark.parse.geometry import shapes_of
from benchmark.records import AnswerRow, Item, Status
from benchmark.suites.grounded import score_block

SIZE = {"width_px": 100, "height_px": 50, "px_mm": 0.5}
BOX = [10, 10, 30, 20]


def figures(task, gold, answer, **more):
    items = [Item("i", task, "d", gold, options=more.pop("options", ()), more={**SIZE, **more})]
    block = score_block(items, [None if answer is None else AnswerRow("i", answer)])
    return {one.name: one.value() for one in block.figures}, block.parsed[0].status


@pytest.mark.parametrize(
    "answer",
    [
        {"objects": [{"label": "lesion", "bbox_xyxy_px": BOX}]},
        '{"objects": [{"label": "lesion", "bbox": [10, 10, 30, 20]}]}',
        '```json\n[{"bbox_2d": [10, 10, 30, 20], "label": "lesion"}]\n```',
        {"ref": ["lesion"], "bbox": [BOX], "bbox_type": "real"},
        {"ref": ["lesion"], "bbox": [[0.1, 0.2, 0.3, 0.4]], "bbox_type": "norm1"},
        "<|object_ref_start|>lesion<|object_ref_end|><|box_start|>(100,200),(300,400)<|box_end|>",
        "The lesion is at [10, 10, 30, 20].",
        "(10, 10), (30, 20)",
        {"bbox": [30, 20, 10, 10]},
    ],
)
def test_boxes_are_read_in_every_form(answer):
    shapes = shapes_of(answer, 100, 50)
    assert [one.box for one in shapes] == [pytest.approx(tuple(BOX))]
    found, status = figures("detection", [{"label": "lesion", "bbox_xyxy_px": BOX}], answer)
    assert status is Status.ANSWERED
    assert found == pytest.approx({"mIoU": 1, "P@0.5": 1, "R@0.5": 1})


def test_detection_by_hand():
    gold = [{"label": "a", "bbox_xyxy_px": [0, 0, 10, 10]}, {"label": "a", "bbox_xyxy_px": [20, 0, 30, 10]}]
    stated = [
        {"label": "a", "bbox": [0, 0, 10, 5]},
        {"label": "a", "bbox": [50, 0, 60, 10]},
        {"label": "b", "bbox": [20, 0, 30, 10]},
    ]
    found, _ = figures("detection", gold, {"objects": stated})
    assert found == pytest.approx({"mIoU": 0.25, "P@0.5": 1 / 3, "R@0.5": 0.5})
    found, status = figures("detection", gold, "I'm sorry, I can't help with that.")
    assert (status, found["P@0.5"]) == (Status.REFUSED, 0)
    assert figures("detection", gold, None)[1] is Status.MISSING
    assert figures("detection", gold, "somewhere")[1] is Status.UNPARSABLE


def test_segmentation_by_hand_from_polygons_and_rle():
    gold = [{"label": "lesion", "polygon_px": [0, 0, 20, 0, 20, 10, 0, 10]}]
    half = {"label": "lesion", "polygon": [[0, 0], [10, 0], [10, 10], [0, 10]]}
    found, _ = figures("segmentation", gold, {"objects": [half]})
    assert found == pytest.approx({"mIoU": 0.5, "Dice": 2 / 3, "P@0.5": 1})
    pixels = np.zeros((50, 100), dtype=np.uint8, order="F")
    pixels[0:10, 0:20] = 1
    rle = coco.encode(pixels)
    coded = {"size": [50, 100], "counts": rle["counts"].decode()}
    assert figures("segmentation", gold, {"objects": [{"label": "lesion", "rle": coded}]})[0]["Dice"] == pytest.approx(
        1
    )
    wrong = {"size": [5, 5], "counts": "zz"}
    assert figures("segmentation", gold, {"objects": [{"label": "lesion", "rle": wrong}]})[0]["Dice"] == 0


def test_keypoints_by_hand():
    points = [
        {"name": "a", "x_px": 10, "y_px": 10, "visible": True},
        {"name": "b", "x_px": 50, "y_px": 10, "visible": True},
    ]
    gold = [{"label": "head", "keypoints": points}]
    stated = {"objects": [{"label": "head", "keypoints": [{"name": "a", "x_px": 13, "y_px": 14}]}]}
    found, _ = figures("keypoint", gold, stated)
    assert found == pytest.approx({"MRE_px": 5, "MRE_mm": 2.5, "SDR_2mm": 0, "stated": 0.5})
    near = {"objects": [{"label": "head", "keypoints": {"a": [10, 12], "b": [50, 10]}}]}
    assert figures("keypoint", gold, near)[0] == pytest.approx({"MRE_px": 1, "MRE_mm": 0.5, "SDR_2mm": 1, "stated": 1})


def test_measurement_and_diagnosis():
    own = {"name": "long axis", "value": 20.0, "unit": "mm"}
    assert figures("measurement", None, "The long axis is 2.1 cm.", measurement_gold=own)[0][
        "relative_error"
    ] == pytest.approx(0.05)
    assert figures("measurement", None, "I cannot tell.", measurement_gold=own)[0]["relative_error"] == 1
    nan = own | {"value": math.nan}
    assert math.isnan(figures("measurement", None, "20 mm", measurement_gold=nan)[0]["relative_error"])
    assert figures("diagnosis", "benign", "It is benign.", options=("benign", "malignant"))[0]["acc"] == 1


@pytest.mark.parametrize(
    "answer",
    [
        '{"answer": "[10, 10, 30, 20]"}',
        '{"lesion": [10, 10, 30, 20]}',
        '{"boxes": [[10, 10, 30, 20]]}',
        '{"answer": "<|box_start|>(100,200),(300,400)<|box_end|>"}',
    ],
)
def test_a_box_within_json_of_any_form_counts(answer):
    assert figures("detection", [{"label": "lesion", "bbox_xyxy_px": BOX}], answer)[0]["mIoU"] == pytest.approx(1)


def test_names_are_compared_without_case():
    outline = {"polygon_px": [0, 0, 20, 0, 20, 10, 0, 10]}
    other = {"polygon_px": [50, 0, 70, 0, 70, 10, 50, 10]}
    gold = [{"label": "lesion", **outline}, {"label": "cyst", **other}]
    stated = {"objects": [{"label": "Lesion", **outline}, {"label": "Cyst ", **other}]}
    assert figures("segmentation", gold, stated)[0]["mIoU"] == pytest.approx(1)
    points = [{"label": "head", "keypoints": {"a": [1, 2], "b": [3, 4]}}]
    assert figures("keypoint", points, {"keypoints": {"A": [1, 2], "B": [3, 4]}})[0]["stated"] == 1


@pytest.mark.parametrize(
    "answer",
    [
        '[{"label": "lesion", "polygon": [[0, 0], [1111111111, 0], [1111111111, 1111111111]]}]',
        '[{"label": "lesion", "polygon": [[0, 0], [1e12, 0], [1e12, 1e12]]}]',
        "[[0, 0, " + "1" * 400 + ", 5]]",
        '{"bbox": [0, 0, ' + "1" * 400 + ", 5]}",
        "[" * 100_000,
        '{"ref": 5, "bbox": [[0, 0, 1, 1]]}',
        '{"ref": {"a": 1}, "bbox": [[0, 0, 1, 1]]}',
    ],
)
@pytest.mark.parametrize("task", ["segmentation", "detection", "keypoint"])
def test_no_answer_stops_the_others(task, answer):
    gold = [{"label": "lesion", "bbox_xyxy_px": BOX, "polygon_px": [0, 0, 20, 0, 20, 10, 0, 10], "keypoints": {}}]
    found, _ = figures(task, gold, answer)
    assert found.get("mIoU", 0) == 0
