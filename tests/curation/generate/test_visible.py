"""What can be read off the screen, as a value table, and the twins of such pairs."""

import pytest

from curation.generate.visible import is_visible
from tests.curation.generate.test_generate import EN, ROWS, reports, row, run

SHOWN = ["1 L 23.1 mm", "W", "1.50 cm"]


@pytest.mark.parametrize(
    ("answer", "shown", "visible"),
    [
        ("2.31 cm", ["1 L 23.1 mm"], True),
        ("23.1mm", ["Dist 2.31 cm"], True),
        ("23.1 mm", ["2.310cm"], True),
        ("23 mm", ["2.31 cm"], True),  # rounded by whoever wrote the report
        ("23.1 mm", ["2.3 cm"], False),  # the screen does not say so much
        ("24 mm", ["2.31 cm"], False),
        ("2 cm", ["1.8 cm"], False),  # one digit is compared exactly
        ("2 cm", ["20 mm"], True),
        ("23.1 cm", ["23.1 mm"], False),
        ("2.31 cm", ["2.31", "cm"], True),  # value and unit in two boxes
        ("RI 0.65", ["RI 0.65"], True),
        ("阻力指数0.65", ["RI", "0.65"], True),
        ("RI .65", ["RI 0.650"], True),
        ("RI 0.65", ["RI 0.66"], False),
        ("22w3d", ["GA 22w3d"], True),
        ("22周3天", ["GA 22w3d"], True),
        ("22+3周", ["22w3d"], True),
        ("22 weeks 3 days", ["22周+3"], True),
        ("22w4d", ["GA 22w3d"], False),
        ("22 mm", ["GA 22w3d"], False),
        ("62%", ["EF(Teich) 62 %"], True),
        ("射血分数62％", ["EF 62%"], True),
        ("62%", ["EF 0.62"], False),
        ("0.7 m/s", ["PSV 70 cm/s"], True),
        ("82次/分", ["HR 82bpm"], True),
        ("1,8 cm", ["18 mm"], True),
        ("BI-RADS 4A", ["BI-RADS: 4a"], True),
        ("BI-RADS 4A类，大小约18mm", ["BI-RADS 4A"], False),
        ("18 x 15 mm", ["D1 1.80 cm", "D2 1.5 cm"], True),
        ("18 x 15 mm", ["D1 1.80 cm"], False),
        ("A cyst of 18 mm in segment 6 at 3 o'clock.", ["1.8 cm"], True),  # 6 and 3 measure nothing
        ("segment 6", ["6 mm"], False),
        ("1 cm", ["1 L 2.31 cm", "1"], False),  # the number of a caliper
        ("82", ["HR", "82"], True),
        ("mild", ["1 cm"], False),
        ("hypoechoic", [], False),
        ("2.31 cm", [], False),
        ("", ["2.31 cm"], False),
    ],
)
def test_an_answer_is_visible_when_all_its_measured_values_are(answer, shown, visible):
    assert is_visible(answer, shown) is visible


def seen(case_id="a", **changes):
    """A case whose second of five frames shows the size of its lesion."""
    return row(case_id, findings=EN, value_texts=[[], SHOWN, [], [], []], **changes)


def pairs_of(*rows, **config):
    return {pair["instance_id"]: pair for pair in run(reports(*rows), **config).kept.to_pylist()}


def test_a_pair_says_whether_its_answer_stands_on_its_frames():
    pairs = pairs_of(seen(), closed_per_case=5)
    assert not any(pair["answer_visible_in_image"] for pair in pairs.values())  # the lesion of 18 mm is not shown
    other = EN.replace("18 x 15", "23 x 15")
    pairs = pairs_of({**seen(impression=""), "findings": other}, closed_per_case=5)
    visible = {pair["answer"] for pair in pairs.values() if pair["answer_visible_in_image"]}
    assert visible == {"23 x 15 mm", f"Findings: {other}"}
    assert all(pair["twin_of"] is None for pair in pairs.values())


def test_only_frames_of_the_pair_count():
    late = {**seen(), "value_texts": [[], [], [], [], ["18 x 15 mm"]]}  # max_images_per_pair is 4
    assert not any(pair["answer_visible_in_image"] for pair in pairs_of(late).values())


def test_a_twin_repeats_its_pair_on_frames_without_values():
    case = {**seen(), "value_texts": [[], ["18 x 15 mm"], [], [], []]}
    plain, both = pairs_of(case, *ROWS[1:]), pairs_of(case, *ROWS[1:], shortcut_twins=True)
    visible = [row_id for row_id, pair in plain.items() if pair["answer_visible_in_image"]]
    assert visible
    assert set(both) - set(plain) == {f"{row_id}/twin" for row_id in visible}
    assert all(both[row_id] == pair for row_id, pair in plain.items())
    for row_id in visible:
        twin = {
            **plain[row_id],
            "instance_id": f"{row_id}/twin",
            "twin_of": row_id,
            "answer_visible_in_image": False,
            "frame_ids": ["a/i000/f000", "x/v", "y", "z"],
        }
        assert both[f"{row_id}/twin"] == twin


def test_twins_come_right_behind_their_pair_and_split_invariantly():
    cases = [{**seen("a"), "value_texts": [["18 x 15 mm"]] * 5}, *ROWS[1:]]
    whole = run(reports(*cases), shortcut_twins=True).kept
    parts = [run(reports(case), shortcut_twins=True).kept.to_pylist() for case in cases]
    assert whole.to_pylist() == [pair for part in parts for pair in part]
    ids = whole["instance_id"].to_pylist()
    assert all(ids[at - 1] == row_id.removesuffix("/twin") for at, row_id in enumerate(ids) if row_id.endswith("/twin"))
