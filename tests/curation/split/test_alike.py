"""Look-alikes are found exactly: the same pairs as comparing all with all."""

import numpy as np
import pytest

from curation.split.alike import groups, matches, near_pairs
from curation.split.assign import patient_groups, split_of
from schemas.config import Release


def hashes(n, seed=0):
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 2**63, n, np.int64).astype(np.uint64)
    for at in range(n // 2, n):  # half of them near another, at 0 to 6 bits
        flips = rng.choice(64, rng.integers(0, 7), replace=False)
        base[at] = base[rng.integers(0, n // 2)] ^ np.uint64(sum(1 << int(bit) for bit in flips))
    return base


@pytest.mark.parametrize("bits", [-1, 0, 1, 2, 3, 5, 16])
def test_the_pairs_are_those_of_comparing_all(bits):
    values = hashes(200)
    apart = np.bitwise_count(values[:, None] ^ values[None, :])
    wanted = {(i, j) for i, j in zip(*np.nonzero(apart <= bits), strict=True) if i < j}
    assert set(near_pairs(values, bits)) == wanted
    assert bits < 2 or wanted


def test_all_hashes_must_match_the_same_other():
    mine = np.array([[1, 1], [1, 9], [255, 255]], np.uint64)
    others = np.array([[1, 1], [1 << 40, 9]], np.uint64)
    assert matches(mine, others, 0).tolist() == [True, False, False]
    assert matches(mine, others[:0], 3).tolist() == [False] * 3
    assert matches(mine, others, -1).tolist() == [False] * 3


def test_groups_join_through_others():
    found = groups(["a", "b", "c", "d", "e"], [("d", "c"), ("c", "b")])
    assert found == {"a": "a", "b": "b", "c": "b", "d": "b", "e": "e"}


def test_patients_join_by_frames_of_both_hashes():
    dhash, phash = np.array([1, 1, 1, 7], np.uint64), np.array([5, 5, 1 << 50 | 1 << 51 | 1 << 52, 5], np.uint64)
    found = patient_groups(["p", "q", "r", "s"], ["p", "q", "r", "s"], dhash, phash, bits=1)
    assert found.of == {"p": "p", "q": "p", "r": "r", "s": "s"}
    assert (found.joined_patients, found.largest) == (2, 2)


def test_a_group_keeps_its_split_and_shares_are_as_asked():
    config = Release(split_validation=0.2, split_test=0.3)
    splits = [split_of(f"p{at}", config) for at in range(4000)]
    assert splits == [split_of(f"p{at}", config) for at in range(4000)]
    assert abs(splits.count("test") / 4000 - 0.3) < 0.03
    assert abs(splits.count("validation") / 4000 - 0.2) < 0.03
