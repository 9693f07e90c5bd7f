"""k-anonymity: what fewer than k patients share is suppressed, step by step, until nothing rare is left."""

from collections import Counter

import pyarrow as pa
import pytest

from curation.anonymity import age_band, anonymise, tighten
from schemas.released import RELEASED_CASE

INPUT = pa.schema(
    [(name, pa.string()) for name in ("case_id", "patient_key", "site", "sex")]
    + [("age_years", pa.int16()), *((name, pa.list_(pa.string())) for name in ("systems", "findings", "diagnoses"))]
)


def cases(*rows):
    made = []
    for at, (sex, age, findings) in enumerate(rows):
        ids = {"case_id": f"c{at}", "patient_key": f"p{at}", "site": "s"}
        made.append({**ids, "sex": sex, "age_years": age, "systems": [], "findings": findings, "diagnoses": []})
    return pa.Table.from_pylist(made, schema=INPUT)


@pytest.mark.parametrize(("years", "band"), [(0, "0-9"), (39, "30-39"), (40, "40-49"), (90, "90+"), (None, None)])
def test_age_bands(years, band):
    assert age_band(years) == band


def test_age_goes_first_then_sex_then_the_finding():
    common = [("F", 41 + at % 9, ["cyst"]) for at in range(4)]
    found = anonymise(cases(*common, ("F", 70, ["cyst"]), ("M", 45, ["cyst"]), ("F", 44, ["rare"])), k=2)
    rows = {row["case_id"]: row for row in found.cases.to_pylist()}
    assert rows["c0"]["age_band"] == "40-49"
    assert rows["c0"]["suppressed"] == []
    assert rows["c6"]["findings"] == []
    assert rows["c6"]["suppressed"] == ["age_band", "sex", "findings"]
    assert (found.smallest_before, found.suppressed["age_band"]) == (1, 3)
    assert found.cases.schema == RELEASED_CASE


def test_after_it_every_class_is_large_or_has_nothing_left_to_suppress():
    rows = [("FM"[at % 2], at % 95, [f"f{at % 7}"] * (at % 3)) for at in range(300)]
    found = anonymise(cases(*rows), k=5).cases.to_pylist()
    classes = Counter()
    for row in found:
        for label in row["findings"] or [""]:
            classes[(row["age_band"], row["sex"], label)] += 1
    assert all(count >= 5 or one == (None, None, "") for one, count in classes.items())
    assert len(classes) > 10


def test_patients_count_not_cases():
    table = cases(*[("F", 41, ["cyst"])] * 5)
    same = table.set_column(1, "patient_key", pa.array(["p"] * 5))
    assert anonymise(same, k=2).cases["findings"].to_pylist() == [[]] * 5
    assert anonymise(table, k=2).cases["findings"].to_pylist() == [["cyst"]] * 5


def test_what_is_rare_after_some_left_is_suppressed_again():
    found = anonymise(cases(*[("F", 41, ["cyst"])] * 3), k=3).cases
    again = tighten(found.slice(1), k=3)
    assert again["age_band"].to_pylist() == [None, None]
    assert again["findings"].to_pylist() == [[], []]
