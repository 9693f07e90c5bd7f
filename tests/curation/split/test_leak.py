"""Texts near held-out ones, whatever is compared at a time."""

import pytest

from curation.split import leak
from schemas.publishing import Release

HELD_OUT = ["A cyst of 9 mm in the right kidney, thin wall, no septum.", "右乳10点见无回声区，大小约10×9mm，壁薄。"]
TEXTS = [
    "The thyroid is normal in size and echo.",
    "A cyst of 9 mm in the right kidney, thin wall, no septa.",
    "胆囊壁光滑，腔内未见结石。",
    "右乳10点见无回声区，大小约10×9mm，壁薄。",
    "A cyst of 9 mm in the right kidney, thin wall, no septum.",
]


@pytest.mark.parametrize("block", [1, 2, 1 << 16])
def test_what_is_near_does_not_depend_on_blocks(monkeypatch, block):
    monkeypatch.setattr(leak, "_BLOCK", block)
    near = leak.near(TEXTS, HELD_OUT, Release(name="r"))
    assert near.tolist() == [False, True, False, True, True]
    assert not leak.near(TEXTS, [], Release(name="r")).any()
