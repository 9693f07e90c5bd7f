"""Planted errors: seeded, of the kind that is asked for, and nothing where a pair holds nothing of it."""

import random

import pytest

from curation.quality.clean_pair import CleanPair
from curation.quality.plant import PLANTABLE, plant
from schemas.case import Language
from schemas.expert import ExpertError

PAIR = CleanPair(
    "p",
    Language.EN,
    "The right kidney is normal. A cyst of 12 mm is seen in the left kidney, BI-RADS 3. Mild benign change.",
    "What is seen?",
    "A benign cyst of 12 mm is seen in the left kidney, BI-RADS 3.",
    "左肾可见一12mm良性囊肿。",
)


@pytest.mark.parametrize("kind", PLANTABLE)
def test_every_kind_can_be_planted_and_is_seeded(kind):
    first, again = (plant(PAIR, kind, random.Random(3)) for _ in range(2))
    assert first == again
    assert first is not None and first != PAIR.answer


@pytest.mark.parametrize(
    ("kind", "words"),
    [(ExpertError.SIDE, "right kidney"), (ExpertError.NATURE, "malignant"), (ExpertError.LANGUAGE, "左肾")],
)
def test_it_says_the_opposite(kind, words):
    assert words in (plant(PAIR, kind, random.Random(1)) or "")


@pytest.mark.parametrize(
    "kind", [ExpertError.NUMBER, ExpertError.UNIT, ExpertError.SIDE, ExpertError.GRADE, ExpertError.NATURE]
)
def test_nothing_is_planted_where_there_is_nothing(kind):
    assert plant(CleanPair("p", Language.ZH, "肝脏正常。", "？", "正常"), kind, random.Random(1)) is None
