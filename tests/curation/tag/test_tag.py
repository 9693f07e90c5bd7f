"""Labels by the bilingual vocabularies: negation, doubt, several systems, names within names."""

import pyarrow as pa
import pytest

from curation.generate.template import library
from curation.tag.tag import tag
from schemas.finding import FINDING, TAG_INPUT


def row(findings, impression="", systems=("liver",), language="en"):
    texts = {"language": language, "findings": findings, "impression": impression}
    return {"case_id": "c1", "site": "s", "systems": list(systems), **texts}


def tagged(*rows):
    return tag(pa.Table.from_pylist(list(rows), schema=TAG_INPUT), vocabularies=library().vocabularies).kept


@pytest.mark.parametrize(
    ("text", "column", "label"),
    [
        ("Simple hepatic cyst in the right lobe.", "diagnoses", "liver/simple hepatic cyst"),
        ("No hepatic cyst is seen.", "denied", "liver/simple hepatic cyst"),
        ("Cannot exclude hepatic abscess.", "doubtful", "liver/hepatic abscess"),
        ("肝内见囊肿，考虑肝囊肿。", "diagnoses", "liver/simple hepatic cyst"),
        ("未见肝囊肿。", "denied", "liver/simple hepatic cyst"),
        ("肝脓肿待排。", "doubtful", "liver/hepatic abscess"),
        ("Nodular liver surface.", "findings", "liver/nodular liver surface"),
        ("Left lobe: no hepatic cyst; right lobe: hepatic cyst.", "diagnoses", "liver/simple hepatic cyst"),
    ],
)
def test_what_is_stated_denied_or_left_open(text, column, label):
    (found,) = tagged(row(text)).to_pylist()
    assert label in found[column]
    for other in {"findings", "diagnoses", "denied", "doubtful"} - {column}:
        assert label not in found[other]


def test_labels_of_all_systems_of_a_case_and_of_no_other():
    text = "Hepatic cyst. Fibroadenoma of the left breast. Hydroureter."
    (found,) = tagged(row(text, systems=["liver", "breast", "msk"])).to_pylist()
    assert found["diagnoses"] == ["breast/fibroadenoma", "liver/simple hepatic cyst"]
    assert found["findings"] == []


def test_the_longest_name_counts():
    (found,) = tagged(row("椭圆形肿块。", systems=["breast"])).to_pylist()
    assert found["findings"] == ["breast/oval mass"]


def test_a_report_without_labels_keeps_its_row():
    kept = tagged(row("Nothing to say."), row("x", systems=["other"]))
    assert kept.schema == FINDING
    assert kept.num_rows == 2
