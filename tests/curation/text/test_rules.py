"""Every rule's examples and counter-examples, run through the engine's own recognizer."""

import pytest

from curation.text.analyzer import Matcher
from curation.text.digits import denied_numbers, protected_numbers
from curation.text.engine import PresidioRedactor
from curation.text.folding import fold
from curation.text.recognizers import Rule, all_rules


def cases(kind):
    return [
        pytest.param(rule, example, id=f"{rule.name}-{number}")
        for rule in all_rules()
        for number, example in enumerate(getattr(rule, kind))
    ]


def parts(rule: Rule, text: str) -> list[str]:
    return [text[found.start : found.end] for found in Matcher(rule).find(text)]


@pytest.mark.parametrize(("rule", "example"), cases("examples"))
def test_example_is_found(rule, example):
    text, wanted = example.replace("<", "").replace(">", ""), example[example.index("<") + 1 : example.index(">")]
    assert wanted in parts(rule, fold(text)) or wanted in [part.strip() for part in parts(rule, fold(text))]


@pytest.mark.parametrize(("rule", "example"), cases("counter"))
def test_counter_example_stays(rule, example):
    assert parts(rule, fold(example)) == []


def test_rule_names_are_unique_and_have_examples():
    names = [rule.name for rule in all_rules()]
    assert len(names) == len(set(names))
    assert all(rule.examples and rule.counter for rule in all_rules())


def test_failed_check_digit_still_goes():
    wrong = "110105194912310020"
    assert any(span.entity == "ID" for span in PresidioRedactor().find(wrong))


PROVED = """12 x 8 mm|2.3×1.9×1.7cm|１２×８ｍｍ|PSV 45 cm/s|RI 0.72|E/A 1.2|EF 62%|BI-RADS 4a|TI-RADS 4|O-RADS 2|LI-RADS 3|TR4|LR-5|3 o'clock
10:30 position|3点钟方向|22w3d|22周+3天|孕7周|S6|肝S8段|segment 4|3 nodules|结节3个|45岁|女，34岁|45-year-old|45F|age 71|1/3|2:1|50%|1. Liver|G2P1
Bosniak 2|grade 3|2级|Ⅱ级|I型|fig 3|page 1 of 2|HR 72|心率72次/分|内径1.2cm|12-15 mm|<5 mm|约3cm|4/5级|L4-L5|V2段|C5-1|LOGIQ E9|CA125 35 U/ml
S/D 2.6|指数0.65|左侧0.61|498 g (54th percentile)|2.1、1.8、1.5cm|3 months|6个月|第4肋|T2|4CH|弹性评分4分|8/10|1st|术后2周"""
DENIED = "12345|A1234|7|2019|88-201|3/9|12/20|00123|US-31|5.12|１２３４５|٣٤٥٦٧|०१२३४५|No 42|x 7731"


@pytest.mark.parametrize("text", PROVED.replace("\n", "|").split("|"))
def test_clinical_number_is_proved(text):
    folded = fold(text)
    assert denied_numbers(folded, protected_numbers(folded)) == []


@pytest.mark.parametrize("text", DENIED.split("|"))
def test_unproved_number_is_denied(text):
    folded = fold(text)
    spans = denied_numbers(folded, protected_numbers(folded))
    covered = {at for span in spans for at in range(span.start, span.end)}
    assert all(at in covered for at, char in enumerate(folded) if char.isdigit())
