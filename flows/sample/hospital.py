"""Build the sample hospital: a table, images, and the ground truth of everything that was planted.

In: two empty folders, a number of cases and a seed. Out: ``OUT_DIR/cases.csv`` and ``OUT_DIR/images``, and in the truth
folder ``boxes.jsonl``, ``phi.jsonl``, ``bad.jsonl`` and ``summary.json``. The same seed gives the same bytes.
"""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from flows.sample.faults import CASE_FAULTS, FAULTS, Faults, choose, host
from flows.sample.furniture import views
from flows.sample.lesions import FOLDER, write
from flows.sample.pictures import Picture, Where, folder_of, take
from flows.sample.plan import Exam, make_exam, plan, write_date
from flows.sample.reports import Report, clinical_texts, write_irrelevant, write_report
from schemas.errors import ConfigError
from schemas.reject import RejectReason

COLUMNS = ("site", "case_id", "patient_id", "patient_name", "birth_date", "sex", "exam_date", "accession_number",
           "institution", "physicians", "phone", "address", "anatomical_system", "language", "findings", "impression",
           "images")  # fmt: skip


@dataclass(frozen=True)
class Summary:
    """What was built. ``n_cases`` and ``n_images`` count the good ones; ``n_rows`` counts all rows of the table."""

    n_cases: int
    n_images: int
    n_rows: int
    n_bad: int
    table: Path
    images: Path
    truth: Path


@dataclass
class _Hospital:
    where: Where
    rows: list[dict[str, str]] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    planted: dict[str, set[str]] = field(default_factory=dict)
    serial: int = 0

    def admit(self, exam: Exam, report: Report, faults: Faults, *, n_images: int, glob: bool) -> list[Picture]:
        """Draw the images of an exam and add its row."""
        taken = []
        for number in range(n_images):
            taken.append(take(exam, number, self.serial, self.where))
            self.serial += 1
        paths = [picture.path for picture in taken] + faults.extra_images.get(exam.case_id, [])
        cell = f"{folder_of(exam)}/*" if glob else ";".join(paths)
        row = _row(exam, report, cell)
        self.rows.append(row)
        strings = exam.patient.strings() | exam.site.strings() | report.planted | {exam.accession}
        strings |= {row["exam_date"], row["birth_date"]} | faults.planted.get(exam.case_id, set())
        strings |= {write_date(day, "compact") for day in (exam.at.date(), exam.patient.birth)}
        self.planted[exam.case_id] = strings.union(*(picture.planted for picture in taken))
        return taken


def build(
    out_dir: Path,
    truth_dir: Path,
    *,
    cases: int = 24,
    seed: int = 1,
    annotated: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Build the hospital and its ground truth; ``annotated`` draws lesions into stills and writes their annotations.

    Raises: ConfigError where a folder is not empty or ``cases`` is not positive.
    """
    if cases < 1:
        raise ConfigError("the sample hospital needs at least one case")
    for folder in (out_dir, truth_dir):
        _need_empty(folder)
    exams, names = plan(cases, seed), choose(cases)
    hospital = _Hospital(Where(out_dir / "images", seed, lesions=annotated))
    faults = Faults(hospital.where.root, seed)
    hospital.where.root.mkdir(parents=True)
    hosts = _plant_faults(faults, exams, names)
    for exam in exams:
        report = write_report(exam, Random(f"{seed}/report/{exam.number}"))
        glob = exam.number % 3 == 2 and exam.case_id not in hosts
        hospital.pictures += hospital.admit(exam, report, faults, n_images=exam.n_images, glob=glob)
        if progress:
            progress(exam.number + 1, cases)
    _admit_faulty(hospital, faults, len(exams), names)
    check_no_collision(hospital.planted)
    if annotated:
        drawn = [(one.path, one.size_px, one.lesion) for one in hospital.pictures if one.lesion]
        faults.expected += write(out_dir / FOLDER, drawn)
    table = out_dir / "cases.csv"
    _write_table(table, hospital.rows)
    n_rows, n_bad = len(hospital.rows), len(faults.expected)
    summary = Summary(cases, len(hospital.pictures), n_rows, n_bad, table, hospital.where.root, truth_dir)
    _write_truth(truth_dir, hospital, faults, summary)
    return summary


def check_no_collision(planted: dict[str, set[str]]) -> None:
    """Make sure that no planted string is also a clinical word: a search for it must mean a leak.

    Raises: ValueError that names the case, not the string.
    """
    clinical = (clinical_texts() + json.dumps(views(), ensure_ascii=False)).casefold()
    for case_id, strings in planted.items():
        for text in strings:
            if text.casefold() in clinical:
                raise ValueError(f"case {case_id}: a planted string is a clinical word; change flows/sample/names.py")


def _need_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} exists and is not empty: choose a new folder for the sample hospital")


def _plant_faults(faults: Faults, exams: list[Exam], names: list[str]) -> set[str]:
    """Plant the faults of good exams; give the exams that need a list of images instead of a pattern."""
    hosts = set()
    for number, name in enumerate(names):
        if name in CASE_FAULTS:
            continue
        exam = host(exams, number)
        (faults.root / folder_of(exam)).mkdir(parents=True, exist_ok=True)
        FAULTS[name](faults, exam)
        hosts.add(exam.case_id)
    return hosts


def _admit_faulty(hospital: _Hospital, faults: Faults, first: int, names: list[str]) -> None:
    """Add the rows that are wrong: cases without a usable report, and repeated rows."""
    for number, name in enumerate(names):
        if name not in CASE_FAULTS:
            continue
        rng = Random(f"{hospital.where.seed}/faulty/{number}")
        exam = make_exam(rng, first + number)
        report = write_irrelevant(exam, rng) if name == "irrelevant_report" else Report("", "", frozenset())
        FAULTS[name](faults, exam)
        for picture in hospital.admit(exam, report, faults, n_images=1, glob=False):
            faults.image(picture.path, RejectReason.CASE_REJECTED)
    repeated = {row["case_id"] for row in faults.expected if row["expect"] == RejectReason.DUPLICATE_CASE_ID.value}
    hospital.rows += [row for row in hospital.rows if row["case_id"] in repeated]


def _row(exam: Exam, report: Report, images: str) -> dict[str, str]:
    """Write the table's row of an exam in the manner of its site."""
    patient, english = exam.patient, exam.language == "en"
    style = "ymd_dash" if english else "ymd_slash"
    return {
        "site": exam.site_code,
        "case_id": exam.case_id,
        "patient_id": patient.patient_id,
        "patient_name": f"{patient.family}, {patient.given}" if english else patient.full,
        "birth_date": write_date(patient.birth, style),
        "sex": patient.sex if english else ("男" if patient.sex == "M" else "女"),
        "exam_date": write_date(exam.at.date(), style),
        "accession_number": exam.accession,
        "institution": exam.site.hospital,
        "physicians": f"{exam.site.reader};{exam.site.sonographer};{exam.site.referrer}",
        "phone": patient.phone,
        "address": patient.address,
        "anatomical_system": "|".join(system.value for system in exam.systems),
        "language": "" if exam.number % 6 == 5 else exam.language,
        "findings": report.findings,
        "impression": report.impression,
        "images": images,
    }


def _write_table(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def _write_truth(folder: Path, hospital: _Hospital, faults: Faults, summary: Summary) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    boxes = [row for picture in hospital.pictures for row in picture.truth()]
    _write_lines(folder / "boxes.jsonl", boxes)
    phi = [{"case_id": case_id, "strings": sorted(strings)} for case_id, strings in hospital.planted.items()]
    _write_lines(folder / "phi.jsonl", phi)
    _write_lines(folder / "bad.jsonl", faults.expected)
    items = Counter(item.kind.value for picture in hospital.pictures for frame in picture.frames for item in frame)
    counts = {
        "cases": summary.n_cases,
        "images": summary.n_images,
        "rows": summary.n_rows,
        "seed": hospital.where.seed,
        "frames": len(boxes),
        "items": dict(sorted(items.items())),
        "layouts": dict(sorted(Counter(picture.layout for picture in hospital.pictures).items())),
        "formats": dict(sorted(Counter(picture.format for picture in hospital.pictures).items())),
        "bad": dict(sorted(Counter(row["expect"] for row in faults.expected).items())),
    }
    (folder / "summary.json").write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8", newline="\n")


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8", newline="\n")
