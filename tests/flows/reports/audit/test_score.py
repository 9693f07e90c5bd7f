import json

import pytest

from flows.reports.audit.commands import audit_reports, audit_text
from flows.reports.audit.figures import figures
from flows.reports.audit.labelled import read_labelled
from flows.reports.audit.methods import all_methods
from flows.reports.audit.score import score
from schemas.errors import ConfigError

TEXT = "Name: Ann Lee. Liver 14 cm. Seen 3/9/2024."
ROW = {
    "case_id": "a",
    "language": "en",
    "text": TEXT,
    "spans": [{"start": 6, "end": 13, "entity_type": "NAME"}, {"start": 33, "end": 41, "entity_type": "DATE"}],
    "protected": [{"start": 21, "end": 26}],
}


def file_of(tmp_path, *rows):
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def report(tmp_path):
    return read_labelled(file_of(tmp_path, ROW))[0]


def test_a_label_is_found_only_as_a_whole(tmp_path):
    tally = score(report(tmp_path), [(6, 9), (33, 41)])
    assert (tally.found, tally.labels.total()) == ({"DATE": 1}, 2)
    assert tally.missed == ((6, 13),)
    assert (tally.redacted, tally.right, tally.lost_chars, tally.survived) == (2, 2, 0, 1)


def test_clinical_loss_counts_letters_and_digits_outside_labels(tmp_path):
    tally = score(report(tmp_path), [(6, 13), (15, 26), (33, 41)])
    assert tally.lost_chars == len("Liver14cm")
    assert tally.clinical_chars == len("NameLiver14cmSeen")
    assert (tally.right, tally.redacted, tally.survived) == (2, 3, 0)


def test_figures_have_intervals_and_one_report_has_none_to_spare(tmp_path):
    numbers = figures([score(report(tmp_path), [(6, 13)])] * 3)["en"]
    assert numbers["recall"] == {"value": 0.5, "low": 0.5, "high": 0.5}
    assert numbers["by_entity"]["NAME"] == {"spans": 3, "recall": 1.0}


def test_ours_finds_what_the_papers_patterns_miss(tmp_path):
    labelled = [report(tmp_path)]
    numbers = audit_reports(labelled, all_methods(ner=False, peers=True))["methods"]
    assert numbers["sonocurate"]["en"]["recall"]["value"] == 1.0
    assert numbers["sonocurate"]["en"]["clinical_lost"]["value"] == 0.0
    assert set(numbers) == {"sonocurate", "sonocurate, nothing known", "presidio default", "regex as the paper"}


def test_the_report_holds_numbers_and_no_text(tmp_path, capsys):
    out = tmp_path / "out"
    audit_text(file_of(tmp_path, ROW), out, ner=False, peers=False)
    assert json.loads((out / "audit.json").read_text())["reports"] == 1
    said = (out / "audit.html").read_text() + capsys.readouterr().out
    assert "recall" in said
    assert "Ann" not in said


@pytest.mark.parametrize(
    "row", [{"text": 1}, ROW | {"spans": [{"start": 0, "end": 99}]}, ROW | {"known_phi": {"shoe": "42"}}, [1]]
)
def test_a_row_that_cannot_be_used_stops_with_its_line(tmp_path, row):
    with pytest.raises(ConfigError, match="line 2"):
        read_labelled(file_of(tmp_path, ROW, row))


def test_an_empty_file_is_no_test_set(tmp_path):
    with pytest.raises(ConfigError, match="no labelled report"):
        read_labelled(file_of(tmp_path))
