import pytest

from curation.generate.fence import parts, plain
from curation.generate.orders import RULES, speaks_to_model
from curation.generate.template import library
from schemas.case import Language


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_examples_and_counter_examples(rule):
    assert all(rule.pattern.search(example) for example in rule.examples)
    assert rule.counter_examples or rule.name == "code"
    for text in rule.counter_examples:
        assert not speaks_to_model(text), text


@pytest.mark.parametrize("language", list(Language))
def test_no_sentence_of_a_template_is_an_order_or_holds_a_mark(language):
    for template in library().templates:
        text = template.text(language).report
        for start, end in parts(text, language):
            assert not speaks_to_model(text[start:end]), text[start:end]
        assert plain(text) == text


@pytest.mark.parametrize(
    "sentence",
    [
        "Follow-up ultrasound in 12 months is advised.",
        "Please correlate with laboratory tests.",
        "Recommend biopsy of the nodule in the left lobe.",
        "The images show a key finding.",
        "Answered by Dr. [NAME].",
        "Set of 12 images.",
        "建议随访，请结合临床。",
        "请于6个月后复查。",
        "请外科会诊。",
        "必要时行超声造影检查。",
        "较前片对比，左侧结节增大。",
        "建议改用经阴道超声检查。",
    ],
)
def test_ordinary_sentences_are_no_orders(sentence):
    assert not speaks_to_model(sentence)
