"""The published rules of U2-BENCH on cases computed by hand, and what strict mode does instead."""

import math

import pytest

from benchmark.metrics.cells import gold_cell
from benchmark.metrics.text.texts import TextTools
from benchmark.metrics.u2_score import WEIGHTS, score_rows, u2_score
from benchmark.read.faults import Faults
from benchmark.records import AnswerRow, Item, Mode, Status
from benchmark.suites.u2 import score_block
from schemas.errors import ConfigError

COMPAT, STRICT = Mode.COMPAT, Mode.STRICT
MISSING = object()


def figures(task, dataset, gold, answers, mode, options=()):
    items = [Item(f"i{n}", task, dataset, one, options=options) for n, one in enumerate(gold)]
    rows = [None if one is MISSING else AnswerRow(f"i{n}", one) for n, one in enumerate(answers)]
    block, _ = score_block(items, rows, mode, Faults(), TextTools())
    return {one.name: one.value() for one in block.figures}, block


CELLS = [
    ("[0.1, 0.1, 0.2, 0.2]", "upper left"),
    ("{'lesion': [0.1, 0.1, 0.2, 0.2]}", "upper left"),
    ("[{'lesion': [0.5, 0.1, 0.2, 0.2]}]", "upper center"),
    ("{'a': [0.9, 0.1], 'b': [0.1, 0.9]}", "upper right"),
    ("[0.1, 0.5]", "middle left"),
    ("[0.5, 0.5]", "center"),
    ("[0.9, 0.5]", "middle right"),
    ("[0.1, 0.9]", "lower left"),
    ("[0.5, 0.9]", "lower center"),
    ("[0.9, 0.9]", "lower right"),
    ("[0.45, 0.45]", "center"),
    ("[0.4499, 0.4499]", "upper left"),
    ("[0.5499, 0.5499]", "center"),
    ("[0.55, 0.55]", "lower right"),
    ("[0.45, 0.55]", "lower center"),
    ("[0.55, 0.45]", "middle right"),
    ("[0, 0]", "upper left"),
    ("[1, 1]", "lower right"),
    ("{'kp': (0.5, 0.2)}", "upper center"),
    ("[['0.5', '0.9']]", "lower center"),
    ("", "not visible"),
    ("nan", "not visible"),
    ("None", "not visible"),
    ("[]", "not visible"),
    ("{}", "not visible"),
    ("[0.5]", "not visible"),
    ("['x', 'y']", "not visible"),
    ("[nan, 0.5]", "not visible"),
    (None, "not visible"),
    (math.nan, "not visible"),
    ([0.2, 0.9], "lower left"),
]


@pytest.mark.parametrize(("cell", "expected"), CELLS)
def test_gold_cell(cell, expected):
    assert gold_cell(cell) == expected


LABELS = [
    ("DD", ["benign", "malignant"], ["benign", "benign"], 1 / 2, (2 / 3 + 0) / 2),
    ("DD", ["benign", "malignant"], ["Benign", "MALIGNANT"], 1.0, 1.0),
    ("DD", ["Benign"], ["benign"], 1.0, 1.0),
    ("DD", ["benign"], ["It is benign"], 0.0, 0.0),
    ("DD", ["benign"], ["benign."], 0.0, 0.0),
    ("DD", ["benign", "benign"], ["benign", "a"], 1 / 2, (2 / 3 + 0) / 2),
    ("DD", ["benign", "benign", "benign"], ["benign", "a", "b"], 1 / 3, (1 / 2 + 0 + 0) / 3),
    ("DD", ["3", "2"], ["3", "x"], 1.0, 1.0),
    ("DD", ["3", "2"], ["3", " 2 "], 1.0, 1.0),
    ("DD", ["3", "2"], [3, 3], 1 / 2, (2 / 3 + 0) / 2),
    ("DD", ["3", "2", "1"], ["3", "Grade 2", MISSING], 1.0, 1.0),
    ("VRA", ["AC_PLANE", "FL_PLANE"], ["ac_plane", "AC plane"], 1 / 2, None),
    ("VRA", ["a", "b", "c", "d"], ["a", "a", "c", "c"], 1 / 2, (2 / 3 + 2 / 3) / 4),
    ("DD", ["benign", "malignant"], ["benign", MISSING], 1 / 2, (1 + 0) / 2),
    ("DD", ["benign", None], ["benign", "malignant"], 1.0, 1.0),
    ("LL", ["upper left", "center"], ["Upper Left", "lower center"], 1 / 2, None),
    ("OD", ["center", "center"], ["center", "The center."], 1 / 2, None),
    ("OD", ["center", "center"], ["center", MISSING], 1.0, None),
    ("KD", ["center", "not visible"], ["center", "not visible"], 1.0, None),
    ("LL", ["center", "center"], ["center", 5], 1.0, None),
]


@pytest.mark.parametrize(("task", "gold", "answers", "acc", "f1"), LABELS)
def test_labels_as_published(task, gold, answers, acc, f1):
    found, _ = figures(task, "21", gold, answers, COMPAT)
    assert found["acc"] == pytest.approx(acc)
    if f1 is not None:
        assert found["macro_F1"] == pytest.approx(f1)


VALUES = [
    ("18", [42.5], ["42.5"], {"RMSE": 0, "MAE": 0, "Std": 0, "%tol": 100}),
    ("18", [10.0], ["75"], {"RMSE": 1, "MAE": 1, "Std": 0, "%tol": 0}),
    ("18", [10.0, 75.0], ["16.5", "75"], {"RMSE": math.sqrt(0.005), "MAE": 0.05, "Std": 0.05, "%tol": 100}),
    ("18", [10.0, 75.0], ["75", "10"], {"RMSE": 1, "MAE": 1, "Std": 1, "%tol": 0}),
    ("18", [10.0], ["140"], {"RMSE": 2, "%tol": 0}),
    ("18", [50.0, 50.0], ["50", "about 50%"], {"RMSE": 0, "%tol": 100}),
    ("18", [50.0, 50.0], ["50", MISSING], {"RMSE": 0}),
    ("18", [50.0, 50.0], ["50", "nan"], {"RMSE": 0}),
    ("18", [50.0, None], ["50", "99"], {"RMSE": 0}),
    ("27", [0.3, 1.5], ["0.9", "0.9"], {"RMSE": 0.5, "MAE": 0.5, "Std": 0.5, "%tol": 0}),
    ("27", [0.6], [0.72], {"MAE": 0.1}),
    ("50", [100.0], ["130"], {"RMSE": 0.1, "%tol": 100}),
    ("57", [0.0], ["8.6"], {"RMSE": 8.6 / 85, "%tol": 0}),
    ("31", [200.0, 100.0], ["180", "110"], {"MAE_mm": 15, "relative_error": 0.1}),
]


@pytest.mark.parametrize(("dataset", "gold", "answers", "expected"), VALUES)
def test_values_as_published(dataset, gold, answers, expected):
    found, _ = figures("CVE", dataset, gold, answers, COMPAT)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-12), name


SCORES = [
    ({}, 0.0),
    ({"DD_acc": 1}, 0.20),
    ({"VRA_acc": 0.5}, 0.10),
    ({"LL_acc": 1, "KD_acc": 1}, 0.14),
    ({"OD_acc": 0.1}, 0.027),
    ({"CVE_RMSE": 0.25}, 0.07 * 0.75),
    ({"CVE_RMSE": 1.7}, 0.0),
    ({"CVE_RMSE": 0}, 0.07),
    ({"CVE_RMSE": None}, 0.0),
    ({"RG_BLEU4": 12.5, "CG_BLEU4": 50}, 0.08 * 0.125 + 0.04 * 0.5),
    ({"RG_BLEU4": 150}, 0.08),
    ({"DD_acc": -1}, 0.0),
    (dict.fromkeys(WEIGHTS, 1.0) | {"CVE_RMSE": 0.0, "RG_BLEU4": 100.0, "CG_BLEU4": 100.0}, 1.0),
]


@pytest.mark.parametrize(("row", "expected"), SCORES)
def test_u2_score(row, expected):
    assert u2_score(row) == pytest.approx(expected)


def test_enough_cases_are_computed_by_hand():
    assert len(CELLS) + len(LABELS) + len(VALUES) + len(SCORES) >= 60
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_rows_keep_their_keys_and_get_a_score():
    rows = score_rows([{"model": "m", "note": 1, "DD_acc": 0.5, "CVE_RMSE": None}])
    assert rows == [{"model": "m", "note": 1, "DD_acc": 0.5, "CVE_RMSE": None, "U2_Score": 0.1}]


@pytest.mark.parametrize(
    "rows", [{}, [1], [{"model": "m"}], [{"DD_acc": "0.5"}], [{"DD_acc": True}], [{"DD_acc": math.inf}]]
)
def test_wrong_figures_say_what_is_wrong(rows):
    with pytest.raises(ConfigError, match="figures"):
        score_rows(rows)


def test_strict_keeps_every_item_in_the_denominator():
    answers = ["It is benign.", "I cannot help with that.", "hmm", MISSING]
    found, block = figures("DD", "21", ["benign"] * 4, answers, STRICT, ("benign", "malignant"))
    assert found["acc"] == 1 / 4
    statuses = [Status.ANSWERED, Status.REFUSED, Status.UNPARSABLE, Status.MISSING]
    assert [one.status for one in block.parsed] == statuses
    found, _ = figures("OD", "09", ["lower center", "center"], ["It is in the lower center.", MISSING], STRICT)
    assert found["acc"] == 1 / 2


def test_strict_values_count_what_is_not_stated_as_wrong_by_the_whole_range():
    found, _ = figures("CVE", "18", [50.0, 50.0], ["EF is about 50%", "I cannot tell."], STRICT)
    assert found["RMSE"] == pytest.approx(math.sqrt(1 / 2))
    assert found["%tol"] == 50
    found, _ = figures("CVE", "27", [None, None, 0.9], ["null", "0.9", "null"], STRICT)
    assert found["MAE"] == pytest.approx(2 / 3)


def test_chinese_reports_are_segmented_in_strict_mode_only():
    gold, answer = "肝脏大小正常，实质回声均匀，胆囊壁不厚。", "肝脏大小正常，实质回声不均匀，胆囊壁增厚。"
    compat, _ = figures("RG", "39", [gold], [answer], COMPAT)
    strict, _ = figures("RG", "39", [gold], [answer], STRICT)
    assert compat["ROUGEL"] == 0
    assert 40 < strict["ROUGEL"] < 90
    assert strict["BLEU1"] > compat["BLEU1"]
