import pytest

from curation.image.misread import readings
from curation.image.rules import prove


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("TIS0 .6", "tis0.6"),
        ("CBD:7.lmm", "cbd:7.1mm"),
        ("wal1:2.7mm", "wall:2.7mm"),
        ("rIS<0.9", "tis<0.9"),
        ("kidney try lp", "kidney trv lp"),
        ("com par i son", "comparison"),
        ("PLFUNDAL", "pl fundal"),
        ("LAXILLALONG", "l axilla long"),
    ],
)
def test_a_line_is_also_read_as_it_may_have_been_meant(read, meant):
    assert meant in readings(read)
    assert prove(read) is not None


@pytest.mark.parametrize("name", ["LI WEI", "Wang Li", "RTMARK", "LEAR", "Bai Lu", "m ing zhou", "It Tan", "A da Li"])
def test_no_name_becomes_clinical_by_another_reading(name):
    proof = prove(name)
    assert proof is None or proof.weak
