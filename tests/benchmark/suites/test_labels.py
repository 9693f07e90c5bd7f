"""The gold of a question with options: its text, its letter or both name the option; without one nothing is scored."""

import pytest

from benchmark.read.faults import Faults
from benchmark.records import AnswerRow, Item, Mode
from benchmark.suites import echovlm, u2
from benchmark.suites.labels import gold_label

OPTIONS = ("benign", "malignant")


@pytest.mark.parametrize("gold", ["benign", "Benign", "A. benign", "(A) benign", "A"])
def test_an_option_is_named_in_many_ways(gold):
    assert gold_label(Item("i", "DD", "21", gold, options=OPTIONS)) == "benign"


@pytest.mark.parametrize(("gold", "options", "label"), [("3", ("3", "4"), "3"), ("x", OPTIONS, "x"), ("y", (), "y")])
def test_what_names_no_option_stays(gold, options, label):
    assert gold_label(Item("i", "DD", "21", gold, options=options)) == label


def test_an_answer_is_right_whatever_way_the_gold_is_written():
    items = [Item(str(n), "DD", "21", gold, options=OPTIONS) for n, gold in enumerate(["A. benign", "A", "benign"])]
    answers = [AnswerRow(item.item_id, "benign") for item in items]
    block, _ = u2.score_block(items, answers, Mode.STRICT, Faults(), None)
    assert block.figures[0].value() == 1


def test_without_gold_an_item_leaves_the_denominator():
    options = ("mild", "none", "severe")
    items = [Item("a", "q", "d", None, options=options), Item("b", "q", "d", "mild", options=options)]
    block, _ = echovlm.score_block(items, [AnswerRow("a", "none"), AnswerRow("b", "severe")], Mode.STRICT, None)
    assert block.figures[0].value() == 0
    assert block.figures[0].counts.tolist() == [False, True]
