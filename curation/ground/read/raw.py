"""What every reader gives: annotations by picture, as they were written, with the defect that reading them showed.

In: files of a source. Out: ``Raw`` values by the path of their picture; nothing is checked yet that needs the picture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from schemas.grounding import Role
from schemas.reject import RejectReason

#: Width and height of a pixel in mm; None: not told.
PixelSize = tuple[float | None, float | None]
UNKNOWN: PixelSize = (None, None)


@dataclass(frozen=True, slots=True)
class Raw:
    """One annotation. Names are the hospital's words: they never leave memory, and no repr shows a value.

    Shapes: box xyxy px; rings ``[x, y, x, y, …]``; points ``(name, x, y, visible)``.
    """

    name: str | None = field(repr=False)
    role: Role = Role.OBJECT
    frame: int = 0
    size_px: tuple[int, int] | None = None
    box: Sequence[float] | None = field(default=None, repr=False)
    rings: Sequence[Sequence[float]] | None = field(default=None, repr=False)
    rle: Mapping[str, Any] | None = field(default=None, repr=False)
    points: Sequence[tuple[str, float, float, bool]] | None = field(default=None, repr=False)
    px_mm: PixelSize = UNKNOWN
    defect: RejectReason | None = None


class Reader(Protocol):
    """A source of annotations."""

    def images(self) -> Sequence[str]:
        """List the pictures that have annotations, by path below the source's folder of pictures."""
        ...

    def read(self, image: str) -> Sequence[Raw]:
        """Read the annotations of one picture."""
        ...

    def pixel_size(self, image: str) -> PixelSize:
        """Give the pixel size that the source tells of a picture, apart from its annotations."""
        ...

    def files(self) -> frozenset[Path]:
        """List the files that the source is made of: they are no pictures, wherever they lie."""
        ...

    def late_files(self, image: str) -> Sequence[Path]:
        """List the files that ``read`` opens for a picture; the others were read when the source was opened."""
        ...


def number_of(value: object) -> float | None:
    """Read a finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < 1e9 else None  # also no NaN


def pixel_size_of(row: Mapping[str, Any]) -> PixelSize:
    """Read ``px_mm`` (square pixels) or ``px_mm_x`` and ``px_mm_y`` of a row; what is not positive is not told."""
    both = _positive(row.get("px_mm"))
    return (both, both) if both else (_positive(row.get("px_mm_x")), _positive(row.get("px_mm_y")))


def _positive(value: object) -> float | None:
    found = number_of(value)
    return found if found and found > 0 else None
