"""Pairs of annotated frames: what is asked, that every number is computed, and what rationales may say."""

import json
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.parse.geometry import shapes_of
from curation.generate.request import Answer, Failure
from curation.ground.annotate import annotate
from curation.ground.ground import Asking, ground
from curation.ground.masks import mask_of_rle, rle_of
from curation.ground.pairs import written
from schemas.annotated import Annotate, Ground
from schemas.grounded_form import PLACES, in_px
from schemas.grounding import GROUND_INPUT, GROUNDED_PAIR
from schemas.instruction import Tier
from schemas.reject import REJECT, RejectReason
from schemas.rings import mask_of_rings
from tests.curation.ground.test_annotate import points, raw, table
from tests.curation.ground.test_geometry import ellipse_mask

NAMES = Annotate()
GOOD = "The lesion is {long} long and {short} wide, with a dark interior, which fits the category."


def oval(place=(0.0, 0.0)):
    mask = np.zeros((80, 100), np.uint8)
    small = ellipse_mask(40, 24, 0.3, place)
    mask[5 : 5 + small.shape[0], 20 : 20 + small.shape[1]] = small
    return mask


def frame(*annotations, frame_id="c1/i000/f000", language="en", systems=("breast",)):
    rows = [raw(number, frame_id=frame_id, px_mm_x=0.2, px_mm_y=0.2) | one for number, one in enumerate(annotations)]
    for number, row in enumerate(rows):
        row["annotation_id"] = f"{frame_id}/a{number:03d}"
    checked = annotate(table(*rows), config=NAMES)
    assert checked.rejected.num_rows == 0, checked.rejected.to_pylist()
    ids = {"frame_id": frame_id, "case_id": "c1", "site": "site-1"}
    return ids | {"systems": list(systems), "language": language, "annotations": checked.kept.to_pylist()}


def frames(*rows):
    return pa.Table.from_pylist(list(rows), schema=GROUND_INPUT)


LESION = {"rle": rle_of(oval())}
#: A keypoint that is not seen: nothing can be asked about it.
HIDDEN = {"keypoints": [{"name": "apex", "x_px": 5.0, "y_px": 5.0, "visible": False}]}
MALIGNANT = {"role": "diagnosis", "name": "malignant"}


def pairs(*annotations, config=None, **more):
    result = ground(frames(frame(*annotations, **more)), config=config or Ground(), names=NAMES)
    found = {}
    for row in result.kept.to_pylist():
        found.setdefault(row["task"], []).append(row)
    return found


def test_a_frame_gives_pairs_of_every_task():
    ends = points(("long_a", 20, 20), ("long_b", 60, 30))
    found = pairs(LESION, MALIGNANT, {"name": "nodule", "bbox_xyxy_px": [2.0, 60, 12, 70], "keypoints": ends})
    assert set(found) == {"segmentation", "detection", "referring", "keypoint", "measurement", "diagnosis"}
    (detection,) = found["detection"]
    assert [one["label"] for one in detection["objects"]] == ["lesion", "thyroid nodule"]
    assert [shape.box for shape in shapes_of(detection["answer"], 100, 80)] == [
        tuple(map(round, one["bbox_xyxy_px"])) for one in detection["objects"]
    ]
    (outline,) = found["segmentation"]
    mask = mask_of_rle(outline["objects"][0]["rle"])
    assert np.array_equal(mask, oval())
    said = mask_of_rings(outline["objects"][0]["polygon_px"], 100, 80)
    assert (said & mask).sum() / (said | mask).sum() > 0.93
    assert json.loads(re.search(r"\{.*\}", outline["answer"])[0])["label"] == "lesion"
    (keypoint,) = found["keypoint"]
    assert [point["x_px"] for point in keypoint["objects"][0]["keypoints"]] == [20, 60]
    assert found["diagnosis"][0]["diagnosis"] == "malignant" and found["diagnosis"][0]["rationale"] is None
    for row in (row for rows in found.values() for row in rows):
        assert row["question"] == in_px(row["question_form"], row["shown"])
        assert row["answer"] == in_px(row["answer_form"], row["objects"])
        assert not PLACES.search(row["question"] + row["answer"]) and "{" not in row["question"]


def test_measurements_are_those_of_the_geometry_with_their_unit():
    found = pairs(LESION, config=Ground(measures_per_frame=100))["measurement"]
    geometry = {one["name"]: one for one in frame(LESION)["annotations"][0]["geometry"]}
    assert {row["measurement"]["name"] for row in found} == {"long_axis", "short_axis", "area", "perimeter"}
    for row in found:
        own = row["measurement"]
        assert own == geometry[own["name"]]
        said = float(re.search(r"(\d+(?:\.\d+)?) mm", row["answer"])[1])
        assert said == pytest.approx(own["value"], abs=0.05)
    assert "measurement" not in pairs({**LESION, "px_mm_x": None, "px_mm_y": None})  # nobody knows how large a pixel is
    assert "measurement" not in pairs(LESION, {"bbox_xyxy_px": [1.0, 1, 9, 9]})  # which lesion?
    head = pairs({**LESION, "name": "fetal head"}, config=Ground(measures_per_frame=9), systems=("obstetrics",))
    assert "circumference" in {row["measurement"]["name"] for row in head["measurement"]}


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (23.44, "mm", "23.4 mm"),
        (123.4, "mm²", "123 mm²"),
        (99.96, "mm", "100.0 mm"),
        (0.04, "mm", "0.04 mm"),
        (1.51, "mm", "1.5 mm"),
        (1.54, "mm", "1.54 mm"),
        (0.254, "mm", "0.254 mm"),
        (3.26, "mm", "3.26 mm"),
        (0.0, "mm", "0.0 mm"),
        (0.55, "°", "0.55°"),
    ],
)
def test_a_value_is_written_within_one_percent(value, unit, said):
    assert written({"value": value, "unit": unit}) == said


@given(st.floats(1e-6, 1e5))
def test_no_written_value_is_off_by_more_than_one_percent(value):
    assert float(written({"value": value, "unit": "mm"}).split()[0]) == pytest.approx(value, rel=0.01)


def test_tiny_objects_have_sizes():
    small = pairs({**LESION, "px_mm_x": 0.001, "px_mm_y": 0.001}, config=Ground(measures_per_frame=9))["measurement"]
    assert len(small) == 4
    for row in small:
        said = float(re.search(r"(\d+(?:\.\d+)?) mm", row["answer"])[1])
        assert said == pytest.approx(row["measurement"]["value"], rel=0.01) and said > 0


def test_absent_objects_are_those_of_other_parts_of_the_body():
    for number in range(30):
        found = pairs(LESION, frame_id=f"c1/i000/f{number:03d}", config=Ground(absent=3))["referring"]
        absent = [row for row in found if row["absent"]]
        assert len(absent) == 3
        for row in absent:
            assert row["objects"] == [] and re.search(r"\bno\b", row["answer"], re.I)
            assert not re.search("lesion|nodule in the breast", row["question"])
    assert not any(row["absent"] for row in pairs(LESION, systems=("msk",))["referring"])
    assert not any(row["absent"] for row in pairs(LESION, systems=())["referring"])
    (normal,) = pairs({"role": "diagnosis", "name": "normal"}, systems=("lung",))["referring"]
    assert normal["absent"] and "lesion" in normal["question"]


#: What may be in a frame of a system, and what surely is not.
MAY_SHOW = {
    "obstetrics": "left ventricle;right atrium;liver;kidney;bladder;fetal head;uterus;gallbladder",
    "gynaecology": "left ventricle;fetal head;prostate;kidney",  # early pregnancies; who is registered as a man
    "heart": "fetal head;liver;uterus;breast lesion",  # fetal hearts; the subcostal and the parasternal window
    "kidney": "left atrium;fetal abdomen;prostate;bladder;uterus",
    "liver": "right atrium;fetal head;uterus;kidney",
    "breast": "left ventricle",
    "thyroid": "thyroid nodule",
}
SURELY_NOT = {
    "obstetrics": "thyroid nodule;breast lesion;prostate",
    "gynaecology": "thyroid nodule;breast lesion",
    "heart": "thyroid nodule;prostate",
    "kidney": "thyroid nodule;breast lesion",
    "liver": "thyroid nodule;breast lesion;prostate",
    "breast": "thyroid nodule;kidney;fetal head;prostate;liver;uterus",
    "thyroid": "left ventricle;liver;uterus;breast lesion",
}


@pytest.mark.parametrize("system", MAY_SHOW)
def test_nothing_is_absent_that_a_frame_of_the_system_may_show(system):
    found = pairs(HIDDEN, {"role": "diagnosis", "name": "benign"}, systems=(system,), config=Ground(absent=10))
    said = " ".join(row["answer"] for row in found["referring"] if row["absent"])
    for number in range(40):  # absent objects are drawn: look at many
        more = pairs(LESION, frame_id=f"c1/i000/f{number:03d}", systems=(system,), config=Ground(absent=10))
        said += " ".join(row["answer"] for row in more["referring"] if row["absent"])
    assert [name for name in MAY_SHOW[system].split(";") if name in said] == []
    assert [name for name in SURELY_NOT[system].split(";") if name not in said] == []


def test_two_systems_of_a_case_may_both_be_shown():
    found = pairs(LESION, systems=("thyroid", "obstetrics"), config=Ground(absent=10))["referring"]
    said = {row["answer"] for row in found if row["absent"]}
    assert len(said) == 2 and not any("thyroid" in text or "ventricle" in text for text in said)


def test_both_languages():
    found = pairs(LESION, MALIGNANT, language="zh")
    assert all(row["language"] == "zh" for rows in found.values() for row in rows)
    assert "病灶" in found["referring"][0]["question"] and found["detection"][0]["objects"][0]["label"] == "病灶"
    assert pairs(LESION, language=None)["detection"][0]["language"] == "en"
    assert pairs(LESION, config=Ground(language="zh"))["detection"][0]["language"] == "zh"


def test_wordings_change_with_the_id_and_nothing_else():
    asked = {pairs(LESION, frame_id=f"c1/i000/f{n:03d}")["detection"][0]["question"] for n in range(40)}
    assert len(asked) >= 6
    assert pairs(LESION) == pairs(LESION)


def test_a_region_is_asked_about_only_where_no_other_overlaps_it():
    over = {"name": "cyst", "bbox_xyxy_px": [20.0, 10, 60, 40]}
    assert not any("[" in row["question"] for row in pairs(LESION, over)["referring"])
    assert sum("[" in row["question"] for row in pairs(LESION)["referring"]) == 1


class Writer:
    """A pool that writes what it is told, from what it was shown."""

    def __init__(self, text, tier=Tier.RESEARCH):
        self.text, self.tier, self.asked = text, tier, []

    def ask(self, requests):
        self.asked += requests
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        if isinstance(self.text, RejectReason):
            return Failure(self.text, "x")
        shown = request.messages[-1].content
        shown = shown if isinstance(shown, str) else shown[-1]
        sizes = re.findall(r"(?:long|short) axis (\d+\.\d+ mm)", shown)
        text = self.text.format(long=sizes[0], short=sizes[1]) if "{" in self.text else self.text
        return Answer(request.key, text, "e", "m", self.tier, "stop")


def explained(text, **more):
    pool = Writer(text, **more)
    asking = Asking(pool, {"c1/i000/f000": b"png"})
    result = ground(frames(frame(LESION, MALIGNANT)), config=Ground(), names=NAMES, asking=asking)
    (row,) = [row for row in result.kept.to_pylist() if row["task"] == "diagnosis"] or [None]
    reasons = [row["reason"] for row in result.rejected.to_pylist()]
    return row, reasons, pool


def test_a_rationale_is_kept_with_its_author():
    row, reasons, pool = explained(GOOD)
    assert reasons == [] and row["rationale"] in row["answer"] and row["rationale"] in row["answer_form"]
    assert (row["rationale_source"], row["rationale_endpoint"]) == ("m", "e")
    (request,) = pool.asked
    assert request.key == row["request_key"] and request.pictures[0].encoded == b"png" and request.blind_ok
    assert "c1" not in str(request.messages) and "malignant" in str(request.messages[-1].content)
    assert explained(GOOD, tier=Tier.DEMO)[0]["tier"] == "demo"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The lesion is 99.9 mm long, which fits.", "UNSUPPORTED_NUMBER"),
        ("The lesion is {short} long and {long} wide, which fits.", "UNSUPPORTED_NUMBER"),
        ("The lesion is {long} long and 3 times as long as wide.", "UNSUPPORTED_NUMBER"),
        ("It is BI-RADS 5, as {long} shows.", "UNSUPPORTED_NUMBER"),
        ("The lesion is about twenty millimetres long.", "UNSUPPORTED_NUMBER"),
        ("As the report says, the lesion is {long} long.", "NAMES_SOURCE"),
        ("病灶长径较大，支持该类别。", "WRONG_LANGUAGE"),
        ("The lesion is {long} long; it is clearly benign.", "CONTRADICTED_NATURE"),
        ("   ", "EMPTY_ANSWER"),
        (RejectReason.ENDPOINT_FAILED, "ENDPOINT_FAILED"),
    ],
)
def test_a_rationale_that_says_what_nobody_computed_takes_its_pair_with_it(text, reason):
    row, reasons, _ = explained(text)
    assert (row, reasons) == (None, [reason])


def test_without_a_pool_or_by_choice_nobody_is_asked():
    pool = Writer(GOOD)
    config = Ground(rationales=False)
    ground(frames(frame(LESION, MALIGNANT)), config=config, names=NAMES, asking=Asking(pool))
    ground(frames(frame(MALIGNANT)), config=Ground(), names=NAMES, asking=Asking(pool))  # nothing to cite
    assert pool.asked == []


def test_no_rows_and_frames_without_any_pair():
    result = ground(GROUND_INPUT.empty_table(), config=Ground(), names=NAMES)
    assert (result.kept.schema, result.rejected.schema) == (GROUNDED_PAIR, REJECT)
    result = ground(frames(frame(HIDDEN, systems=())), config=Ground(), names=NAMES)
    assert [(row["id"], row["reason"]) for row in result.rejected.to_pylist()] == [
        ("c1/i000/f000/none", "NO_GROUNDED_PAIR")
    ]
