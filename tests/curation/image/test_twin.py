"""Which text is recorded of a frame, and frames without their values."""

import pyarrow as pa
import pytest

from curation.image.decision import Decision
from curation.image.desensitize import value_text
from curation.image.rules import load_rules
from curation.image.twin import REGION_COLUMNS, decode_png, twin_frames
from schemas.case import IMAGE
from schemas.config import Desensitize
from schemas.region import RegionAction, RegionKind, TextRegion
from schemas.review import REVIEWED
from tests.curation.image.fakes import MemoryImage, ScriptedOcr, speckle
from tests.curation.image.test_desensitize import NAME, VALUE, rows, run

MARGIN_PX = Desensitize().margin_px
LABEL, SPLIT_VALUE = TextRegion((20, 340, 60, 360), "CBD", 0.99), TextRegion((160, 340, 220, 360), "5.1mm", 0.99)
LANDMARK = TextRegion((300, 200, 400, 220), "LIVER LONG", 0.99)
SETTING = TextRegion((20, 400, 100, 420), "FR 45Hz", 0.99)
BARE_LABEL = TextRegion((500, 400, 600, 420), "Alpha Angle", 0.99)
TEXTS = [NAME, VALUE, LABEL, SPLIT_VALUE, LANDMARK, SETTING, BARE_LABEL]
VALUES = [VALUE, LABEL, SPLIT_VALUE]


@pytest.fixture(scope="module")
def masked():
    return run(rows("case/i000"), ScriptedOcr(TEXTS), {"case/i000": MemoryImage([speckle()])})


def test_only_measurements_with_their_value_are_recorded(masked):
    regions = {tuple(row["box_px"]): row for row in masked.byproducts["text_regions"].to_pylist()}
    found = {box: row["value_text"] for box, row in regions.items() if row["value_text"] is not None}
    assert found == {region.box_px: region.text for region in VALUES}
    kept = {box for box, row in regions.items() if row["action"] == "keep"}
    assert {LANDMARK.box_px, SETTING.box_px, BARE_LABEL.box_px} <= kept


@pytest.mark.parametrize("action", RegionAction)
@pytest.mark.parametrize("kind", RegionKind)
@pytest.mark.parametrize("rule", [*(rule.name for rule in load_rules()), "identity", "default_deny", REVIEWED])
def test_no_text_of_masked_regions_other_kinds_or_rules_without_value_is_recorded(rule, kind, action):
    valued = {"category", "measurement", "value", "duration"}
    wanted = action is RegionAction.KEEP and kind is RegionKind.MEASUREMENT and rule in valued
    assert (value_text(Decision(VALUE, kind, action, rule)) is not None) is wanted


def test_a_twin_differs_in_its_measurements_alone_and_shows_nothing_there(masked):
    regions = masked.byproducts["text_regions"].select(list(REGION_COLUMNS))
    twins = twin_frames(masked.kept, regions, margin_px=MARGIN_PX)
    assert twins.schema == IMAGE
    [before], [after] = masked.kept.to_pylist(), twins.to_pylist()
    assert after["frame_id"] == before["frame_id"] + "/v" == "case/i000/f000/v"
    assert after["image"]["path"] == "case-i000-f000-v.png"
    changed = {"frame_id", "sha256", "image"}
    assert {name for name in before if before[name] != after[name]} == changed
    old, new = decode_png(before["image"]["bytes"]), decode_png(after["image"]["bytes"])
    differs = (old != new).any(axis=2)
    for x0, y0, x1, y1 in (region.box_px for region in VALUES):
        assert (new[y0:y1, x0:x1] == 0).all()
        assert differs[y0:y1, x0:x1].any()
        differs[y0 - MARGIN_PX : y1 + MARGIN_PX, x0 - MARGIN_PX : x1 + MARGIN_PX] = False
    assert not differs.any()


def test_a_twin_keeps_other_text_whole_and_hides_what_a_reviewer_unmasked(masked):
    [row] = masked.kept.to_pylist()
    own = {"frame_id": row["frame_id"], "action": "keep", "rule": "measurement", "value_text": None}
    below = (400, 320, 480, 340)  # touches VALUE
    regions = [
        {**own, "box_px": list(VALUE.box_px), "value_text": VALUE.text},
        {**own, "box_px": list(below), "rule": "landmark"},
        {**own, "box_px": list(SETTING.box_px), "rule": REVIEWED},
    ]
    table = pa.Table.from_pylist(regions)
    [twin] = twin_frames(masked.kept, table, margin_px=MARGIN_PX).to_pylist()
    old, new = decode_png(row["image"]["bytes"]), decode_png(twin["image"]["bytes"])
    assert (new[322:338, 400:480] == old[322:338, 400:480]).all()
    assert (new[400:420, 20:100] == 0).all()
    assert (new[300:320, 400:480] == 0).all()
