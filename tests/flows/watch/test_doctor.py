"""What a doctor finds: annotations that are not there, and frames to judge that no endpoint can see."""

import json

from flows.watch.doctor import examine
from tests.flows.grounded.conftest import coco
from tests.flows.releases.conftest import hospital  # noqa: F401 - a fixture

EXTRA = """
[rate]
frames = "all"
[[annotations]]
layout = "coco"
path = "coco.json"
[[annotations]]
layout = "masks"
path = "no-masks"
label = "liver"
[[endpoints]]
name = "blind"
base_url = "http://127.0.0.1:9/v1"
model = "m"
"""


def test_annotations_and_endpoints_that_see_are_looked_at(hospital):  # noqa: F811
    (hospital.folder / "coco.json").write_text(json.dumps(coco(hospital)), encoding="utf-8")
    hospital.set("[release]", EXTRA + "[release]")
    found = {finding.what: finding for finding in examine(hospital.config)}
    assert found["annotations 1 (coco)"].trouble is None
    assert found["annotations 1 (coco)"].found.startswith("25 pictures")  # 24, and one that is not there
    assert "is no folder" in found["annotations 2 (masks)"].trouble
    assert 'rate.frames is "all", but no endpoint sees' in found["quality of frames"].trouble
    hospital.set("[[endpoints]]", '[[endpoints]]\ncapabilities = ["text", "vision"]')
    found = {finding.what: finding for finding in examine(hospital.config)}
    assert found["quality of frames"].line() == "ok  quality of frames: judged by blind"
