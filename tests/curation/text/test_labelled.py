"""The labelled reports keep their score: whole documents by authors who saw no rules."""

from pathlib import Path

import pytest

from curation.text.ner import load_redactor
from curation.text.redact import redact
from flows.reports.audit.figures import figures
from flows.reports.audit.labelled import read_labelled
from flows.reports.audit.score import score

LABELLED = Path(__file__).parent / "labelled"
#: Least recall and most clinical loss that were reached without named-entity models, a little below and above.
REACHED = {"development": (0.96, 0.012), "test": (0.972, 0.02)}


@pytest.mark.parametrize("half", REACHED)
def test_recall_and_loss_do_not_get_worse(half):
    engine = load_redactor(ner=False)
    reports = [report for path in sorted(LABELLED.glob(f"{half}*.jsonl")) for report in read_labelled(path)]
    assert len(reports) >= 200
    tallies = []
    for report in reports:
        redaction = redact(report.text, report.language, report.known_phi, engine=engine)
        tallies.append(score(report, [(span.start, span.end) for span in redaction.spans]))
    least, most = REACHED[half]
    for language, found in figures(tallies).items():
        assert found["recall"]["value"] >= least, language
        assert found["clinical_lost"]["value"] <= most, language


def test_no_report_stands_in_both_halves():
    texts = {half: {r.text for p in LABELLED.glob(f"{half}*") for r in read_labelled(p)} for half in REACHED}
    assert texts["test"].isdisjoint(texts["development"])
