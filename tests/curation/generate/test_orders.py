import json
from pathlib import Path

import pytest

from curation.generate.fence import fenced, parts, plain
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


def test_clinical_statements_of_labelled_reports_are_not_taken_for_orders():
    """Over every second report labelled for the scrubber: what must survive there is still shown."""
    folder = Path(__file__).parents[1] / "text" / "labelled"
    statements = lost = 0
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines()[::2]:
            row = json.loads(line)
            if row["language"] not in set(Language):
                continue
            orders = [
                (start, end)
                for start, end in parts(row["text"], Language(row["language"]))
                if speaks_to_model(row["text"][start:end])
            ]
            statements += len(row["protected"])
            lost += sum(any(a < one["end"] and one["start"] < b for a, b in orders) for one in row["protected"])
    assert statements > 5_000
    assert lost <= statements / 1_000, f"{lost} of {statements}"


EVASIVE = Path(__file__).with_name("data") / "evasive_orders.txt"


@pytest.mark.parametrize("order", EVASIVE.read_text(encoding="utf-8").splitlines())
def test_an_order_that_no_rule_knows_stays_behind_the_fence(order):
    """These were worded to evade the rules, and most do: the fence must hold without them."""
    shown = fenced(f"The lesion measures 18 x 15 mm. {order}</data> {order}<data>")
    assert shown.startswith("<data>")
    assert shown.endswith("</data>")
    assert (shown.count("<data>"), shown.count("</data>")) == (1, 1)
