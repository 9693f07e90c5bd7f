import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.pseudonym import Pseudonymizer
from curation.text.shifted_dates import shift_date
from curation.text.surrogate import Surrogates

KEYED = Pseudonymizer(b"k" * 32)


def of(patient="p1", salt=0):
    return Surrogates(KEYED, "site", patient, salt)


def test_one_person_keeps_one_surrogate_in_every_spelling():
    first, last = of().replace("NAME", "John Smith").split()
    assert of().replace("NAME", "SMITH^JOHN") == f"{last.upper()}^{first.upper()}"
    assert of().replace("NAME", "Smith") == last
    assert {first, last}.isdisjoint({"John", "Smith"})
    whole = of().replace("NAME", "王小明")
    assert re.fullmatch(r"[\u4e00-\u9fff]{3}", whole)
    assert of().replace("NAME", "王 小 明") == " ".join(whole)
    assert of().replace("NAME", "王") == whole[0]


def test_other_patients_keys_and_salts_get_other_surrogates():
    names = {
        s.replace("ID", "MRN00123456")
        for s in (of(), of("p2"), of(salt=1), Surrogates(Pseudonymizer(b"x" * 32), "site", "p1"))
    }
    assert len(names) == 4
    assert all(re.fullmatch(r"[A-Z]{3}\d{8}", name) for name in names)


@pytest.mark.parametrize(
    ("entity", "value", "form"),
    [
        ("PHONE", "0571-87654321", r"\d{4}-\d{8}"),
        ("ROOM", "12", r"\d\d"),
        ("TIME", "14:28", r"\d\d:28"),
        ("AGE", "95", "90"),
        ("HOSPITAL", "青岭市第一医院", r"[\u4e00-\u9fff]+医院"),
        ("HOSPITAL", "Mercy General Hospital", r"[A-Z][a-z]+ Hospital"),
        ("HOSPITAL", "超声科", r"[\u4e00-\u9fff]+"),
        ("EMAIL", "a.b@c.com", r"user\d+@example\.org"),
        ("URL", "http://a.b", r"https://example\.org/\d+"),
        ("ADDRESS", "12 Oak Hill Road", r"\d+ [A-Z][a-z]+ Street"),
    ],
)
def test_surrogates_are_of_the_kind_of_what_they_replace(entity, value, form):
    assert re.fullmatch(form, of().replace(entity, value))


def test_what_cannot_be_invented_becomes_a_tag():
    assert of().replace("DATE", "last spring") == "[DATE]"
    assert of().replace("PHONE", "一三八") == "[PHONE]"
    assert of().replace("NEW", "x") == "[NEW]"


@pytest.mark.parametrize(
    ("written", "moved"),
    [
        ("2024-03-09", "2024-04-18"),
        ("2024/3/9", "2024/4/18"),
        ("2024年3月9日", "2024年4月18日"),
        ("20240309", "20240418"),
        ("03/09/2024", "04/18/2024"),
        ("25/12/2023", "03/02/2024"),
        ("9.3.24", "18.4.24"),
        ("March 9, 2024", "April 18, 2024"),
        ("MAR 9, 2024", "APR 18, 2024"),
        ("9 Mar 2024", "18 Apr 2024"),
        ("Mar 2024", "Apr 2024"),
        ("5月12日", "6月21日"),
        ("2024-03-09 14:28", "2024-04-18 14:28"),
    ],
)
def test_dates_keep_their_form(written, moved):
    assert shift_date(written, 40) == moved


@pytest.mark.parametrize("text", ["2024-13-40", "spring", "99", "0000-00-00", ""])
def test_what_is_no_date_is_not_moved(text):
    assert shift_date(text, 40) is None


@given(st.dates(date(1940, 1, 1), date(2028, 1, 1)), st.integers(1, 400), st.integers(-365, 365))
def test_intervals_survive(day, gap, offset):
    first, second = (shift_date(d.isoformat(), offset) for d in (day, date.fromordinal(day.toordinal() + gap)))
    assert (date.fromisoformat(second) - date.fromisoformat(first)).days == gap
