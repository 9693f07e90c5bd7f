"""What happens to a region of a frame and why.

Flows in: nothing. Flows out: the record that classification makes and masking, audit and tables read.
"""

from dataclasses import dataclass

from schemas.region import RegionAction, RegionKind, TextRegion


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to a region and why."""

    region: TextRegion
    kind: RegionKind
    action: RegionAction
    rule: str

    @property
    def kept(self) -> bool:
        """Say whether the region stays visible."""
        return self.action is RegionAction.KEEP
