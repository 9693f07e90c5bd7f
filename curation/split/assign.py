"""Which split a patient belongs to: by a seeded hash, together with all patients whose frames look like theirs.

In: patients, frames with their hashes. Out: the split of every patient.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from curation.split.alike import UInt64, groups, near_pairs
from schemas.publishing import Release


@dataclass(frozen=True, slots=True)
class Groups:
    """Patients that stay together: the group of each (by its smallest patient), and what joined them."""

    of: dict[str, str]
    joined_frames: int

    @property
    def joined_patients(self) -> int:
        """How many patients share a group with another."""
        sizes = np.unique(list(self.of.values()), return_counts=True)[1] if self.of else np.zeros(0, int)
        return int(sizes[sizes > 1].sum())

    @property
    def largest(self) -> int:
        """Patients of the largest group."""
        return int(np.unique(list(self.of.values()), return_counts=True)[1].max()) if self.of else 0


def patient_groups(
    patients: Sequence[str], owners: Sequence[str], dhashes: UInt64, phashes: UInt64, *, bits: int
) -> Groups:
    """Join patients who own frames that look alike: both hashes differ in at most so many bits.

    Shapes: owners n patients, one per frame; dhashes and phashes uint64[n].
    """
    near = [
        (owners[i], owners[j])
        for i, j in near_pairs(dhashes, bits)
        if owners[i] != owners[j] and (int(phashes[i]) ^ int(phashes[j])).bit_count() <= bits
    ]
    return Groups(groups(patients, near), len(set(near)))


def split_of(group: str, config: Release) -> str:
    """Assign a group to a split by a seeded hash: the same group is in the same split of every release."""
    digest = hashlib.sha256(f"{config.split_seed}|{group}".encode()).digest()
    position = int.from_bytes(digest[:8], "big") / 2**64
    if position < config.split_test:
        return "test"
    return "validation" if position < config.split_test + config.split_validation else "train"


def splits_of(found: Groups, config: Release) -> Mapping[str, str]:
    """Assign every patient to the split of its group."""
    return {patient: split_of(group, config) for patient, group in found.of.items()}
