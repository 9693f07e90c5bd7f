import re
from collections import Counter

import pytest
from pydantic import ValidationError

from curation.generate.case import draw
from curation.generate.prompts.phrasing import BANK_SLOTS, MIN_PHRASINGS, Phrasing, Phrasings, phrase
from curation.generate.template import library
from schemas.case import Language

BANKS = tuple(Phrasings.model_fields)
ANSWER_BANKS = {"answer_letter", "answer_restated"}


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("bank", BANKS)
def test_each_bank_has_twenty_own_wordings_in_the_language(bank, language):
    wordings = getattr(library().phrasings, bank).text(language)
    assert len(set(wordings)) >= MIN_PHRASINGS
    for wording in wordings:
        spoken = phrase(re.sub(r"\{[a-z]+\}", "", wording), 1)
        assert "{" not in spoken
        assert "|" not in spoken
        assert bool(re.search(r"[\u4e00-\u9fff]", spoken)) is (language is Language.ZH and spoken != "")
        slots = set(re.findall(r"\{([a-z]+)\}", wording))
        assert slots == set(BANK_SLOTS.get(bank, ()))


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("bank", sorted(set(BANKS) - ANSWER_BANKS))
def test_where_images_are_named_one_and_several_differ(bank, language):
    wordings = getattr(library().phrasings, bank).text(language)
    varied = [wording for wording in wordings if phrase(wording, 1) != phrase(wording, 3)]
    assert len(varied) >= 5
    for wording in wordings:
        assert not re.search(r"\bthese images\b|这些图像", phrase(wording, 1)), wording
        assert not re.search(r"\bthis image\b|这幅图像", phrase(wording, 3)), wording


def test_a_slot_is_never_read_as_a_pattern():
    assert phrase("{a|b}: {statement}", 2, statement="{question} {x|y}") == "b: {question} {x|y}"
    assert phrase("T: {statement}", 1) == "T: {statement}"
    with pytest.raises(KeyError):
        phrase("{statement}", 1, question="q")


def test_a_seeded_draw_uses_the_whole_bank_evenly_and_always_the_same():
    bank = library().phrasings.report
    drawn = [bank.pick(Language.EN, draw(7, f"case-{number}", "report"), images=1) for number in range(4_000)]
    assert drawn == [bank.pick(Language.EN, draw(7, f"case-{number}", "report"), images=1) for number in range(4_000)]
    counts = Counter(drawn)
    expected = 4_000 / len(bank.en)
    assert set(counts) == {phrase(wording, 1) for wording in bank.en}
    assert sum((count - expected) ** 2 / expected for count in counts.values()) < 60  # chi-square, 21 degrees: p ~ 1e-5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda bank: bank[:-1], "at least 20"),
        (lambda bank: [*bank[:-1], bank[0].upper()], "same wording twice"),
        (lambda bank: [*bank[:-1], "Say {answer}"], "same slots"),
    ],
)
def test_a_poor_bank_is_refused(change, message):
    bank = [f"Wording {number}" for number in range(MIN_PHRASINGS)]
    with pytest.raises(ValidationError, match=message):
        Phrasing(en=change(bank), zh=bank)
