"""Facts of clinical text, as value tables."""

from decimal import Decimal

import pytest

from curation.facts.categories import categories, degrees
from curation.facts.findings import concepts, findings
from curation.facts.nature import natures
from curation.facts.places import organs, sides
from curation.facts.quantities import quantities
from curation.facts.reading import names_other_organ, read
from curation.text.folding import fold


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("18 x 15 x 9 mm", [("18", "mm"), ("15", "mm"), ("9", "mm")]),
        ("1.8×1.5cm", [("18", "mm"), ("15", "mm")]),
        ("19×16×8mm", [("19", "mm"), ("16", "mm"), ("8", "mm")]),
        ("0.7 m/s", [("70", "cm/s")]),
        ("42 cc", [("42", "ml")]),
        ("2～9mm", [("2", "mm"), ("9", "mm")]),
        ("6、12和24个月", [("180", "day"), ("360", "day"), ("720", "day")]),
        ("两个囊肿", [("2", "")]),
        ("two stones", [("2", "")]),
        ("S6 段，T1，LR-5", []),
        ("50-69 %", [("50", "%"), ("69", "%")]),
        ("between 26 and 87 %", [("26", "%"), ("87", "%")]),
        ("10点钟", [("10", "clock")]),
    ],
)
def test_quantities(text, found):
    plain = fold(text)
    skip = tuple((one.start, one.end) for one in categories(plain))
    assert [(one.value, one.unit) for one in quantities(plain, skip)] == [(Decimal(v), unit) for v, unit in found]


def test_places_are_offsets_in_the_text_as_it_was_given():
    text = "右肾见约１２ｍｍ囊肿"
    [one] = quantities(fold(text))
    assert text[one.start : one.end] == "１２ｍｍ"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("BI-RADS 4a类", [("birads", "4a")]),
        ("TI-RADS category IV; TR3", [("tirads", "4"), ("tirads", "3")]),
        ("ACR TI-RADS TR5; C-TIRADS 4B", [("tirads", "5"), ("tirads", "4b")]),
        ("CEUS LI-RADS LR-5", [("lirads", "5")]),
        ("Bosniak Ⅳ级", [("bosniak", "4")]),
        ("Bosniak IIF", [("bosniak", "2f")]),
        ("4A类", [("", "4a")]),
        ("category 3", [("", "3")]),
        ("BI-RADS 3.5 mm", []),
    ],
)
def test_categories(text, found):
    assert [(one.system, one.grade) for one in categories(fold(text))] == found


def test_degrees():
    assert [one.name for one in degrees(fold("mild, Grade II, 重度, Ⅲ度, BI-RADS 4"))] == [
        "mild",
        "stage 2",
        "severe",
        "stage 3",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("left kidney", ["left"]),
        ("双肾", ["both"]),
        ("12mm左右", []),
        ("左侧卧位", []),
        ("right-to-left shunt", []),
        ("S6段", ["right"]),
        ("bright leftover", []),
    ],
)
def test_sides(text, found):
    assert [one.side for one in sides(fold(text))] == found


def test_organs_are_families():
    assert [one.family for one in organs(fold("肾盂、膀胱、gallbladder, portal vein, ICA"))] == [
        "kidney",
        "bladder",
        "gallbladder",
        "portal vein",
        "internal carotid",
    ]


@pytest.mark.parametrize(
    ("text", "name", "status"),
    [
        ("No focal lesion, cyst or ascites is seen, but a stone is present.", "cyst", "denied"),
        ("No focal lesion, cyst or ascites is seen, but a stone is present.", "stone", "affirmed"),
        ("未见结石、囊肿及占位。", "cyst", "denied"),
        ("未见结石，可见囊肿。", "cyst", "affirmed"),
        ("可见无回声区。", "cyst", "affirmed"),
        ("腹水(-)", "fluid", "denied"),
        ("肝不大", "enlargement", "denied"),
        ("Thrombus is absent.", "thrombus", "denied"),
        ("There is no change in the cyst.", "cyst", "affirmed"),
        ("恶性肿瘤待排", "malignancy", "open"),
        ("to exclude a stone", "stone", "open"),
        ("否认结石", "stone", "denied"),
        ("Not dilated and ureteral jets are seen", "ureteral jet", "affirmed"),
        ("Stenosis below 50 %", "stenosis", "open"),
    ],
)
def test_findings_and_what_is_said_of_them(text, name, status):
    assert {one.status.value for one in findings(fold(text)) if one.name == name} == {status}


def test_the_table_of_findings_names_only_its_own_concepts():
    table = concepts()
    for one in table.values():
        assert one.supported_by <= set(table)
        assert one.contrary <= set(table)
        assert one.kind in {"lesion", "sign", "state", "disease", "attribute", "normal"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("良性可能性大", ["benign"]),
        ("恶性风险低", ["benign"]),
        ("not benign", ["malignant"]),
        ("the risk of malignancy", []),
        ("highly suggestive of malignancy", ["malignant", "malignant"]),
        ("no sign of cancer", []),
    ],
)
def test_natures(text, found):
    assert [one.name for one in natures(read(text))] == found


def test_a_clause_inherits_organ_and_side_until_another_is_named():
    reading = read("右肾大小正常，内见一囊肿，大小12mm。左肾正常。腹腔未见积液。")
    contexts = [(sorted(one.context.organs), sorted(one.context.sides)) for one in reading.segments]
    assert contexts == [
        (["kidney"], ["right"]),
        (["kidney"], ["right"]),
        (["kidney"], ["right"]),
        (["kidney"], ["left"]),
        (["abdominal cavity"], []),
    ]


def test_words_behind_say_where_a_clause_is():
    reading = read("A cystic mass with a solid component in the right ovary.")
    assert {tuple(one.context.sides) for one in reading.segments} == {("right",)}


@pytest.mark.parametrize(
    ("question", "report", "other"),
    [
        ("Which breast contains the plaque?", "Plaque at the left carotid bulb.", True),
        ("肿块位于哪一侧乳腺？", "右肾囊肿，大小约9mm。", True),
        ("How large is the renal cyst?", "A cyst of 9 mm in the right kidney.", False),
        ("Which side is it on?", "A cyst of 9 mm in the right kidney.", False),
        ("How wide is the popliteal vein?", "The deep veins are compressible.", False),
        ("How large is the breast mass?", "A mass of 9 mm.", False),
    ],
)
def test_an_organ_of_another_report_is_told(question, report, other):
    assert names_other_organ(question, report) is other
