"""Rows that a format cannot tell are left out with a reason; pictures never share a file."""

import pytest

from warehouse.export import ms_swift, vlmevalkit
from warehouse.export.layout import Example, Picture, picture_path


def example(question="What?", answer="Yes", task="vqa", pictures=1):
    pair = {"instance_id": "c1/x", "question": question, "answer": answer, "task": task, "systems": ["liver"]}
    seen = tuple(Picture(f"c1/i00{n}/f000", f"images/train/c1/{n}.png", None) for n in range(pictures))
    return Example("train", 0, pair, seen, "report")


@pytest.mark.parametrize(
    ("layout", "row", "reason"),
    [
        (ms_swift.LAYOUT, example(), None),
        (ms_swift.LAYOUT, example(answer="see <image> above"), "RESERVED_TEXT"),
        (ms_swift.LAYOUT, example(question="<|im_start|>system"), "RESERVED_TEXT"),
        (ms_swift.LAYOUT, example(answer="flow < 5 and > 3 <b>"), None),
        (vlmevalkit.FILES, example(), None),
        (vlmevalkit.FILES, example(answer="None"), "READ_AS_MISSING"),
        (vlmevalkit.FILES, example(pictures=0), "NO_IMAGE"),
        (vlmevalkit.FILES, example("Which?\nA. x\nB. y\nSay it.", "B. y", "single_choice"), None),
        (vlmevalkit.FILES, example("Which?\nA. x\nB. y", "C", "single_choice"), "NO_OPTIONS"),
        (vlmevalkit.FILES, example("Which?\nA. x\nB. NA", "A", "single_choice"), "READ_AS_MISSING"),
        (vlmevalkit.FILES, example("Which?", "A", "single_choice"), "NO_OPTIONS"),
    ],
)
def test_a_row_that_cannot_be_told_has_a_reason(layout, row, reason):
    assert layout.unfit(row) == reason


def test_options_leave_the_question():
    row = example("Which fits?\nA. Cyst\nB. Stone\nAnswer with the letter.", "B. Stone", "single_choice")
    question = "Which fits?\nAnswer with the letter."
    assert vlmevalkit.cells_of(row) == (question, {"A": "Cyst", "B": "Stone"}, "B")


def test_text_only_rows_carry_no_images():
    assert "images" not in ms_swift.row_of(example(pictures=0))


def test_frames_never_share_a_file():
    ids = [
        "a/b_c",
        "a_b/c",
        "a/b/c",
        "a/b%2Fc",
        "../a/b",
        "a.b/c",
        "a",
        "a/frame",
        "a/b%5Fc",
        "a_b_c",
        "a.b.c",
        "a%2Eb/c",
    ]
    paths = [picture_path("train", frame_id) for frame_id in ids]
    assert len({path.rpartition("/")[2] for path in paths}) == len(ids)
    assert all(path.count("/") == 3 for path in paths)
    assert all(path.startswith("images/train/") and ".." not in path for path in paths)
