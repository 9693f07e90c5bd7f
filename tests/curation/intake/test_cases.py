"""From rows to cases: defects, duplicates, sites, relevance, fields."""

from datetime import date
from pathlib import Path

import pytest

from curation.intake.cases import build_cases
from curation.intake.fields import age_years, parse_date, sex_code, split_list
from curation.intake.files import FileIndex
from curation.intake.intake import claims_of, intake
from curation.intake.relevance import is_relevant, mentioned_systems, named_systems
from curation.intake.table import RawRow
from curation.pseudonym import Pseudonymizer
from schemas.reject import RejectReason

CODER = Pseudonymizer(bytes(range(32)))
GOOD = {
    "case_id": "E1",
    "patient_id": "P1",
    "patient_name": "王小明",
    "findings": "肝脏大小正常，回声均匀。",
    "images": "a.png",
    "sex": "男",
    "birth_date": "1950-01-02",
    "exam_date": "2024/03/09",
}


class Probe:
    def __init__(self, bad=()):
        self.bad = dict(bad)

    def defect(self, path):
        return self.bad.get(path)


def cases_of(*cells, files=("a.png", "b.png", "c.png")):
    rows = [RawRow(number, row) for number, row in enumerate(cells, start=1)]
    return build_cases(rows, FileIndex(Path("x"), list(files)), default_site="s1", coder=CODER)


@pytest.mark.parametrize(
    ("change", "defect"),
    [
        ({}, None),
        ({"case_id": " "}, "MISSING_CASE_ID"),
        ({"patient_id": ""}, "MISSING_PATIENT_ID"),
        ({"findings": ""}, "EMPTY_REPORT"),
        ({"findings": " \n"}, "EMPTY_REPORT"),
        ({"findings": "无"}, "EMPTY_REPORT"),
        ({"findings": "N/A"}, "EMPTY_REPORT"),
        ({"findings": "Invoice for two parking places."}, "IRRELEVANT_REPORT"),
        ({"findings": "", "impression": "双肾囊肿，超声随访"}, None),
    ],
)
def test_defects_of_a_row(change, defect):
    assert cases_of({**GOOD, **change})["defect"].to_pylist() == [defect]


def test_a_row_without_a_report_cell_misses_its_report():
    assert (
        cases_of({name: cell for name, cell in GOOD.items() if name != "findings"})["defect"][0].as_py()
        == "MISSING_REPORT"
    )


def test_equal_rows_of_one_id_keep_the_first_and_differing_rows_are_all_rejected():
    equal = cases_of(GOOD, GOOD)
    assert equal["defect"].to_pylist() == [None, "DUPLICATE_CASE_ID"]
    differing = cases_of(GOOD, {**GOOD, "findings": "脾脏回声均匀"})
    assert differing["defect"].to_pylist() == ["DUPLICATE_CASE_ID", "DUPLICATE_CASE_ID"]
    assert len(set(differing["case_id"].to_pylist())) == 2


def test_ids_are_keyed_and_no_identifier_is_in_the_kept_case():
    result = intake(cases_of(GOOD), probe=Probe(), claims=claims_of(cases_of(GOOD)))
    text = str(result.kept.to_pylist())
    assert not any(value in text for value in ("E1", "P1", "王小明", "1950", "2024"))
    other = Pseudonymizer(bytes(32))
    other_key = build_cases([RawRow(1, GOOD)], FileIndex(Path("x"), []), default_site="s1", coder=other)
    assert other_key["case_id"] != cases_of(GOOD)["case_id"]


def test_a_site_that_reads_like_the_hospital_is_keyed():
    named = cases_of({**GOOD, "site": "北京和平医院", "institution": "北京和平医院"})["site"][0].as_py()
    assert named.startswith("site-")
    assert cases_of({**GOOD, "site": "H07", "institution": "北京和平医院"})["site"][0].as_py() == "H07"
    for code in ("site-1", "A", "BJ-03", "hospital_12", "PUMCH"):
        assert cases_of({**GOOD, "site": code})["site"][0].as_py() == code
    for name in ("Riverside", "ZhongShan", "St-Marys"):
        assert cases_of({**GOOD, "site": name})["site"][0].as_py().startswith("site-")


def test_an_unknown_language_is_never_repeated():
    assert cases_of({**GOOD, "language": "张伟"})["language"][0].as_py() == "other"


def test_images_are_screened_and_counted_once():
    first = {**GOOD, "images": "a.png;b.png"}
    second = {**GOOD, "case_id": "E2", "images": "b.png|c.png"}
    third = {**GOOD, "case_id": "E3", "images": "d.png"}
    table = cases_of(first, second, third)
    result = intake(table, probe=Probe({"d.png": RejectReason.IMAGE_NOT_FOUND}), claims=claims_of(table))
    reasons = sorted(row["reason"] for row in result.rejected.to_pylist())
    assert reasons == ["IMAGE_IN_TWO_CASES", "IMAGE_IN_TWO_CASES", "IMAGE_NOT_FOUND", "NO_USABLE_IMAGE"]
    assert [len(ids) for ids in result.kept["image_ids"].to_pylist()] == [1, 1]


def test_images_of_a_rejected_case_are_rejected_with_it():
    table = cases_of({**GOOD, "findings": "", "images": "a.png;b.png"})
    result = intake(table, probe=Probe(), claims=claims_of(table))
    assert [row["reason"] for row in result.rejected.to_pylist()].count("CASE_REJECTED") == 2


@pytest.mark.parametrize(
    ("text", "relevant"),
    [
        ("The liver is of normal size.", True),
        ("未见明显异常回声", True),
        ("Hypoechoic nodule in the right lobe", True),
        ("CT平扫：肝脏未见异常", False),
        ("Chest radiograph: no effusion.", False),
        ("Lunch menu: kidney pie", False),
        ("停车缴费通知单", False),
        ("Pathology: liver biopsy, normal", False),
        ("双肾大小形态正常", True),
        ("Mr. Smith, MRN MR0036350. Calcified plaque at the left carotid bulb, 3.0 mm.", True),
        ("Simple cysts of both kidneys.", True),
        ("Chest CT: normal liver.", False),
    ],
)
def test_relevance(text, relevant):
    assert is_relevant(text) is relevant


def test_systems_are_named_or_mentioned():
    assert named_systems(["Liver", "肾"]) == ["liver", "kidney"]
    assert named_systems(["spleenology"]) == ["other"]
    assert named_systems([]) == []
    assert mentioned_systems("双肾及膀胱未见异常，肝内胆管不扩张") == ["liver", "kidney"]
    assert mentioned_systems("nothing known") == ["other"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1950-01-02", date(1950, 1, 2)),
        ("19500102", date(1950, 1, 2)),
        ("1950年1月2日", date(1950, 1, 2)),
        ("1950-01-02T00:00:00", date(1950, 1, 2)),
        ("03/25/2011", date(2011, 3, 25)),
        ("25.03.2011", date(2011, 3, 25)),
        ("unknown", None),
        ("1950-13-45", None),
    ],
)
def test_dates(text, value):
    assert parse_date(text) == value


def test_ages_over_89_are_one_category():
    assert age_years("1930-01-01", "2024-01-01") == 90
    assert age_years("1934-06-01", "2024-01-01") == 89
    assert age_years("2030-01-01", "2024-01-01") is None


def test_small_fields():
    assert [sex_code(text) for text in ("男", "Female", "", "?")] == ["M", "F", None, "O"]
    assert split_list('["a.png", "b.png"]') == split_list("a.png；b.png") == ["a.png", "b.png"]
