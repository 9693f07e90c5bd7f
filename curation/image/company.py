"""Short settings are proven by their company: a code or a number between proven settings is one of them.

Flows in: decisions of a frame and which of them wait for company. Flows out: decisions. Columns of settings are aligned
left or right and evenly spaced; identity does not stand between two lines of them.
"""

from collections.abc import Sequence
from dataclasses import replace

from curation.image.decision import Decision
from schemas.region import RegionAction, RegionKind, TextRegion

#: Neighbours of a column start or end within this many text heights of each other, and follow each other this closely.
_ALIGNED, _BELOW = 0.8, 2.3
#: Neighbours of a row stand this close, in text heights.
_BESIDE = 7.0
_ROUNDS = 6
_KINDS = (RegionKind.DEVICE, RegionKind.MEASUREMENT)


def keep_company(decisions: Sequence[Decision], waiting: set[int], band_px: int) -> list[Decision]:
    """Keep waiting regions below the header band that stand beside kept settings, round by round."""
    decided = list(decisions)
    waiting = {i for i in waiting if decided[i].region.box_px[1] >= band_px}
    identity = [d.region for d in decided if d.kind is RegionKind.PHI]
    named = {i for i in waiting if any(_touches(decided[i].region, region) for region in identity)}
    for _ in range(_ROUNDS):
        settings = [d.region for d in decided if d.kept and d.kind in _KINDS]
        joined = {i for i in waiting - named if _is_accompanied(decided[i].region, settings)}
        if not joined:
            break
        for i in joined:
            decided[i] = replace(decided[i], kind=RegionKind.DEVICE, action=RegionAction.KEEP, rule="company")
        waiting -= joined
    return decided


def _is_accompanied(region: TextRegion, settings: Sequence[TextRegion]) -> bool:
    """Say whether enough settings stand around: a bare number needs one above and one below, a code needs one."""
    above = any(_follows(region, other) for other in settings)
    below = any(_follows(other, region) for other in settings)
    if len(region.text.strip()) <= 1 or region.text.strip().replace(".", "").isdigit():
        return above and below
    return above or below or any(_beside(region, other) for other in settings)


def _height(region: TextRegion) -> int:
    return max(1, region.box_px[3] - region.box_px[1])


def _follows(lower: TextRegion, upper: TextRegion) -> bool:
    """Say whether a region stands right below another one, aligned with it."""
    height = min(_height(lower), _height(upper))
    gap = lower.box_px[1] - upper.box_px[3]
    left, right = abs(lower.box_px[0] - upper.box_px[0]), abs(lower.box_px[2] - upper.box_px[2])
    return -0.5 * height <= gap <= _BELOW * height and min(left, right) <= _ALIGNED * height


def _touches(one: TextRegion, other: TextRegion) -> bool:
    """Say whether two regions follow or stand beside each other: "OB/GYN" below a name is a department."""
    return _follows(one, other) or _follows(other, one) or _beside(one, other)


def _beside(one: TextRegion, other: TextRegion) -> bool:
    """Say whether two regions stand in one row, close to each other."""
    height = min(_height(one), _height(other))
    shared = min(one.box_px[3], other.box_px[3]) - max(one.box_px[1], other.box_px[1])
    gap = max(one.box_px[0], other.box_px[0]) - min(one.box_px[2], other.box_px[2])
    return 2 * shared >= height and 0 <= gap <= _BESIDE * height
