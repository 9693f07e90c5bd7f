"""Numbers of rationales: those of the facts, and each of the measure that it is said of."""

import pytest

from curation.ground.numbers import numbers_agree

FACTS = "category: malignant\nlesion: long axis 23.4 mm, short axis 12.0 mm, area 221 mm²"
FACTS_ZH = "类别: 恶性\n病灶: 长径 23.4 mm, 短径 12.0 mm, 面积 221 mm²"
NAMED = (
    "lesion: distance between the ends of the long axis 23.0 mm, width of the mitral annulus 31.2 mm, alpha angle 55.0°"
)


def test_every_number_must_be_one_of_the_facts():
    for text in (
        "It measures 23.4 mm.",
        "2.34 cm long",
        "23 mm by 12 mm",
        "area of 221 mm²",
        "One lesion.",
        "No number.",
    ):
        assert numbers_agree(text, FACTS), text
    for text in (
        "23.4 cm", "23.5 mm", "22 mm", "221 mm", "2 lesions", "two lesions", "ratio 1.95", "half as wide", "T2", "长二十毫米",
    ):  # fmt: skip
        assert not numbers_agree(text, FACTS), text
    assert numbers_agree("长径23.4 mm，短径12.0 mm。", "类别: 恶性\n病灶: 长径 23.4 mm, 短径 12.0 mm")


@pytest.mark.parametrize(
    "text",
    [
        "The long axis is 23.4 mm and the short axis 12.0 mm.",
        "Long axis 23.4 mm, short axis 12.0 mm.",
        "The lesion is 23.4 mm long and 12.0 mm wide.",
        "It is 23.4 mm in length and 12.0 mm in width, with an area of 221 mm².",
        "Its long and short axes are 23.4 mm and 12.0 mm.",
        "With 23.4 mm and 12.0 mm in long and short axis it is oval.",
        "A 23.4 mm by 12.0 mm lesion with an area of 221 mm².",
        "It measures 23.4 x 12.0 mm; its area is 221 mm².",
        "The long axis (23.4 mm) exceeds the short axis.",
        "The long axis of 23.4 mm is much longer than the short axis of 12.0 mm, so that the long axis dominates.",
        "The largest diameter is 23.4 mm, the smallest diameter 12.0 mm.",
        "The lesion has a short-axis of 12 mm. It is dark along its border.",
    ],
)
def test_numbers_of_their_own_measure(text):
    assert numbers_agree(text, FACTS)


@pytest.mark.parametrize(
    "text",
    [
        "The long axis is 12.0 mm and the short axis 23.4 mm.",
        "Long axis 12 mm, short axis 23 mm.",
        "The lesion is 12.0 mm long and 23.4 mm wide.",
        "It is 12.0 mm in length, 23.4 mm in width.",
        "Its long and short axes are 12.0 mm and 23.4 mm.",
        "The short axis, at 23.4 mm, is smaller than the long axis, at 12.0 mm.",
        "The long axis (12.0 mm) exceeds the short axis.",
        "The lesion has a short axis of 23.4 mm. It is dark.",
        "The largest diameter is 12.0 mm.",
        "The perimeter is 23.4 mm.",  # nobody computed one
        "It lies at a depth of 12.0 mm.",
        "It is 23.4 mm thick.",
    ],
)
def test_numbers_of_another_measure_are_refused(text):
    assert not numbers_agree(text, FACTS)


def test_measures_in_chinese_and_by_keypoints():
    assert numbers_agree("长径23.4 mm，短径12.0 mm，面积221 mm²。", FACTS_ZH)
    assert numbers_agree("病灶长23.4 mm、宽12.0 mm。", FACTS_ZH)
    assert not numbers_agree("长径12.0 mm，短径23.4 mm。", FACTS_ZH)
    assert not numbers_agree("病灶长12.0 mm、宽23.4 mm。", FACTS_ZH)
    assert numbers_agree("It is 23.0 mm long, and the annulus has a width of 31.2 mm.", NAMED)
    assert not numbers_agree("It is 31.2 mm long.", NAMED)
    assert numbers_agree("The alpha angle is 55°.", NAMED) and not numbers_agree("The alpha angle is 23.0 mm.", NAMED)
