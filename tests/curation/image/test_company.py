import pytest

from curation.image.company import keep_company
from curation.image.decision import Decision
from schemas.region import RegionAction, RegionKind, TextRegion


def region(x, y, text):
    return TextRegion((x, y, x + 9 * len(text), y + 16), text, 0.99)


def setting(x, y, text="Gn 50"):
    return Decision(region(x, y, text), RegionKind.DEVICE, RegionAction.KEEP, "setting")


def waiting(x, y, text):
    return Decision(region(x, y, text), RegionKind.UNKNOWN, RegionAction.MASK, "collision")


def kept(*decisions, band=0):
    indices = {i for i, d in enumerate(decisions) if not d.kept}
    return [d.region.text for d in keep_company(decisions, indices, band) if d.rule == "company"]


def test_a_code_needs_one_setting_beside_above_or_below():
    assert kept(setting(10, 100), waiting(10, 122, "FA 9")) == ["FA 9"]
    assert kept(setting(10, 100), waiting(80, 100, "FA 9")) == ["FA 9"]
    assert kept(setting(10, 100), waiting(10, 180, "FA 9")) == []
    assert kept(setting(10, 100), waiting(120, 122, "FA 9")) == []


@pytest.mark.parametrize("text", ["52", "B", "1.5"])
def test_a_bare_number_or_letter_needs_settings_above_and_below(text):
    assert kept(setting(10, 100), waiting(10, 122, text), setting(10, 144)) == [text]
    assert kept(setting(10, 100), waiting(10, 122, text)) == []


def test_company_grows_round_by_round():
    assert kept(setting(10, 100), waiting(10, 122, "XV 3"), waiting(10, 144, "PST 1")) == ["XV 3", "PST 1"]


def test_nothing_is_kept_in_the_header_band():
    assert kept(setting(10, 30), waiting(10, 52, "FA 9"), band=60) == []


def test_what_does_not_wait_is_left_alone():
    decisions = [setting(10, 100), waiting(10, 122, "ZW 12")]
    assert keep_company(decisions, set(), 0) == decisions
