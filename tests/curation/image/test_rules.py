import pytest

from curation.image.rules import load_rules, prove
from schemas.region import RegionKind

CASES = [(rule, text) for rule in load_rules() for text in rule.examples]
COUNTER = [(rule, text) for rule in load_rules() for text in rule.counter_examples]


@pytest.mark.parametrize(("rule", "text"), CASES, ids=[f"{r.name}:{t}" for r, t in CASES])
def test_example_is_proven_by_its_rule(rule, text):
    proof = prove(text)
    assert proof is not None
    assert proof.rule == rule.name
    assert proof.kind == rule.kind


@pytest.mark.parametrize(("rule", "text"), COUNTER, ids=[f"{r.name}:{t}" for r, t in COUNTER])
def test_counter_example_is_no_proof(rule, text):
    proof = prove(text)
    assert proof is None or proof.rule != rule.name or proof.weak


@pytest.mark.parametrize(
    "text",
    [
        "ZHANG WEI", "Smith, John", "张伟", "欧阳娜娜", "13812345678", "11010519491231002X", "2024-03-09", "24-MAY-02",
        "Mar 09, 2024", "14:28:25", "2:56:22 PM", "09.03.2012", "00123456", "A2410270101", "St. Mary Hospital",
        "市第一人民医院", "Op: JLK", "45 Y", "M/45", "男 72岁", "EDD 09/03/2024", "LMP: 2024-03-09", "预产期 2024年3月9日",
        "Name: LIVER", "1.2.840.113619.2.1", "11-05-25-142825", "LI WEI 1.2 cm", "LONG PAN WEI", "", "   ", "Room 12",
        "床号 12", "Dr. Chen", "WARD 3 LIVER", "10:17", "Kidney Care Clinic", "20240309 cm", "２０２４－０３－０９",
    ],
)  # fmt: skip
def test_identity_is_never_proven(text):
    assert prove(text) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ＢＰＤ　８５．２ｍｍ", RegionKind.MEASUREMENT),
        ("bpd 85.2 MM", RegionKind.MEASUREMENT),
        ("AC 285.1mm 32w4d", RegionKind.MEASUREMENT),
        ("LVOT VTI 21.3 cm", RegionKind.MEASUREMENT),
        ("MV E/A 1.21", RegionKind.MEASUREMENT),
        ("RT CCA PSV 92.1 cm/s", RegionKind.MEASUREMENT),
        ("EFW(Hadlock) 2104 g", RegionKind.MEASUREMENT),
        ("6.0-11.0 MHz", RegionKind.MEASUREMENT),
        ("肝右叶斜径 12.1 cm", RegionKind.MEASUREMENT),
        ("肝 S6 段", RegionKind.LANDMARK),
        ("LIVER SEG 6", RegionKind.LANDMARK),
        ("Sag Liver L-M", RegionKind.LANDMARK),
        ("门静脉 主干", RegionKind.LANDMARK),
    ],
)
def test_clinical_lines_are_proven(text, kind):
    proof = prove(text)
    assert proof is not None
    assert proof.kind == kind


@pytest.mark.parametrize("text", ["LONG", "PAN", "LI", "MI", "E", "LA"])
def test_collisions_are_weak_alone(text):
    proof = prove(text)
    assert proof is None or proof.weak


def test_hostile_lines_are_fast():
    import time

    start = time.perf_counter()
    for text in ["LIVER " * 19 + "X", "左右上下前后" * 19, "1 x 1 x " * 14, "l" * 120, "rt lt " * 20]:
        prove(text)
    assert time.perf_counter() - start < 2.0
