"""Every defect of an annotation has its reason; what is right comes through with its geometry."""

import math

import numpy as np
import pyarrow as pa
import pytest

from curation.ground.annotate import DETAILS, annotate
from curation.ground.masks import rle_of
from curation.ground.words import Words
from schemas.annotated import Annotate, Measured, NewWord
from schemas.case import Language
from schemas.errors import ConfigError
from schemas.grounding import ANNOTATION, RAW_ANNOTATION
from schemas.reject import REJECT, RejectReason
from schemas.rings import mask_of_rings

SQUARE = [10.0, 10, 50, 10, 50, 30, 10, 30]


def raw(number=0, **more):
    row = {
        "annotation_id": f"c1/i000/f000/a{number:03d}",
        "frame_id": "c1/i000/f000",
        "case_id": "c1",
        "site": "site-1",
        "frame_width_px": 100,
        "frame_height_px": 80,
        "role": "object",
        "name": "lesion",
        "layout": "coco",
    }
    return row | more


def table(*rows):
    return pa.Table.from_pylist(list(rows), schema=RAW_ANNOTATION)


def one(config=None, **more):
    result = annotate(table(raw(**more)), config=config or Annotate())
    rejected = result.rejected.to_pylist()
    return (result.kept.to_pylist() or [None])[0], rejected[0]["reason"] if rejected else None


def mask(rows=80, columns=100):
    pixels = np.zeros((rows, columns), np.uint8)
    pixels[10:30, 10:50] = 1
    return pixels


def points(*named):
    return [{"name": name, "x_px": float(x), "y_px": float(y), "visible": True} for name, x, y in named]


@pytest.mark.parametrize(
    ("reason", "more"),
    [
        ("MASK_SIZE_MISMATCH", {"rle": rle_of(mask(80, 101))}),
        ("MASK_SIZE_MISMATCH", {"polygon_px": [SQUARE], "width_px": 99, "height_px": 80}),
        ("EMPTY_MASK", {"rle": rle_of(np.zeros((80, 100), np.uint8))}),
        ("MALFORMED_ANNOTATION", {"rle": {"size": [80, 100], "counts": "04"}}),
        ("UNKNOWN_CATEGORY", {"name": "Mrs Smith", "polygon_px": [SQUARE]}),
        ("UNKNOWN_CATEGORY", {"name": None, "polygon_px": [SQUARE]}),
        ("UNKNOWN_CATEGORY", {"role": "diagnosis", "name": "lesion"}),
        ("SELF_CROSSING_POLYGON", {"polygon_px": [[10.0, 10, 40, 40, 40, 10, 10, 40]]}),
        ("OUTSIDE_IMAGE", {"polygon_px": [[80.0, 10, 120, 10, 120, 30, 80, 30]]}),
        ("OUTSIDE_IMAGE", {"bbox_xyxy_px": [-5.0, 10, 20, 20]}),
        ("OUTSIDE_IMAGE", {"keypoints": points(("apex", 101, 5))}),
        ("UNNAMED_KEYPOINTS", {"keypoints": points(("", 10, 5))}),
        ("UNNAMED_KEYPOINTS", {"keypoints": points(("J. Smith", 10, 5))}),
        ("UNNAMED_KEYPOINTS", {"keypoints": points(("apex", 10, 5), ("apex", 11, 5))}),
        ("PIXEL_SIZE_INCOMPLETE", {"polygon_px": [SQUARE], "px_mm_x": 0.1}),
        ("PIXEL_SIZE_INCOMPLETE", {"role": "diagnosis", "name": "benign", "px_mm_y": 0.1}),
        ("MALFORMED_ANNOTATION", {}),
        ("MALFORMED_ANNOTATION", {"polygon_px": [[1.0, 1, 2, 2]]}),
        ("MALFORMED_ANNOTATION", {"polygon_px": [[1.0, 1, math.nan, 2, 3, 3]]}),
        ("MALFORMED_ANNOTATION", {"bbox_xyxy_px": [20.0, 20, 10, 30]}),
        ("MALFORMED_ANNOTATION", {"bbox_xyxy_px": [20.0, 20, math.inf, 30]}),
        ("DUPLICATE_ANNOTATION_ID", {"defect": "DUPLICATE_ANNOTATION_ID"}),
        ("UNREADABLE_MASK", {"defect": "UNREADABLE_MASK"}),
    ],
)
def test_what_is_wrong_is_rejected_for_its_reason(reason, more):
    kept, found = one(**more)
    assert (kept, found) == (None, reason)
    assert RejectReason(reason) in DETAILS


def test_names_never_leave_and_details_hold_no_content():
    result = annotate(table(raw(name="Mrs Smith", polygon_px=[SQUARE])), config=Annotate())
    assert "Smith" not in str(result.rejected.to_pylist())


def test_a_mask_comes_through_with_rings_box_and_lengths_in_mm():
    kept, _ = one(rle=rle_of(mask()), px_mm_x=0.5, px_mm_y=0.5, name="Tumour")
    assert kept["label"] == "lesion" and kept["bbox_xyxy_px"] == [10, 10, 50, 30]
    assert np.array_equal(mask_of_rings(kept["polygon_px"], 100, 80), mask())
    values = {row["name"]: (row["value"], row["unit"]) for row in kept["geometry"]}
    assert values["area"] == (200.0, "mm²")
    assert values["long_axis"] == (pytest.approx(0.5 * 40 * 4 / math.sqrt(12), rel=0.002), "mm")


def test_without_a_pixel_size_lengths_are_px_and_angles_are_left_out():
    angle = Measured(name="alpha_angle", kind="angle", points=("ilium_upper", "ilium_lower", "labrum"))
    named = points(("ilium_upper", 10, 10), ("ilium_lower", 10, 40), ("labrum", 40, 40))
    config = Annotate(
        measures=(angle, Measured(name="length_by_points", kind="distance", points=("ilium_upper", "labrum")))
    )
    unknown, _ = one(config, polygon_px=[SQUARE], keypoints=named)
    assert {row["unit"] for row in unknown["geometry"]} == {"px", "px²"}
    assert {"alpha_angle"} & {row["name"] for row in unknown["geometry"]} == set()
    known, _ = one(config, keypoints=named, px_mm_x=0.1, px_mm_y=0.2)
    values = {row["name"]: row for row in known["geometry"]}
    assert values["alpha_angle"]["value"] == pytest.approx(90) and values["alpha_angle"]["unit"] == "°"
    assert values["length_by_points"]["value"] == pytest.approx(math.hypot(3, 6))
    assert values["length_by_points"]["source"] == ["ilium_upper", "labrum"]


def test_a_volume_is_of_three_diameters_in_mm():
    ends = ("long_a", "long_b", "short_a", "short_b", "depth_a", "depth_b")
    places = ((10, 10), (50, 10), (10, 20), (10, 40), (60, 20), (90, 20))  # 40, 20 and 30 px
    named = points(*((name, *place) for name, place in zip(ends, places, strict=True)))
    sized, _ = one(keypoints=named, px_mm_x=0.5, px_mm_y=1.0)
    (volume,) = (row for row in sized["geometry"] if row["name"] == "volume")
    assert volume["value"] == pytest.approx(math.pi / 6 * 20 * 20 * 15 / 1000) and volume["unit"] == "ml"
    unsized, _ = one(keypoints=named)
    assert "volume" not in {row["name"] for row in unsized["geometry"]}


def test_clipping_is_by_option_only():
    over = {"polygon_px": [[80.0, 10, 120, 10, 120, 30, 80, 30]]}
    config = Annotate(clip=True)
    assert one(config, **over)[0]["bbox_xyxy_px"] == [80, 10, 100, 30]
    assert one(config, bbox_xyxy_px=[-5.0, 10, 20, 20])[0]["bbox_xyxy_px"] == [0, 10, 20, 20]
    kept, _ = one(config, bbox_xyxy_px=[0.0, 0, 9, 9], keypoints=points(("apex", 101, 5), ("centre", 5, 5)))
    assert [point["name"] for point in kept["keypoints"]] == ["centre"]
    assert one(config, polygon_px=[[110.0, 10, 120, 10, 120, 30]])[1] == "OUTSIDE_IMAGE"


def test_parts_that_overlap_are_joined():
    other = [40.0, 20, 60, 20, 60, 40, 40, 40]
    kept, _ = one(polygon_px=[SQUARE, other])
    area = next(row["value"] for row in kept["geometry"] if row["name"] == "area")
    assert len(kept["polygon_px"]) == 1 and area == 800 + 400 - 100


def test_config_adds_words_and_names():
    config = Annotate(
        words=(NewWord(key="bile_duct", kind="object", en="bile duct", zh="胆管"),),
        labels={"DBP": "bile_duct", "Herd": "lesion"},
    )
    assert one(config, name="dbp", polygon_px=[SQUARE])[0]["label"] == "bile_duct"
    assert one(config, name="HERD", polygon_px=[SQUARE])[0]["label"] == "lesion"
    assert one(config, name="胆管", polygon_px=[SQUARE])[0]["label"] == "bile_duct"


def test_words_that_nobody_knows_stop_the_step():
    length = Measured(name="head_width", kind="distance", points=("long_a", "long_b"))
    with pytest.raises(ConfigError, match="head_width is no word of the vocabulary"):
        one(Annotate(measures=(length,)), polygon_px=[SQUARE])
    word = NewWord(key="head_width", kind="measure", en="width of the head", zh="头宽")
    named = points(("long_a", 10, 10), ("long_b", 40, 50))
    kept, _ = one(Annotate(measures=(length,), words=(word,)), keypoints=named)
    assert [(row["name"], row["value"]) for row in kept["geometry"]] == [("head_width", 50)]
    with pytest.raises(ConfigError, match="bile_duct"):
        Words(Annotate()).say("bile_duct", Language.EN)


def test_no_rows_give_the_declared_schemas():
    result = annotate(RAW_ANNOTATION.empty_table(), config=Annotate())
    assert (result.kept.schema, result.rejected.schema) == (ANNOTATION, REJECT)
