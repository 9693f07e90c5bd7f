"""Rules of verification on labelled pairs, and their spans."""

from pathlib import Path

import pytest

from curation.verify.check import check
from curation.verify.claims import Case
from flows.quality.labelled import labelled
from schemas.case import Language

DATA = Path(__file__).parent / "data"
FILES = ("development", "development_2", "held_out", "held_out_2")
PAIRS = [one for name in FILES for one in labelled(DATA / f"{name}.jsonl")]
SEVEN = {"number", "unit", "side", "organ", "grade", "negation", "nature"}
REPORT = "右肾见一囊肿，大小12mm，BI-RADS 3类。左肾正常，未见结石。考虑良性。"


def broken(answer, question="请描述。", report=REPORT, language=Language.ZH):
    return check(Case(language, report, question, answer))


def caught(pairs):
    return [bool(check(Case(p.language, p.report, p.question, p.answer))) for p in pairs]


def test_labelled_pairs():
    assert len(PAIRS) >= 450
    clean = caught(one.pair for one in PAIRS if one.error is None)
    assert sum(clean) <= 0.01 * len(clean)
    wrong = caught(one.pair for one in PAIRS if one.error in SEVEN)
    assert sum(wrong) >= 0.95 * len(wrong)


@pytest.mark.parametrize(
    ("answer", "rule", "in_report", "in_answer"),
    [
        ("囊肿大小15mm。", "number", "12mm", "15mm"),
        ("囊肿大小12cm。", "unit", "12mm", "12cm"),
        ("左肾见一囊肿。", "side", "右", "左"),
        ("右侧甲状腺见一囊肿。", "organ", None, "甲状腺"),
        ("BI-RADS 5类。", "grade", "BI-RADS 3", "BI-RADS 5"),
        ("左肾见一结石。", "negation", "结石", "结石"),
        ("右肾囊肿考虑恶性。", "nature", "良性", "恶性"),
        ("右肾见血栓。", "finding", None, "血栓"),
        ("报告中提到右肾囊肿。", "source", None, "报告中提到"),
        ("抱歉，无法回答。", "refusal", None, "抱歉"),
        ("右肾囊肿，电话13800138000。", "phi", None, "电话13800138000"),
        ("每日口服50mg。", "advice", None, "每日口服50mg"),
    ],
)
def test_a_rule_says_where(answer, rule, in_report, in_answer):
    [one] = [one for one in broken(answer) if one.rule == rule]
    assert (one.report_span and REPORT[slice(*one.report_span)]) == in_report
    assert answer[slice(*one.answer_span)] == in_answer


@pytest.mark.parametrize(
    "answer",
    [
        "右肾囊肿约1.2cm。",
        "左肾未见结石。",
        "建议6个月后复查。",
        "BI-RADS 3类的恶性风险不超过2%。",
        "如果增大，可升级为BI-RADS 4类。",
        "右肾有一个约12毫米的囊肿，属于良性。",
    ],
)
def test_what_the_report_supports_and_guidelines_say_pass(answer):
    assert broken(answer) == []


EN_REPORT = "The left kidney contains a stone of 6 mm. No hydronephrosis is seen. The right kidney is normal."


@pytest.mark.parametrize(
    ("question", "answer", "passes"),
    [
        ("True or False: The left kidney contains a stone of 6 mm.", "True", True),
        ("True or False: The left kidney contains a stone of 6 mm.", "False", False),
        ("True or False: The right kidney contains a stone of 6 mm.", "True", False),
        ("True or False: The right kidney contains a stone of 6 mm.", "False", True),
        ("True or False: Hydronephrosis is seen.", "True", False),
        ("Which finding is seen?\nA. stone\nB. thrombus\nAnswer with the letter only.", "A", True),
        ("Which finding is seen?\nA. stone\nB. thrombus\nAnswer with the letter only.", "B", False),
        ("Which finding is seen?\nA. stone\nB. thrombus\nAnswer with letter and option.", "A. thrombus", False),
        ("On which side is the stone?", "left", True),
        ("On which side is the stone?", "right", False),
        ("Is there hydronephrosis?", "No.", True),
        ("Is there hydronephrosis?", "Yes.", False),
    ],
)
def test_a_task_is_read_by_its_meaning(question, answer, passes):
    assert (broken(answer, question, EN_REPORT, Language.EN) == []) is passes


def test_a_report_agrees_with_itself():
    for one in PAIRS[::9]:
        text = one.pair.report
        facts = frozenset({"numbers", "grades", "places", "findings", "nature"})
        assert check(Case(one.pair.language, text, "", text), facts) == []
