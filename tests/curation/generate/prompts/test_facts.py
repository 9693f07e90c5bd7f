import pytest

from curation.generate.prompts.facts import categories, grades, organs, quantities, sides


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It measures 18 x 15 mm.", {(18, "mm"), (15, "mm")}),
        ("大小约1.8×1.5cm。", {(18, "mm"), (15, "mm")}),
        ("86 cm/s and 4.6 m/s", {(86, "cm/s"), (460, "cm/s")}),
        ("after 6, 12 and 24 months", {(6, "months"), (12, "months"), (24, "months")}),
        ("2至3年后复查", {(2, "years"), (3, "years")}),
        ("2~9mm", {(2, "mm"), (9, "mm")}),
        ("The ratio is 3.7. Lasts 92 ms.", {(3.7, ""), (0.092, "s")}),
        ("BI-RADS 4B, TI-RADS TR5, CEUS LR-5, Bosniak IV, S6, E/e', CA125, 2D", set()),
        ("0.7 cm² and 0.7cm²", {(0.7, "cm2")}),
        ("-20.5%", {(20.5, "%")}),
        ("24 follicles", {(24, "")}),
        ("纵横比>1", set()),
        ("2.5 to 3 L", {(2500, "mL"), (3000, "mL")}),
    ],
)
def test_quantities(text, expected):
    assert quantities(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ACR TI-RADS TR5; C-TIRADS 4A.", {"TI-RADS 5", "C-TI-RADS 4A"}),
        ("C-TIRADS 4a类；ACR TI-RADS 5类。", {"TI-RADS 5", "C-TI-RADS 4A"}),
        ("a TR1 nodule", {"TI-RADS 1"}),
        ("O-RADS US 3", {"O-RADS 3"}),
        ("CEUS LI-RADS LR-5类", {"LR 5"}),
        ("Bosniak Ⅳ级 and Bosniak IIF", {"BOSNIAK IV", "BOSNIAK IIF"}),
        ("BI-RADS分类：3", {"BI-RADS 3"}),
    ],
)
def test_categories(text, expected):
    assert categories(text) == expected


def test_grades_sides_and_organs_are_the_same_in_both_languages():
    assert grades("mildly enlarged, severe") == grades("轻度增大，重度") == {"mild", "severe"}
    assert sides("left, either") == sides("左，双侧") == {"left", "both"}
    assert sides("左右径") == sides("双平面法") == set()
    assert organs("liver, gallbladder") == organs("肝、胆囊") == {"liver", "gallbladder"}
    assert organs("hepatopetal flow in the portal vein") - {"liver"} == organs("门静脉入肝血流")
