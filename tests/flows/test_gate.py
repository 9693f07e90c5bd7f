"""The last look at grounded pairs: words are read, coordinates are not, and nothing hides between them."""

import pyarrow as pa
import pytest

from flows.gate import LeakGate
from schemas.errors import LeakError
from schemas.grounded_form import in_px
from schemas.released import RELEASED_GROUNDED

PHONE = "13800138000"
#: Side by side these coordinates are the phone number, and the box is the id.
RING = [138.0, 0, 0, 138, 0, 0, 0, 60]
BOX = [20.0, 26, 7, 15]
KNOWN = {"names": ["Wei Zhang"], "physicians": [], "ids": ["2026715"], "phones": [PHONE]}
GATE = LeakGate(
    pa.Table.from_pylist([{"case_id": "c1", "known_phi": {**KNOWN, "dates": [], "addresses": [], "institutions": []}}])
)


def row(answer="The outline of the <ref-object>: <polygon>, box <bbox>.", label="lesion", point="apex", **more):
    keypoints = [{"name": point, "x_px": 138.0, "y_px": 0.0, "visible": True}]
    one = {"label": label, "bbox_xyxy_px": BOX, "polygon_px": [RING], "rle": None, "keypoints": keypoints}
    texts = {"question": "Outline it.", "answer": in_px(answer, [one])}
    forms = {"question_form": "Outline it.", "answer_form": answer}
    return {"case_id": "c1", "shown": [], "objects": [one], **texts, **forms, **more}


def look(one):
    GATE("grounded", pa.Table.from_pylist([one], schema=RELEASED_GROUNDED))


def test_coordinates_that_spell_a_phone_number_or_an_id_are_no_words():
    one = row()
    digits = "".join(char for char in one["answer"] if char.isdigit())
    assert PHONE in digits and "2026715" in digits
    look(one)


@pytest.mark.parametrize(
    "one",
    [
        row(answer=f"Call {PHONE}: <bbox>."),
        row(answer="Call 138 0013 8000: <bbox>."),
        row(answer="It is <bbox> of 2026715."),
        row(label="Wei Zhang"),
        row(answer="<point>", point="Zhang Wei"),
        row(question=f"Call {PHONE}."),  # not what its form says
        row(question_form=f"Call {PHONE}."),
        row(answer=f"The outline: {PHONE} <polygon>"),
        {**row(), "answer": row()["answer"] + f" {PHONE}"},
        {**row(), "objects": []},  # a form that its objects do not fill: read whole
        row(rationale=f"because {PHONE}"),
    ],
)
def test_words_of_grounded_pairs_are_read(one):
    with pytest.raises(LeakError, match="grounded of case c1"):
        look(one)


def test_a_pseudonym_that_happens_to_hold_a_short_id_is_no_leak():
    known = {**KNOWN, "ids": ["E0004"], "dates": [], "addresses": [], "institutions": []}
    gate = LeakGate(pa.Table.from_pylist([{"case_id": "c1", "known_phi": known}]))
    own = {"case_id": "c1", "patient_key": "p0a0e0004a1", "note": "a normal liver"}
    gate("cases", pa.Table.from_pylist([own]))
    with pytest.raises(LeakError, match="cases of case c1"):
        gate("cases", pa.Table.from_pylist([{**own, "note": "E0004: a normal liver"}]))
