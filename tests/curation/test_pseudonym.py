"""Keyed codes: stable, apart from each other, and silent about the key."""

import pickle

import pytest

from curation.pseudonym import Pseudonymizer, new_key, read_key
from schemas.errors import ConfigError

KEY = bytes(range(32))


def test_code_is_stable_and_keyed():
    code = Pseudonymizer(KEY).code("case", "s1", "42")
    assert len(code) == 32
    assert int(code, 16) >= 0
    assert code == Pseudonymizer(KEY).code("case", "s1", "42")
    assert code != Pseudonymizer(bytes(32)).code("case", "s1", "42")


def test_parts_are_unambiguous():
    tool = Pseudonymizer(KEY)
    parts = [("a", "b", "c"), ("ab", "", "c"), ("a", "bc", ""), ("a|b", "c", ""), ("a", "b|c", ""), ("b", "a", "c")]
    assert len({tool.code(*part) for part in parts}) == len(parts)


def test_known_answer():
    assert Pseudonymizer(KEY).code("case", "site-1", "张伟") == Pseudonymizer(KEY).code(
        "case", "site-1", "\u5f20\u4f1f"
    )


def test_date_shift_is_by_patient_and_in_range():
    tool = Pseudonymizer(KEY)
    shifts = [tool.date_shift_days("s", str(number)) for number in range(500)]
    assert shifts == [tool.date_shift_days("s", str(number)) for number in range(500)]
    assert all(30 <= abs(shift) <= 365 for shift in shifts)
    assert min(shifts) < 0 < max(shifts)
    assert len(set(shifts)) > 200


def test_key_id_names_the_key_and_hides_it():
    tool = Pseudonymizer(KEY)
    assert len(tool.key_id) == 8
    assert tool.key_id not in KEY.hex()
    assert KEY.hex() not in repr(tool)
    assert repr(tool) == f"Pseudonymizer(key_id='{tool.key_id}')"
    with pytest.raises(TypeError):
        pickle.dumps(tool)


def test_new_and_read_key():
    key = new_key()
    assert len(key) == 32
    assert key != new_key()
    assert read_key(f"  {key.hex()}\n") == key


@pytest.mark.parametrize("text", ["", "zz", "abc", "ab" * 31, "0x" + "ab" * 32])
def test_malformed_key(text):
    with pytest.raises(ConfigError) as caught:
        read_key(text)
    assert not text or text not in str(caught.value)


def test_short_key():
    with pytest.raises(ConfigError):
        Pseudonymizer(b"short")
