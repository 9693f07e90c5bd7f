"""Score one method on labelled reports: recall, precision, clinical loss, protected statements that survived.

Flows in: labelled reports and the places that a method redacts. Flows out: counts per report, so that reports can be
drawn again for intervals. A label is found when every letter and digit of it is redacted; a redacted place is right
when it touches a label; clinical characters are all letters and digits outside labels.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flows.reports.audit.labelled import LabelledReport

#: Gives the half-open places that a method redacts in a report.
Method = Callable[[LabelledReport], Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one report. ``found`` and ``labels`` are by entity type."""

    language: str
    labels: Counter[str]
    found: Counter[str]
    redacted: int
    right: int
    clinical_chars: int
    lost_chars: int
    protected: int
    survived: int
    missed: tuple[tuple[int, int], ...] = field(repr=False)


def score(report: LabelledReport, places: Sequence[tuple[int, int]]) -> Tally:
    """Compare what a method redacts with the labels of one report."""
    text = report.text
    gone = bytearray(len(text))
    for start, end in places:
        gone[start:end] = b"\x01" * (end - start)
    labelled = bytearray(len(text))
    for span in report.spans:
        labelled[span.start : span.end] = b"\x01" * (span.end - span.start)
    found = [all(gone[i] for i in range(s.start, s.end) if text[i].isalnum()) for s in report.spans]
    clinical = [i for i, char in enumerate(text) if char.isalnum() and not labelled[i]]
    survived = [not any(gone[i] for i in range(s.start, s.end) if text[i].isalnum()) for s in report.protected]
    return Tally(
        language=report.language.value,
        labels=Counter(s.entity for s in report.spans),
        found=Counter(s.entity for s, ok in zip(report.spans, found, strict=True) if ok),
        redacted=len(places),
        right=sum(any(labelled[start:end]) for start, end in places),
        clinical_chars=len(clinical),
        lost_chars=sum(gone[i] for i in clinical),
        protected=len(survived),
        survived=sum(survived),
        missed=tuple((s.start, s.end) for s, ok in zip(report.spans, found, strict=True) if not ok),
    )


def score_all(reports: Sequence[LabelledReport], method: Method) -> list[Tally]:
    """Score a method on all reports."""
    return [score(report, method(report)) for report in reports]
