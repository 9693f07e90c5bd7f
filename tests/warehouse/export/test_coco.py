"""COCO JSON: areas, holes, pixel sizes; what is written is read back as it was."""

import json

import numpy as np
import pyarrow as pa
import pytest
from pycocotools.coco import COCO

from curation.ground.annotate import annotate
from curation.ground.masks import mask_of_rle, rle_of
from curation.ground.read.coco import CocoReader
from flows.annotations import _columns
from schemas.annotated import Annotate
from schemas.grounding import RAW_ANNOTATION
from tests.curation.ground.test_annotate import raw, table
from warehouse.export.coco import coco_of
from warehouse.export.layout import Example, Picture

#: Two halves that touch: together they have a hole, which starts and ends between pixels.
LEFT = [10, 10, 40, 10, 40, 15, 15, 15, 15, 35.5, 40, 35.5, 40, 40.5, 10, 40.5]
RIGHT = [40, 10, 60, 10, 60, 40.5, 40, 40.5, 40, 35.5, 55, 35.5, 55, 15, 40, 15]
OUTLINE = [10.5, 10, 50, 12, 54, 30.25, 12, 34]


def ring_mask():
    y, x = np.mgrid[0:80, 0:100] + 0.5
    far = np.hypot(x - 50, y - 40)
    return ((far < 30) & (far > 12)).astype(np.uint8)


def checked(*rows):
    result = annotate(table(*(raw(number) | one for number, one in enumerate(rows))), config=Annotate())
    assert result.rejected.num_rows == 0, result.rejected.to_pylist()
    return result.kept.to_pylist()


def written(rows, folder):
    examples = (Example("test", n, row, (Picture(row["frame_id"], "a.png", None),), "") for n, row in enumerate(rows))
    whole = coco_of(examples)
    (folder / "c.json").write_text(json.dumps(whole), encoding="utf-8")
    return whole


def read(folder):
    ids = {"frame_id": "c1/i000/f000", "case_id": "c1", "site": "site-1", "layout": "coco"}
    size = {"frame_width_px": 100, "frame_height_px": 80}
    again = [{**_columns(one), **ids, **size} for one in CocoReader(folder / "c.json").read("a.png")]
    again = [{**row, "annotation_id": f"c1/i000/f000/a{number:03d}"} for number, row in enumerate(again)]
    result = annotate(pa.Table.from_pylist(again, schema=RAW_ANNOTATION), config=Annotate())
    assert result.rejected.num_rows == 0, result.rejected.to_pylist()
    return result.kept.to_pylist()


def area_px(row):
    """Give the area that our geometry has found."""
    (area,) = [one for one in row["geometry"] if one["name"] == "area"]
    assert area["unit"] == "px²"
    return area["value"]


def test_areas_are_those_of_the_outline_without_its_holes(tmp_path):
    rows = checked(
        {"rle": rle_of(ring_mask())},
        {"polygon_px": [OUTLINE]},
        {"polygon_px": [LEFT, RIGHT]},
        {"bbox_xyxy_px": [1.0, 2, 5, 9]},
    )
    ring, polygon, holed, box = written(rows, tmp_path)["annotations"]
    assert ring["area"] == ring_mask().sum() == area_px(rows[0])
    assert polygon["area"] == pytest.approx(area_px(rows[1])) and polygon["area"] < 0.9 * 43.5 * 24
    assert holed["area"] == pytest.approx(area_px(rows[2]), rel=0.05)
    assert holed["area"] == mask_of_rle(holed["segmentation"]).sum() < 0.6 * 50 * 30.5
    assert box["area"] == 28


def test_holes_and_exact_rings_come_back(tmp_path):
    rows = checked({"polygon_px": [LEFT, RIGHT]}, {"rle": rle_of(ring_mask())}, {"polygon_px": [OUTLINE]})
    assert [len(row["polygon_px"]) for row in rows] == [2, 2, 1]
    found = written(rows, tmp_path)["annotations"]
    assert ["polygon_px" in one for one in found] == [True, False, False]
    assert read(tmp_path) == rows
    tool = COCO(tmp_path / "c.json")  # the COCO tools see the hole too
    seen = tool.annToMask(tool.loadAnns([found[0]["id"]])[0])
    assert seen[25, 30] == 0 and seen[12, 30] == 1 and seen.sum() == found[0]["area"]


def test_rings_that_the_mask_does_not_show_are_refused(tmp_path):
    whole = written(checked({"polygon_px": [LEFT, RIGHT]}), tmp_path)
    for rings in ([OUTLINE], [[1, 1, 9, 9, 9, 1, 1, 9]], [[1, 1, 2, 2, 3, 3]], [[1, 1, 999, 1, 999, 999]]):
        whole["annotations"][0]["polygon_px"] = rings
        (tmp_path / "c.json").write_text(json.dumps(whole), encoding="utf-8")
        with pytest.raises(AssertionError, match=r"MALFORMED_ANNOTATION|SELF_CROSSING_POLYGON"):
            read(tmp_path)


def test_a_picture_has_a_pixel_size_only_where_all_annotations_agree(tmp_path):
    fine, coarse = ({"px_mm_x": size, "px_mm_y": size} for size in (0.1, 0.3))
    label = {"role": "diagnosis", "name": "benign"}
    rows = checked({"polygon_px": [OUTLINE], **fine}, {"polygon_px": [OUTLINE], **fine}, {**label, **fine})
    whole = written(rows, tmp_path)
    assert whole["images"][0]["px_mm_x"] == 0.1 and "px_mm_x" not in whole["annotations"][0]
    assert read(tmp_path) == rows
    rows = checked(
        {"polygon_px": [OUTLINE], **fine}, {"polygon_px": [OUTLINE], **coarse}, {"bbox_xyxy_px": [1.0, 2, 5, 9]}, label
    )
    whole = written(rows, tmp_path)
    assert "px_mm_x" not in whole["images"][0]
    assert [one.get("px_mm_x") for one in whole["annotations"]] == [0.1, 0.3, None]
    assert read(tmp_path) == rows
