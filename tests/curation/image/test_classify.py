import pytest

from curation.image.classify import classify
from curation.image.known import KnownPhi
from curation.image.regions import ScanRegion
from curation.image.rows import Scene
from schemas.region import TextRegion

SCAN = (ScanRegion((80, 60, 560, 440), 1, 1),)


def line(x, y, text, score=0.99, height=16):
    return TextRegion((x, y, x + int(0.55 * height * len(text)) + 4, y + height), text, score)


def kept(regions, known=None, scan=SCAN, min_score=0.8):
    scene = Scene((480, 640), scan, KnownPhi(known or {}), min_score)
    return [d.region.text for d in classify(regions, scene) if d.kept]


def test_label_and_value_boxes_are_joined_before_deciding():
    assert kept([line(90, 100, "1 IVSd"), line(230, 101, "1.2 cm")]) == ["1 IVSd", "1.2 cm"]
    assert kept([line(90, 100, "RI"), line(230, 101, "0.65")]) == ["RI", "0.65"]


def test_label_above_its_value_is_joined():
    assert kept([line(600, 100, "MI"), line(600, 118, "0.8")]) == ["MI", "0.8"]


def test_name_beside_landmark_is_masked_and_landmark_kept():
    assert kept([line(200, 400, "ZHANG WEI"), line(320, 400, "RT KIDNEY SAG")]) == ["RT KIDNEY SAG"]


@pytest.mark.parametrize("name", ["LONG", "PAN", "LA"])
def test_collision_beside_unknown_text_is_masked(name):
    assert kept([line(200, 200, name), line(200 + 16 * len(name), 200, "XIAOMING")]) == []


@pytest.mark.parametrize(
    "words", [("Echo", "Lab"), ("OB/GYN", "Kestrel"), ("Aug", "08"), ("C.", "long", "Transabdominal")]
)
def test_words_that_belong_to_identity_beside_them_are_masked(words):
    x, lines = 200, []
    for word in words:
        lines.append(line(x, 200, word))
        x += 9 * len(word) + 8
    assert not set(kept(lines)) & {"Echo", "OB/GYN", "Aug", "C.", "long"}


def test_collision_alone_in_the_scan_area_is_kept_and_outside_masked():
    assert kept([line(300, 300, "LONG")]) == ["LONG"]
    assert kept([line(4, 460, "LONG")]) == []


def test_two_landmarks_prove_each_other():
    assert kept([line(300, 300, "LONG RK")]) == ["LONG RK"]


def test_header_keeps_only_values_settings_and_long_phrases():
    header = [line(4, 2, "SPLEEN"), line(120, 2, "MI 1.2"), line(400, 2, "LT ADNEXA TRV"), line(300, 2, "C5-1")]
    assert kept(header, scan=()) == ["MI 1.2", "LT ADNEXA TRV", "C5-1"]
    assert kept([line(4, 2, "Dept"), line(60, 2, "Abdomen")], scan=()) == []


def test_header_band_grows_by_identity():
    assert kept([line(4, 44, "ID 00123456"), line(300, 40, "SPLEEN")], scan=()) == []


def test_text_after_a_cue_is_masked():
    assert kept([line(90, 200, "Name:"), line(160, 200, "LIVER")]) == []


def test_low_score_is_masked():
    assert kept([line(300, 300, "LIVER", score=0.5)]) == []


def test_known_phi_overrides_a_keep():
    assert kept([line(300, 300, "LIVER LONG")], {"names": ["Long Wei"]}) == []


def test_axis_ticks_step_evenly():
    ticks = [line(600, 100 + 40 * i, str(5 * i + 5)) for i in range(4)]
    assert kept(ticks) == ["5", "10", "15", "20"]
    assert kept([line(600, 100, "7"), line(600, 140, "31"), line(600, 180, "12")]) == []


def test_clock_position_needs_a_breast():
    assert kept([line(300, 300, "RT BREAST 3:00")]) == ["RT BREAST 3:00"]
    assert kept([line(300, 300, "RT KIDNEY 3:00")]) == []


@pytest.mark.parametrize("text", ["00123456", "2024-03-09", "14:28:25", "张伟", "", "Smith", "72"])
def test_unproven_text_is_masked_everywhere(text):
    assert kept([line(300, 300, text)]) == []


def test_text_never_shows_in_a_repr():
    scene = Scene((480, 640), SCAN, KnownPhi({}), 0.8)
    assert "ZHANG" not in repr(classify([line(300, 300, "ZHANG WEI")], scene))


def test_a_word_behind_a_name_with_a_comma_is_no_label_of_a_value():
    texts = [line(100, 100, "OYELARAN,"), line(190, 100, "MAX PLAX"), line(300, 100, "1.2 cm")]
    assert "MAX PLAX" not in kept(texts)
    assert kept(texts[1:]) == ["MAX PLAX", "1.2 cm"]


def test_a_department_beside_an_identity_is_not_a_preset():
    column = [line(400, 200, "FR 45Hz"), line(400, 220, "OB/GYN"), line(400, 240, "13:28:07"), line(400, 260, "MI 0.9")]
    assert "OB/GYN" not in kept(column)


def test_one_word_with_a_comma_begins_a_name():
    assert kept([line(300, 200, "POWER,")]) == []


def test_a_strip_that_is_longer_than_its_text_was_not_read_whole():
    strip = TextRegion((200, 100, 216, 172), "RI 0", 0.95)
    assert kept([strip]) == []
