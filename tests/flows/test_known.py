import pytest

from flows.known import read_known


def test_values_are_texts_numbers_or_lists_of_them():
    known = read_known(
        {"patient_name": "王小明", "patient_id": 123456, "physicians": ["Chen", None, ""], "phone": None}
    )
    assert known["names"] == ["王小明"]
    assert known["ids"] == ["123456"]
    assert known["physicians"] == ["Chen"]
    assert known["phones"] == []
    assert set(map(len, read_known(None).values())) == {0}


@pytest.mark.parametrize(
    "content", ["x", [1], {"shoe": "42"}, {"patient_name": {"first": "A"}}, {"physicians": [["A"]]}]
)
def test_what_is_no_known_phi_is_refused(content):
    assert read_known(content) is None
