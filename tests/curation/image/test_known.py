import pytest

from curation.image.known import KnownPhi

KNOWN = KnownPhi(
    {
        "names": ["ZHANG^WEI=张^伟", "Smith, John A"],
        "ids": ["A2410270101", "00030449"],
        "dates": ["1984-12-09", "20240309"],
        "phones": ["(555) 018-5022"],
        "addresses": ["52 Tallow Street"],
        "physicians": ["陈静主任医师", "Dr. Anita Deshmukh"],
        "institutions": ["Larkfield Regional Hospital", "协和医院"],
    }
)


@pytest.mark.parametrize(
    "text",
    [
        "张伟", "患者张伟左肾", "ZHANG WEI", "wei zhang", "ZHANGWEI", "ZW", "SMITH", "john", "JOHN SMITH", "SJ",
        "A2410270101", "ID 00030449", "1984/12/09", "09.12.1984", "12-09-84", "2024年3月9日", "09Mar2024 09032024",
        "555-018-5022", "52 TALLOW STREET", "陈静", "CHEN JING", "Deshmukh", "LARKFIELD REGIONAL HOSPITAL", "协和医院超声科",
    ],
)  # fmt: skip
def test_known_phi_is_found(text):
    assert KNOWN.hits(text)


@pytest.mark.parametrize("text", ["LIVER", "RT KIDNEY SAG", "BPD 85.2 mm", "左肾", "MI 1.2", "PW", "12", ""])
def test_other_text_is_not(text):
    assert not KNOWN.hits(text)


def test_initials_do_not_take_a_value_away():
    known = KnownPhi({"names": ["Liu Vera"]})
    assert known.hits("LV")
    assert not known.hits("LV 4.5 cm", valued=True)


def test_name_in_latin_letters_is_found_in_characters():
    assert KnownPhi({"names": ["Zhang Wei"]}).hits("张伟")


@pytest.mark.parametrize("text", ["SMLTH JOHN", "DESHMUKN", "A24l0270101"])
def test_misread_phi_is_nearly_found(text):
    assert KNOWN.nearly_hits(text)


def test_a_known_word_is_not_found_inside_a_longer_clinical_word():
    assert not KnownPhi({"names": ["Rena Live"]}).hits("RENAL LIVER")


def test_nothing_shows_in_repr():
    assert "ZHANG" not in repr(KNOWN).upper()


def test_absent_kinds_are_fine():
    assert not KnownPhi({"names": None}).hits("LIVER")
