"""One row of a frame, and what stands beside a group in it: cues, unknown text, names.

Flows in: a row with its proofs. Flows out: yes or no. A name beside anatomy could take its nearest word.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from curation.image import layout
from curation.image.cues import holds_cue, may_be_name
from curation.image.known import KnownPhi
from curation.image.lexicon import fold, has_hanzi
from curation.image.regions import ScanRegion
from curation.image.rules import Proof
from schemas.region import RegionKind, TextRegion

#: Unknown text nearer than this may be the other half of a name.
_NEIGHBOUR_GAP = 2.5
#: A cue governs what follows within this gap.
_CUE_GAP = 14.0
_INITIAL = re.compile(r"[a-z]\.")
Order = list[int]
Group = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known about the frame besides its text.

    Shapes: ``shape`` is rows, columns.
    """

    shape: tuple[int, int]
    scan: tuple[ScanRegion, ...]
    known: KnownPhi
    keep_min_score: float


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a frame with everything its decisions need."""

    order: Order
    proofs: dict[int, tuple[Proof, Group]]
    regions: Sequence[TextRegion]
    scene: Scene
    band: int
    ticks: set[int]
    identity: set[int]

    def gap(self, left: int, right: int) -> float:
        """Measure the gap between two regions in text heights."""
        return layout.gap_in_heights(self.regions[left], self.regions[right])


def _is_short(line: str) -> bool:
    """Say whether a phrase is so short that initials could spell it."""
    text = fold(line)
    return len(text) <= 2 and not has_hanzi(text)


def after_cue(group: Group, row: Row) -> bool:
    """Say whether a cue stands to the left with no proven value between."""
    right = group[0]
    for index in reversed(row.order[: row.order.index(group[0])]):
        if row.gap(index, right) > _CUE_GAP:
            return False
        if index in row.identity:
            return holds_cue(row.regions[index].text)
        if index in row.proofs and row.proofs[index][0].valued:
            return False
        right = index
    return False


def _takes_no_neighbour(proof: Proof, line: str) -> bool:
    """Say whether any unknown text beside a group is too near: "Echo Lab", "Kestrel Bay OB/GYN", initials."""
    return proof.weak or proof.kind is RegionKind.DEVICE or _is_short(line)


def is_unproven(index: int, row: Row) -> bool:
    """Say whether nothing proves a region that could be part of a name; a letter with a point is an initial."""
    initial = _INITIAL.fullmatch(fold(row.regions[index].text))
    return index not in row.proofs or index in row.identity or initial is not None


def continues_name(group: Group, row: Row) -> bool:
    """Say whether a value's first words stand right behind an unproven line with a comma: "OYELARAN, | MAX PLAX"."""
    start = next(i for i in group if i in row.order)  # a label above its value stands in another row
    first = row.order.index(start)
    return any(
        is_unproven(i, row) and row.gap(i, start) <= 1 and row.regions[i].text.rstrip().endswith((",", "，"))
        for i in row.order[first - 1 : first]
    )


def beside_unknown(group: Group, row: Row, proof: Proof) -> bool:
    """Say whether unproven text stands right before or after the group, and could take its nearest word for a name."""
    texts = [row.regions[i].text for i in group]
    weak = _takes_no_neighbour(proof, " ".join(texts))
    first, last = row.order.index(group[0]), row.order.index(group[-1])
    before, after = row.order[first - 1 : first], row.order[last + 1 : last + 2]
    sides = [(i, i, group[0], "start") for i in before] + [(i, group[-1], i, "end") for i in after]
    return any(
        is_unproven(i, row)
        and row.gap(left, right) <= _NEIGHBOUR_GAP
        and (weak or holds_cue(row.regions[i].text) or may_be_name(texts[0 if side == "start" else -1], side))
        for i, left, right, side in sides
    )
