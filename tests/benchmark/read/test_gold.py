"""Gold of records: which column it is, what words and letters name, who is a patient; what is none is counted."""

import pytest

from benchmark.read.faults import Fault, Faults
from benchmark.read.gold import read_gold
from benchmark.records import Suite


def items_of(path, suite=Suite.U2):
    faults = Faults()
    return read_gold(path, suite, faults), faults.named


@pytest.mark.parametrize(
    ("gold", "cell"),
    [
        ("upper left", "upper left"),
        ("Upper left.", "upper left"),
        ("upper-left", "upper left"),
        ("top left", "upper left"),
        ("lower_right", "lower right"),
        ("左上", "upper left"),
        ("[0.2, 0.2, 0.1, 0.1]", "upper left"),
        ([0.2, 0.9], "lower left"),
        ("not visible", "not visible"),
        ("null", "not visible"),
        ("somewhere", None),
    ],
)
def test_places_in_words_are_cells(jsonl, gold, cell):
    [item], faults = items_of(jsonl("g.jsonl", [{"id": 1, "task": "LL", "dataset": "04", "gold": gold}]))
    assert item.gold == cell
    assert (Fault.NO_GOLD.value in faults) == (cell is None)


def test_every_task_has_its_own_column_among_the_published_ones(tmp_path):
    path = tmp_path / "published.csv"
    path.write_text(
        "id,task,dataset,class_label,gt_bbox,measurement,caption\n"
        'a,LL,04,,"[0.2, 0.2]",,\n'
        'b,LL,04,benign,"[0.2, 0.2]",,\n'
        "c,CVE,18,,,{'EF': 55},\n"
        "d,CG,10,,,,A view.\n",
        encoding="utf-8",
    )
    items, _ = items_of(path)
    assert [item.gold for item in items] == ["upper left", "upper left", 55.0, "A view."]


@pytest.mark.parametrize("nobody", [float("nan"), "nan", "None", "", None])
def test_what_pandas_writes_for_nobody_is_no_patient(jsonl, nobody):
    rows = [{"id": n, "task": "DD", "dataset": "21", "gold": "x", "patient_id": nobody} for n in range(3)]
    items, faults = items_of(jsonl("g.jsonl", rows))
    assert [item.patient for item in items] == [None] * 3
    assert faults[Fault.NO_PATIENT.value] == ["0", "1", "2"]


def test_measurements_without_a_number_are_named(jsonl):
    values = [12.0, "12.0", 0, None, "wide", float("nan")]
    rows = [
        {"id": n, "task": "measurement", "patient_id": "p", "measurement": {"value": value, "unit": "mm"}}
        for n, value in enumerate(values)
    ]
    rows += [{"id": "text", "task": "measurement", "patient_id": "p", "measurement": "12 mm"}]
    rows += [{"id": "size", "task": "detection", "patient_id": "p", "objects": [], "width_px": "640px"}]
    items, faults = items_of(jsonl("g.jsonl", rows), Suite.GROUNDED)
    assert [item.more["measurement_gold"]["value"] for item in items[:2]] == [12.0, 12.0]
    assert faults[Fault.NO_GOLD.value] == ["2", "3", "4", "text"]
    assert faults[Fault.NAN_MEASUREMENT.value] == ["5"]
    assert faults[Fault.MALFORMED_ROW.value] == ["g.jsonl row 8"]
