"""Read the outlines of DDTI: ``1.xml`` holds those of ``1_1.jpg``, ``1_2.jpg``, … as lists of points.

In: a folder. Out: ``Raw`` values with rings. Files are searched by pattern, not parsed: no entity is ever expanded.
Rejects (as defect): MALFORMED_ANNOTATION. Source: Pedraza 2015 (marks with image number and svg points).
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from curation.ground.read.raw import UNKNOWN, PixelSize, Raw, number_of
from schemas.reject import RejectReason

NAME = "thyroid nodule"
_MARK = re.compile(r"<mark>(.*?)</mark>", re.DOTALL)
_IMAGE, _SVG = re.compile(r"<image>\s*(\d+)\s*</image>"), re.compile(r"<svg>(.*?)</svg>", re.DOTALL)
_MOST_BYTES = 16_000_000


class DdtiReader:
    """Outlines of one folder."""

    def __init__(self, folder: Path) -> None:
        self._files = sorted(path for path in folder.rglob("*.xml") if path.stat().st_size <= _MOST_BYTES)
        self._raw: dict[str, list[Raw]] = defaultdict(list)
        for path in self._files:
            base = path.relative_to(folder).with_suffix("").as_posix()
            for mark in _MARK.findall(path.read_text(encoding="utf-8", errors="replace")):
                image, svg = _IMAGE.search(mark), _SVG.search(mark)
                if image and svg and svg[1].strip():
                    self._raw[f"{base}_{image[1]}"] += _raws(svg[1])

    def images(self) -> Sequence[str]:
        """List the pictures that have outlines, without suffix."""
        return sorted(self._raw)

    def read(self, image: str) -> Sequence[Raw]:
        """Give the outlines of one picture."""
        return self._raw.get(image, [])

    def pixel_size(self, image: str) -> PixelSize:
        """Say nothing."""
        return UNKNOWN

    def files(self) -> frozenset[Path]:
        """List the files."""
        return frozenset(self._files)

    def late_files(self, image: str) -> Sequence[Path]:
        """List none: all is read by now."""
        return ()


def _raws(svg: str) -> Iterator[Raw]:
    try:
        marks = json.loads(svg.replace("&quot;", '"'))
        outlines = [mark["points"] for mark in marks]
    except (ValueError, TypeError, KeyError, RecursionError):
        yield Raw(NAME, defect=RejectReason.MALFORMED_ANNOTATION)
        return
    for points in outlines:
        ring = _ring(points)
        defect = None if ring else RejectReason.MALFORMED_ANNOTATION
        yield Raw(NAME, rings=[ring] if ring else None, defect=defect)


def _ring(points: object) -> list[float]:
    """Read a list of points, empty where it is no outline."""
    if not isinstance(points, list) or len(points) < 3 or not all(isinstance(point, dict) for point in points):
        return []
    found = [number_of(point.get(axis)) for point in points for axis in ("x", "y")]
    return [] if None in found else [one for one in found if one is not None]
