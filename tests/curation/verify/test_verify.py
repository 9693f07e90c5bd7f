"""Rules of verification as value tables."""

import pyarrow as pa
import pytest

from curation.facts.written import grades
from curation.verify.check import check
from curation.verify.claims import Case
from curation.verify.verify import verify
from schemas.case import Language
from schemas.config import Verify
from schemas.instruction import VERIFY_INPUT


@pytest.mark.parametrize(
    ("answer", "report", "supported"),
    [
        ("1.2 cm", "a nodule of 12 mm", True),
        ("12 x 8 mm", "1.2 cm × 0.8 cm", True),
        ("12*8mm", "大小约12mm×8mm", True),
        ("12 mm", "12 cm", False),
        ("0.7 m/s", "PSV 70 cm/s", True),
        ("RI 0.65", "RI 0.66", False),
        ("RI 0.65", "阻力指数：0.65", True),
        ("follow up in 6 months", "a nodule of 12 mm", True),
        ("no number", "", True),
        ("１２ mm", "12 mm", True),
        ("12.0 mm", "12 mm", True),
        ("3类", "BI-RADS 3类", True),
    ],
)
def test_numbers(answer, report, supported):
    broken = check(Case(Language.EN, report, "", answer), frozenset({"numbers", "grades"}))
    assert (broken == []) is supported


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("BI-RADS 4A", {"birads4a"}),
        ("BI-RADS：4a类", {"birads4a"}),
        ("ACR TI-RADS category 3; C-TIRADS 4b", {"tirads3", "tirads4b"}),
        ("O-RADS US 2", {"orads2"}),
        ("LI-RADS US-1", {"lirads1"}),
        ("grade 2 steatosis", set()),
    ],
)
def test_grades(text, found):
    assert grades(text) == found


def row(**change):
    base = dict.fromkeys(VERIFY_INPUT.names)
    base |= {
        "instance_id": "c/vqa-closed-00",
        "case_id": "c",
        "site": "s",
        "systems": ["liver"],
        "language": "en",
        "task": "vqa",
        "form": "closed",
        "question": "How large is the cyst?",
        "answer": "12 mm",
        "frame_ids": ["c/i000/f000"],
        "source_section": "findings",
        "source_start": 7,
        "source_end": 12,
        "tier": "demo",
        "findings": "A cyst 12 mm in the right lobe.",
        "impression": "BI-RADS 2",
    }
    return base | change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"source_start": 6}, "NOT_A_SPAN"),
        ({"source_section": "impression"}, "NOT_A_SPAN"),
        ({"source_end": None}, "NOT_A_SPAN"),
        ({"form": "open", "answer": "It is 13 mm."}, "UNSUPPORTED_NUMBER"),
        ({"form": "open", "answer": "In the left lobe."}, "UNSUPPORTED_SIDE"),
        ({"form": "open", "answer": "It is BI-RADS 4A."}, "UNSUPPORTED_GRADE"),
        ({"form": "open", "answer": "A simple cyst of the right lobe."}, None),
    ],
)
def test_verify_gives_the_first_failed_rule(change, reason):
    result = verify(pa.Table.from_pylist([row(**change)], schema=VERIFY_INPUT), config=Verify())
    assert [r["reason"] for r in result.rejected.to_pylist()] == ([reason] if reason else [])
    assert result.kept.num_rows + result.rejected.num_rows == 1
