"""What is given back of a found place, and what never is."""

import pytest

from curation.text.redact import redact
from curation.text.spans import Replacement
from curation.text.trim import trimmed


def left(text, entity, *, known=()):
    found = trimmed(text, [Replacement(0, len(text), entity, f"[{entity}]")], known)
    return [text[item.start : item.end] for item in found]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Dr. Lakshmi Subramanian", ["Lakshmi Subramanian"]),
        ("Jane Roe, M.D.", ["Jane Roe"]),
        ("MARY ELLSWORTH RDMS RVT", ["MARY ELLSWORTH"]),
        ("Jean-Luc Fontaine and Bronwen Pugh", ["Jean-Luc Fontaine", "Bronwen Pugh"]),
        ("Sonographer", []),
        ("NP", ["NP"]),
        ("Baby Girl Garcia", ["Baby Girl Garcia"]),
        ("Siddiqui's", ["Siddiqui"]),
        ("SMITH^JOHN^DR", ["SMITH^JOHN^DR"]),
        ("王小明", ["王小明"]),
    ],
)
def test_names_lose_titles_and_links(text, wanted):
    assert left(text, "NAME") == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Seen at Phuket Andaman Clinic", ["Phuket Andaman Clinic"]),
        ("The Ashdene Clinic", ["The Ashdene Clinic"]),
        ("就诊于澜江医院", ["澜江医院"]),
        ("at the base", ["at the base"]),
        ("patient rose thorn hospital", ["patient rose thorn hospital"]),
    ],
)
def test_places_lose_what_leads_to_them(text, wanted):
    assert left(text, "HOSPITAL") == wanted


def test_known_phi_is_never_given_back():
    assert left("Dr Roe", "NAME", known=[(0, 6)]) == ["Dr Roe"]


def test_other_entities_stay_as_they_are():
    assert left("at 10:30", "TIME") == ["at 10:30"]


def test_a_number_inside_a_trimmed_place_still_goes():
    text = redact("Employer: Dunlap Timber Co. Adjuster Roxanne Pettibone 503-555-0171 ext 22.").text
    assert "Pettibone" not in text
    assert "0171" not in text
