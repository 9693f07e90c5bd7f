import pytest

from curation.dedup.decide import Decider, Text
from curation.dedup.kept import LocalPool
from curation.dedup.kernels.engine import CompiledEngine
from curation.dedup.plain import PlainEngine
from curation.dedup.rows import NONE, Rule
from curation.dedup.slots import slots, slots_key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The left kidney shows a cyst of 1.2 cm.", ("side left", "organ kidney", "diagnosis cyst", "12 mm")),
        ("左肾可见囊肿，约12×8mm", ("side left", "organ kidney", "diagnosis cyst", "12 ", "8 mm")),
        (
            "No stone; grade II hydronephrosis",
            ("negation no", "diagnosis stone", "grade gradeii", "diagnosis hydronephrosis"),
        ),
        ("BI-RADS 4a类", ("grade birads4a",)),
        ("biomass of the illness", ()),
        ("右叶右叶", ("side right",)),
        ("9" * 40, ("9" * 40 + " ",)),
    ],
)
def test_facts_are_found_in_their_order(text, expected):
    assert slots(text) == expected


PAIRS = [
    ("A cyst of 12 mm in the left kidney was seen at the upper pole.", "A cyst of 13 mm in the left kidney was seen at the upper pole."),
    ("A cyst in the left kidney was seen at the upper pole today.", "A cyst in the right kidney was seen at the upper pole today."),
    ("The lesion of the breast is most likely benign and stable.", "The lesion of the breast is most likely malignant and stable."),
    ("There is mild stenosis of the carotid artery on the scan.", "There is severe stenosis of the carotid artery on the scan."),
    ("There is a stone in the gallbladder on this single image.", "There is no stone in the gallbladder on this single image."),
    ("左侧甲状腺可见低回声结节，边界清晰，形态规则", "右侧甲状腺可见低回声结节，边界清晰，形态规则"),
    ("肝内可见高回声结节，大小约12mm，边界清晰", "肝内可见高回声结节，大小约15mm，边界清晰"),
    ("考虑良性病变可能性大，建议定期复查超声", "考虑恶性病变可能性大，建议定期复查超声"),
    ("双侧颈动脉内膜增厚，未见明显斑块形成", "双侧颈动脉内膜增厚，可见明显斑块形成"),
    ("主动脉瓣轻度反流，左室收缩功能测值正常", "主动脉瓣重度反流，左室收缩功能测值正常"),
]  # fmt: skip


@pytest.mark.parametrize("engine", [CompiledEngine, PlainEngine])
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_texts_that_differ_in_a_fact_are_duplicates_only_without_protect(first, second, engine):
    assert slots_key(first) != slots_key(second)
    for protect in (False, True):
        rule = Rule(0.7, 3, protect=protect, against_all=False)
        tool = engine()
        for batch in (1, 3):
            decider = Decider(rule, tool, LocalPool(tool, rule))
            texts = [Text(first), Text(second), Text(f"{second} ")]
            found = [decider.decide(decider.read(texts[at : at + batch])) for at in range(0, 3, batch)]
            best = [value for part in found for value in part.best.tolist()]
            spared = [value for part in found for value in part.spared.tolist()]
            assert best == ([NONE, NONE, 1] if protect else [NONE, 0, 0])
            assert spared[:2] == [False, protect]
