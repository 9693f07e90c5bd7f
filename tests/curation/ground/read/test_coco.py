"""COCO files and label tables: what is read, and what is wrong with them."""

import json

import pytest

from curation.ground.masks import mask_of_rle
from curation.ground.read.coco import CocoReader
from curation.ground.read.table import TableReader
from schemas.errors import ConfigError
from schemas.grounding import Role
from schemas.reject import RejectReason

IMAGES = [{"id": 1, "file_name": "a\\b.png", "width": 100, "height": 80, "px_mm_x": 0.1, "px_mm_y": "0.2", "frame": 3}]
CATEGORIES = [{"id": 7, "name": "lesion", "keypoints": ["long_a", "long_b"]}, {"id": 8, "name": "cyst"}]


def coco(tmp_path, *annotations, **more):
    path = tmp_path / "c.json"
    whole = {"images": IMAGES, "categories": CATEGORIES, "annotations": list(annotations)} | more
    path.write_text(json.dumps(whole), encoding="utf-8")
    return CocoReader(path)


def one(tmp_path, **annotation):
    (raw,) = coco(tmp_path, {"id": 1, "image_id": 1, "category_id": 7, **annotation}).read("a/b.png")
    return raw


def test_boxes_polygons_rle_and_keypoints(tmp_path):
    box = one(tmp_path, bbox=[10, 20, 30, 5])
    assert (box.box, box.size_px, box.px_mm, box.frame) == ([10, 20, 40, 25], (100, 80), (0.1, 0.2), 3)
    ring = [1, 1, 9, 1, 9, 9]
    assert one(tmp_path, segmentation=[ring, ring]).rings == [ring, ring]
    for counts in ([6, 1, 18], "61b0"):
        rle = one(tmp_path, segmentation={"size": [5, 5], "counts": counts}).rle
        assert mask_of_rle(rle).sum() == 1
    points = one(tmp_path, keypoints=[1, 2, 2, 3, 4, 1]).points
    assert points == [("long_a", 1, 2, True), ("long_b", 3, 4, False)]
    assert one(tmp_path, keypoints=[1, 2, 2, 0, 0, 0]).points == [("long_a", 1, 2, True)]


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        ({"keypoints": [1, 2, 2]}, RejectReason.UNNAMED_KEYPOINTS),
        ({"category_id": 8, "keypoints": [1, 2, 2]}, RejectReason.UNNAMED_KEYPOINTS),
        ({"keypoints": [1, 2, "x", 1, 2, 2]}, RejectReason.MALFORMED_ANNOTATION),
        ({"bbox": [1, 2, 3]}, RejectReason.MALFORMED_ANNOTATION),
        ({"bbox": "1,2,3,4"}, RejectReason.MALFORMED_ANNOTATION),
        ({"bbox": [1, 2, 3, 1e300]}, RejectReason.MALFORMED_ANNOTATION),
        ({"segmentation": [[1, 2, 3, 4]]}, RejectReason.MALFORMED_ANNOTATION),
        ({"segmentation": {"size": [5, 5], "counts": [1, 2]}}, RejectReason.MALFORMED_ANNOTATION),
        ({"segmentation": {"size": [5, 5], "counts": 3}}, RejectReason.MALFORMED_ANNOTATION),
        ({}, RejectReason.MALFORMED_ANNOTATION),
    ],
)
def test_what_is_wrong_is_a_defect(tmp_path, annotation, reason):
    assert one(tmp_path, **annotation).defect is reason


def test_ids_that_stand_twice_and_pictures_that_are_not_listed(tmp_path):
    box = {"category_id": 7, "bbox": [1, 1, 5, 5]}
    rows = [{"id": 1, "image_id": 1, **box}, {"id": 1, "image_id": 1, **box}, {"id": 2, "image_id": 9, **box}, 5]
    reader = coco(tmp_path, *rows)
    assert [raw.defect for raw in reader.read("a/b.png")] == [RejectReason.DUPLICATE_ANNOTATION_ID] * 2
    assert len(reader.read("")) == 2 and reader.images() == ["", "a/b.png"]


def test_labels_of_pictures(tmp_path):
    (raw,) = coco(tmp_path, image_labels=[{"image_id": 1, "label": "benign"}]).read("a/b.png")
    assert (raw.name, raw.role) == ("benign", Role.DIAGNOSIS)


@pytest.mark.parametrize("text", ["", "[", "[]", "{}", '{"annotations": 3}', "[" * 100_000])
def test_no_coco_file_is_one_line(tmp_path, text):
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(ConfigError, match="COCO|JSON"):
        CocoReader(tmp_path / "c.json")


def test_label_tables(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("datei,klasse,label,x0,y0,x1,y1,px_mm_x\na.png,benign,cyst,1,2,3,4,0.1\nb.png,,cyst,1,2,x,4,\n")
    reader = TableReader(path, {"image": "datei", "diagnosis": "klasse"})
    diagnosis, box = reader.read("a.png")
    assert (diagnosis.name, diagnosis.role, box.name, box.box) == ("benign", Role.DIAGNOSIS, "cyst", [1, 2, 3, 4])
    assert reader.pixel_size("a.png") == (0.1, None) and reader.pixel_size("b.png") == (None, None)
    assert reader.read("b.png")[0].defect is RejectReason.MALFORMED_ANNOTATION
    with pytest.raises(ConfigError, match="no column image"):
        TableReader(path, {})
    with pytest.raises(ConfigError, match="not a readable table"):
        TableReader(tmp_path / "none.csv", {})
