"""Files of the sample hospital: DICOM forms, character sets, reports, identities."""

import datetime as dt
from pathlib import Path
from random import Random

import numpy as np
import pydicom
import pytest
from pydicom.pixels import pixel_array

from flows.sample import canvas, dicom
from flows.sample.hospital import check_no_collision
from flows.sample.names import make_patient
from flows.sample.plan import DATE_STYLES, plan, write_date
from flows.sample.reports import clinical_texts, texts, write_irrelevant, write_report

EXAMS = plan(28, 5)


def frames_of(n: int) -> np.ndarray:
    return np.stack([canvas.fit(frame, 321, 201) for frame in canvas.scan("sector", Random(1), frames=n)])


@pytest.mark.parametrize(
    ("form", "n"), [(form, n) for form in dicom.FORMS for n in (1, 4) if (form, n) != ("palette", 4)]
)
def test_pixel_forms_decode(tmp_path: Path, form: str, n: int) -> None:
    pixels, path = frames_of(n), tmp_path / "a.dcm"
    dicom.write(path, pixels, form, EXAMS[0], [(10, 10, 300, 190)])
    file = pydicom.dcmread(path)
    decoded = pixel_array(file)
    if form == "palette":
        decoded = (pydicom.pixels.apply_color_lut(decoded, file) >> 8).astype(np.uint8)
    if form == "mono":
        decoded = np.repeat(decoded[..., None], 3, axis=-1)
    decoded = decoded.reshape(pixels.shape)
    difference = np.abs(decoded.astype(int) - pixels)
    assert difference.max() <= (0 if form.startswith("rgb") else 40)
    assert difference.mean() <= (0 if form.startswith("rgb") else 2)
    assert file.Modality == "US"
    region = file.SequenceOfUltrasoundRegions[0]
    assert (region.RegionLocationMaxX1, region.RegionLocationMaxY1) == (299, 189)


@pytest.mark.parametrize("number", range(14))
def test_headers_say_who(tmp_path: Path, number: int) -> None:
    exam = EXAMS[number]
    dicom.write(tmp_path / "a", frames_of(1), "rgb", exam, [])
    file = pydicom.dcmread(tmp_path / "a")
    # pydicom leaves the escapes of ISO 2022 IR 58 in the text that it decodes
    said = f"{file.PatientName} {file.InstitutionName}".replace("\x1b$)A", "").replace("^", "")
    name = exam.patient.hanzi or exam.patient.family + exam.patient.given
    assert name in said
    assert exam.site.hospital in said
    assert file.PatientID == exam.patient.patient_id == file.OtherPatientIDsSequence[0].PatientID
    assert file[0x0009, 0x1002].value == exam.patient.patient_id
    assert "SequenceOfUltrasoundRegions" not in file


def test_character_sets_vary(tmp_path: Path) -> None:
    found = set()
    for exam in EXAMS:
        dicom.write(tmp_path / "a", frames_of(1), "mono", exam, [])
        found.add(str(pydicom.dcmread(tmp_path / "a").SpecificCharacterSet))
    assert found == {"GB18030", "ISO_IR 192", "ISO_IR 100", "['', 'ISO 2022 IR 58']"}


def test_uids_are_short_and_stable() -> None:
    assert dicom.uid("a", 1) == dicom.uid("a", 1) != dicom.uid("a", 2)
    assert len(dicom.uid("a")) <= 64


@pytest.mark.parametrize("exam", EXAMS, ids=lambda exam: exam.case_id)
def test_reports_are_filled(exam) -> None:
    report = write_report(exam, Random(exam.number))
    written = f"{report.findings}\n{report.impression}"
    assert not set("{}[]") & set(written)
    assert all(text in written for text in report.planted)
    assert len(report.findings) > 60
    assert any("一" <= letter <= "鿿" for letter in written) == (exam.language == "zh")


def test_irrelevant_texts_are_filled() -> None:
    for exam in EXAMS[:4]:
        assert "{" not in write_irrelevant(exam, Random(1)).findings


@pytest.mark.parametrize("language", ["en", "zh"])
def test_four_bodies_and_more_for_every_system(language: str) -> None:
    source = texts(language)
    for system in {system.value for exam in EXAMS for system in exam.systems}:
        assert len({body["findings"] for body in source[system]}) >= 4


def test_no_identity_is_a_clinical_word() -> None:
    planted = {}
    for seed in range(60):
        for language in ("en", "zh"):
            for sex in "MF":
                planted[f"{seed}{language}{sex}"] = make_patient(Random(seed), language, sex, seed).strings()
    check_no_collision(planted)
    assert "portal vein" in clinical_texts()


def test_second_exams_keep_patient_and_language() -> None:
    first: dict[str, object] = {}
    seconds = 0
    for exam in EXAMS:
        if exam.patient.patient_id in first:
            seconds += 1
            assert first[exam.patient.patient_id] == (exam.patient, exam.language)
        assert exam.prior < exam.at.date()
        first[exam.patient.patient_id] = (exam.patient, exam.language)
    assert seconds >= 5
    assert len({exam.case_id for exam in EXAMS}) == len({exam.accession for exam in EXAMS}) == len(EXAMS)


def test_women_have_breast_and_pelvic_exams() -> None:
    for exam in EXAMS:
        if {"breast", "gynaecology"} & {system.value for system in exam.systems}:
            assert exam.patient.sex == "F"


def test_ages_suit_the_findings() -> None:
    ages = [(exam.systems[0].value, exam.patient.age(exam.at.date())) for exam in EXAMS]
    assert all(49 <= age <= 54 for system, age in ages if system == "gynaecology")
    assert any(age > 89 for _, age in ages), "an age that identifies"


def test_dates() -> None:
    day = dt.date(2024, 3, 9)
    assert write_date(day, "d_mon_y") == "09 Mar 2024"
    assert write_date(day, "zh") == "2024年3月9日"
    assert len({write_date(day, style) for style in DATE_STYLES}) == len(DATE_STYLES)
