"""The published layout, records, answers: what is wrong is counted and named."""

import base64
import csv
import io

import pytest
from PIL import Image

from benchmark.metrics.quality import logits_of
from benchmark.read.answers import match, read_answers
from benchmark.read.faults import Fault, Faults
from benchmark.read.gold import read_gold
from benchmark.read.tsv import COLUMNS, read_tsv
from benchmark.read.u2_tasks import DATASETS, dataset_of
from benchmark.records import Suite
from schemas.errors import ConfigError


def png():
    out = io.BytesIO()
    Image.new("L", (4, 4)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def write_tsv(path, rows, columns=COLUMNS):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([row.get(name, "") for name in columns])
    return path


DESCRIPTION = {
    "dataset_name": "Example dataset name",
    "img_data": "base64 encoded image",
    "prompt": "Prompt used for the assessment",
}


def row(**cells):
    return {
        "dataset_name": "21.BUSI",
        "img_data": png(),
        "patient_id": "p1",
        "prompt": "Q",
        "anatomy_location": "breast",
    } | cells


def test_the_published_layout(tmp_path):
    write_tsv(
        tmp_path / "disease_diagnosis" / "21.tsv",
        [DESCRIPTION, row(class_label="['benign']", options="['benign', 'malignant']"), row(class_label="3")],
    )
    write_tsv(
        tmp_path / "organ_detection" / "18_1.Heart.tsv",
        [row(dataset_name="18.Heart", gt_bbox="{'lv': [0.5, 0.1, 0.2, 0.2]}")],
    )
    write_tsv(
        tmp_path / "clinical_value_estimation" / "27.tsv",
        [row(dataset_name="27.IMT", measurement="{'IMT': [0.8, 0.9]}"), row(dataset_name="27.IMT")],
    )
    write_tsv(
        tmp_path / "caption_generation" / "10.tsv",
        [row(dataset_name="10.FPUS23", caption="A view.", patient_id="null")],
    )
    (tmp_path / "an_explanation_of_the_columns.tsv").write_text("x\ty\n", encoding="utf-8")
    faults = Faults()
    found = {item.item_id: item for item in read_tsv(tmp_path, faults)}
    assert sorted(found) == ["10:0", "18_1.Heart:0", "21:0", "21:1", "27:0", "27:1"]
    assert (found["21:0"].task, found["21:0"].gold, found["21:0"].options) == ("DD", "benign", ("benign", "malignant"))
    assert found["21:1"].gold == "3"
    assert (found["18_1.Heart:0"].dataset, found["18_1.Heart:0"].gold) == ("18", "upper center")
    assert (found["27:0"].gold, found["27:1"].gold) == (0.8, None)
    assert (found["10:0"].gold, found["10:0"].patient) == ("A view.", None)
    assert not faults.counts


def test_bad_rows_and_images_are_counted_and_named(tmp_path):
    path = write_tsv(
        tmp_path / "lesion_localisation" / "04.tsv",
        [row(dataset_name="04", img_data="bm8gaW1hZ2U="), row(dataset_name="04", img_data="%%%")],
    )
    path.write_text(path.read_text(encoding="utf-8") + "04\tonly\tfour\tcells\n", encoding="utf-8")
    faults = Faults()
    items = read_gold(path, Suite.U2, faults)
    assert len(items) == 2
    assert faults.named[Fault.UNREADABLE_IMAGE.value] == ["04:0", "04:1"]
    assert faults.named[Fault.MALFORMED_ROW.value] == ["04:2"]


def test_wrong_columns_and_unknown_tasks_stop_with_a_name(tmp_path):
    with pytest.raises(ConfigError, match="prompt"):
        list(read_tsv(write_tsv(tmp_path / "a.tsv", [], ("dataset_name", "class_label")), Faults()))
    with pytest.raises(ConfigError, match="VRA, OD, CVE"):
        list(read_tsv(write_tsv(tmp_path / "18.tsv", [row(dataset_name="18")]), Faults()))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("18_1.Ultrasound_Heart", "18"),
        ("28_1.Knee_Grading", "28_1"),
        ("28.Knee", "28"),
        ("3_FETAL_Planes_US", "03"),
        ("74_is_normal", "74is_normal"),
        ("74is_visible", "74is_visible"),
        ("anatomy", "anatomy"),
        ("57_1.Liver", "57"),
        ("10.FPUS23", "10"),
        ("busi", "busi"),
    ],
)
def test_dataset_of(name, expected):
    assert dataset_of(name) == expected


def test_tasks_have_the_published_numbers_of_datasets():
    assert sum(map(len, DATASETS.values())) == 50


def test_answers_are_matched_by_id_and_faults_are_named(jsonl, tmp_path):
    rows = [
        {"id": "a", "answer": "x"},
        {"id": "a", "answer": "y"},
        {"id": 7, "answer": 3},
        {"id": "b", "answer": None},
        {"id": "z", "answer": ""},
        {"answer": "q"},
    ]
    path = jsonl("answers.jsonl", rows)
    path.write_text(path.read_text(encoding="utf-8") + "{broken\n", encoding="utf-8")
    faults = Faults()
    answers = read_answers(path, faults)
    assert (answers["a"].value, answers["7"].value) == ("x", 3)
    found = match(["a", "b", "c", "7"], answers, faults)
    assert [None if one is None else one.value for one in found] == ["x", None, None, 3]
    assert faults.counts == {
        Fault.DUPLICATE_ANSWER.value: 1,
        Fault.MALFORMED_ROW.value: 2,
        Fault.MISSING_ANSWER.value: 2,
        Fault.UNKNOWN_ID.value: 1,
    }
    (tmp_path / "a.csv").write_text("id,response\na,1\n", encoding="utf-8")
    assert read_answers(tmp_path / "a.csv", Faults())["a"].value == "1"
    with pytest.raises(ConfigError, match="no column answer"):
        read_answers(jsonl("b.jsonl", [{"id": 1, "reply": 2}]), Faults())
    with pytest.raises(ConfigError, match="cannot be read"):
        read_answers(tmp_path / "none.jsonl", Faults())


def test_halves_of_characters_and_absurd_numbers_stop_nothing(jsonl, tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text(
        '{"id": "a", "answer": "benign \\ud83d", "logprobs": {"high": 1' + "0" * 400 + ', "low": -1.5}}\n'
        '{"id": "b", "answer": {"label": "\\udc00"}}\n',
        encoding="utf-8",
    )
    answers = read_answers(path, Faults())
    assert (answers["a"].value, answers["b"].value) == ("benign ?", {"label": "?"})
    assert logits_of(answers["a"].logprobs) == (-1.5, -1.5, -1.5)
    (tmp_path / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_answers(tmp_path / "deep.json", Faults())


def test_records_with_one_id_count_once(jsonl):
    faults = Faults()
    rows = [
        {"id": "a", "task": "DD", "dataset": "21", "gold": "x"},
        {"id": "a", "task": "DD", "dataset": "21", "gold": "y"},
    ]
    rows += [{"id": "c", "task": "CVE", "dataset": "18", "gold": float("nan"), "patient_id": "p"}, {"task": "DD"}, 5]
    items = read_gold(jsonl("gold.jsonl", rows), Suite.U2, faults)
    assert [item.gold for item in items] == ["x", None]
    kinds = {Fault.DUPLICATE_ITEM: 1, Fault.NAN_MEASUREMENT: 1, Fault.MALFORMED_ROW: 2, Fault.NO_PATIENT: 1}
    assert faults.counts == {kind.value: count for kind, count in kinds.items()}
