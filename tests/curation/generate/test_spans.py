import pytest

from curation.generate.spans import RULES, candidates, only_span
from schemas.case import Language

CASES = [(rule, text, answer) for rule in RULES for text, answer in rule.examples]
COUNTER = [(rule, text) for rule in RULES for text in rule.counter_examples]


@pytest.mark.parametrize(("rule", "text", "answer"), CASES, ids=[f"{c[0].kind}-{c[1]}" for c in CASES])
def test_each_rule_finds_its_examples(rule, text, answer):
    span = only_span(rule, text)
    assert span is not None
    assert text[slice(*span)] == answer


@pytest.mark.parametrize(("rule", "text"), COUNTER, ids=[f"{c[0].kind}-{c[1]}" for c in COUNTER])
def test_each_rule_leaves_its_counter_examples(rule, text):
    assert only_span(rule, text) is None


def test_offsets_are_code_points_of_the_section():
    text = "  肝脏😀正常。 \n结节大小约18×15mm，边界清晰。\nIt is 1.5 cm wide.\n"
    for language in Language:
        found = candidates(text, "findings", language)
        assert found
        for span in found:
            assert text[span.start : span.end] == span.text
            assert text[span.sentence_start :].startswith(span.sentence)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Seen by [NAME]: lesion of 5 mm.", Language.EN),
        ("[DATE]复查，结节5mm。", Language.ZH),
        ("One of 5 mm and one of 7 mm.", Language.EN),
        ("a" * 400 + " is 5 mm.", Language.EN),
        ("", Language.EN),
        ("。。。\n\n", Language.ZH),
    ],
)
def test_sentences_without_one_answer_are_left(text, language):
    assert [span for span in candidates(text, "findings", language) if span.kind == "measurement"] == []


def test_a_decimal_does_not_end_a_sentence():
    [span] = candidates("The duct is 2.5 mm wide. It is normal.", "findings", Language.EN)
    assert span.sentence == "The duct is 2.5 mm wide."
