"""Coordinates through cropping and resizing: exact in floating point, and back again.

In: coordinates of one picture in px, (0, 0) at the corner of the first pixel. Out: those of the picture that was cut
out of it and scaled. A picture resized by ``w / W`` scales coordinates by the same: no half pixels are lost.
Masks are resized through their rings, so that they end where the coordinates say.
"""

from collections.abc import Sequence
from dataclasses import dataclass

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Transform:
    """``new = (old - origin) * scale`` for x and y."""

    origin: tuple[float, float] = (0.0, 0.0)
    scale: tuple[float, float] = (1.0, 1.0)

    @classmethod
    def crop(cls, box: Box) -> "Transform":
        """Cut out a box (xyxy px)."""
        return cls((float(box[0]), float(box[1])))

    @classmethod
    def resize(cls, old: tuple[int, int], new: tuple[int, int]) -> "Transform":
        """Scale a picture of width and height ``old`` to ``new``."""
        return cls(scale=(new[0] / old[0], new[1] / old[1]))

    def then(self, after: "Transform") -> "Transform":
        """Apply this one, then another, as one."""
        origin = tuple(self.origin[i] + after.origin[i] / self.scale[i] for i in (0, 1))
        scale = tuple(self.scale[i] * after.scale[i] for i in (0, 1))
        return Transform((origin[0], origin[1]), (scale[0], scale[1]))

    def inverse(self) -> "Transform":
        """Give the way back."""
        origin = tuple(-self.origin[i] * self.scale[i] for i in (0, 1))
        return Transform((origin[0], origin[1]), (1 / self.scale[0], 1 / self.scale[1]))

    def flat(self, values: Sequence[float]) -> list[float]:
        """Transform ``[x, y, x, y, …]``: a ring or a box."""
        return [(value - self.origin[i % 2]) * self.scale[i % 2] for i, value in enumerate(values)]
