"""Read label tables: one row per picture (CSV), with its diagnosis, an object's box, or its pixel size.

In: a CSV file. Out: ``Raw`` values by picture. Columns: image; diagnosis; label with x0, y0, x1, y1 (xyxy px); px_mm,
or px_mm_x and px_mm_y. Rejects (as defect): MALFORMED_ANNOTATION.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from curation.ground.read.raw import UNKNOWN, PixelSize, Raw, number_of, pixel_size_of
from curation.intake.delimited import read_delimited
from curation.intake.encoding import decode_bytes
from schemas.errors import ConfigError
from schemas.grounding import Role
from schemas.reject import RejectReason

COLUMNS = ("image", "diagnosis", "label", "x0", "y0", "x1", "y1", "px_mm", "px_mm_x", "px_mm_y")
_CORNERS = ("x0", "y0", "x1", "y1")


class TableReader:
    """Labels of one table; ``columns`` says how ours are called in it."""

    def __init__(self, path: Path, columns: Mapping[str, str]) -> None:
        """Read the table.

        Raises: ConfigError when it cannot be read or has no column of pictures.
        """
        self._path = path
        self._raw: dict[str, list[Raw]] = defaultdict(list)
        self._sizes: dict[str, PixelSize] = {}
        named = {ours: columns.get(ours, ours) for ours in COLUMNS}
        for row in rows_of(path):
            if named["image"] not in row:
                raise ConfigError(f"annotations: {path} has no column {named['image']}: set columns.image")
            cells = {ours: row.get(theirs, "").strip() for ours, theirs in named.items()}
            self._take(cells["image"].replace("\\", "/"), cells)

    def images(self) -> Sequence[str]:
        """List the pictures that have labels, or a pixel size for the annotations of other sources."""
        return sorted({*self._raw, *self._sizes})

    def read(self, image: str) -> Sequence[Raw]:
        """Give the labels of one picture, in the order of the table."""
        return self._raw.get(image, [])

    def pixel_size(self, image: str) -> PixelSize:
        """Give the pixel size of a picture, for annotations of all sources."""
        return self._sizes.get(image, UNKNOWN)

    def files(self) -> frozenset[Path]:
        """Give the file."""
        return frozenset({self._path})

    def late_files(self, image: str) -> Sequence[Path]:
        """List none: all is read by now."""
        return ()

    def _take(self, image: str, cells: Mapping[str, str]) -> None:
        size = pixel_size_of(cells)
        if size != UNKNOWN:
            self._sizes[image] = size
        if cells["diagnosis"]:
            self._raw[image].append(Raw(cells["diagnosis"], Role.DIAGNOSIS, px_mm=size))
        if cells["label"]:
            box = [number_of(cells[name]) for name in _CORNERS]
            defect = RejectReason.MALFORMED_ANNOTATION if None in box else None
            found = [one for one in box if one is not None]
            self._raw[image].append(Raw(cells["label"], box=None if defect else found, px_mm=size, defect=defect))


def rows_of(path: Path, named: Path | None = None) -> list[dict[str, str]]:
    """Read the rows of a CSV file; a broken row is an empty one. Messages say ``named`` where it is given.

    Raises: ConfigError when there is no table.
    """
    try:
        header, rows = read_delimited(decode_bytes(path.read_bytes(), "auto"))
        return [{name: str(row.get(name) or "") if row else "" for name in header} for row in rows]
    except (OSError, ValueError):
        raise ConfigError(f"annotations: {named or path} is not a readable table") from None
