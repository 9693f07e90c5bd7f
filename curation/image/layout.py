"""Rows, gaps, header band and axes: where a text line stands.

Flows in: text regions of one frame. Flows out: rows of regions, and which regions stand in the header or on an axis.
Source: spec rule 1 (join boxes of one row before classifying); vendor_layouts.csv (header bands of 22 to 89 px).
"""

import math
import re
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from curation.image.lexicon import fold
from curation.image.regions import ScanRegion
from schemas.region import TextRegion

#: Share of the frame's rows that is header on every console in vendor_layouts.csv with a band; the least we assume.
_HEADER_SHARE = 0.06
#: Text in the top of a frame this near to the band's end belongs to it.
_HEADER_LIMIT = 0.16
#: A "line" whose smaller side is this share of the frame's rows is no text (own choice; the spec's text is 9 to 24 px).
_PICTURE_SHARE = 0.12
#: So is one that is so many times as high as the frame's text, this share of the rows, and not read with confidence.
_LARGE_TEXT, _LARGE_SHARE, _SURE, _FEW = 2.6, 0.05, 0.8, 4
#: A "line" that covers this share of the frame is the scan itself.
_SCAN_SHARE = 0.35
#: A number may stand this far off its place on an axis (px); more numbers than this are on no axis.
_OFF_TICK, _MOST_ON_AXIS, _MOST_NUMBERS = 4.0, 24, 120
_TICK = re.compile(r"[-+]?\d{1,4}(?:\.\d{1,2})?")

Row = list[int]


def find_rows(regions: Sequence[TextRegion]) -> list[Row]:
    """Group regions into rows, left to right, as indices: members overlap the row's first by half their height."""
    order = sorted(range(len(regions)), key=lambda i: (_center(regions[i])[1], regions[i].box_px[0]))
    rows: list[Row] = []
    for index in order:
        home = next((row for row in reversed(rows[-4:]) if _same_row(regions[row[0]], regions[index])), None)
        if home is None:
            rows.append([index])
        else:
            home.append(index)
    return [sorted(row, key=lambda i: regions[i].box_px[0]) for row in rows]


def is_picture(region: TextRegion, shape: tuple[int, int], text_px: float = math.inf) -> bool:
    """Say whether a region is speckle that the detector took for text: large both ways, and nothing like that was read.

    ``text_px`` is the frame's usual height of text. Burned-in lines are at most a few percent of the frame high and of
    about the same size, and vertical lines are narrow.
    """
    x0, y0, x1, y1 = region.box_px
    if (x1 - x0) * (y1 - y0) > _SCAN_SHARE * shape[0] * shape[1]:
        return True
    side, chars = min(x1 - x0, y1 - y0), len(region.text.strip())
    if side > _PICTURE_SHARE * shape[0] and chars <= 4:
        return True
    large = side > max(_LARGE_TEXT * text_px, _LARGE_SHARE * shape[0])
    return large and (chars <= 2 or region.score < _SURE)


def usual_height(regions: Sequence[TextRegion]) -> float:
    """Give the median height of lines that were read with confidence; infinite where there are too few."""
    heights = [height_of(r) for r in regions if r.score >= _SURE and len(r.text.strip()) >= 3 and _is_level(r)]
    return float(np.median(heights)) if len(heights) >= _FEW else math.inf


def _is_level(region: TextRegion) -> bool:
    return region.box_px[2] - region.box_px[0] > region.box_px[3] - region.box_px[1]


def gap_in_heights(left: TextRegion, right: TextRegion) -> float:
    """Measure the gap between two regions of a row in text heights."""
    height = max(1, min(height_of(left), height_of(right)))
    return (right.box_px[0] - left.box_px[2]) / height


def height_of(region: TextRegion) -> int:
    """Measure a region's height in px."""
    return region.box_px[3] - region.box_px[1]


def header_end(rows_px: int, scan: Sequence[ScanRegion], evidence: Sequence[TextRegion]) -> int:
    """Find the last pixel row of the header band.

    Geometry gives the least (a share of the frame, or up to the scan region); regions that hold identity (cues, dates,
    known PHI) in the top of the frame extend it to their lower edge.
    """
    end = int(rows_px * _HEADER_SHARE)
    limit = int(rows_px * _HEADER_LIMIT)
    if scan:
        end = max(end, min(limit, *(region.box_px[1] for region in scan)))
    lower_edges = [region.box_px[3] for region in evidence if region.box_px[3] <= limit]
    return max([end, *lower_edges])


def stacked_pairs(regions: Sequence[TextRegion]) -> list[tuple[int, int]]:
    """Pair regions with numbers right below them, as indices: they share most of their width, nearly touching."""
    pairs = []
    for lower, below in enumerate(regions):
        if not _TICK.fullmatch(fold(below.text).lstrip("<")):
            continue
        for upper, above in enumerate(regions):
            x = min(above.box_px[2], below.box_px[2]) - max(above.box_px[0], below.box_px[0])
            y = below.box_px[1] - above.box_px[3]
            narrow = min(above.box_px[2] - above.box_px[0], below.box_px[2] - below.box_px[0])
            if upper != lower and 2 * x >= narrow and abs(y) <= 0.4 * height_of(above):
                pairs.append((upper, lower))
    return pairs


def in_scan(region: TextRegion, scan: Sequence[ScanRegion], shape: tuple[int, int]) -> bool:
    """Say whether a region's centre lies in the scan area; without regions, in the middle of the frame."""
    x, y = _center(region)
    if scan:
        return any(s.box_px[0] <= x < s.box_px[2] and s.box_px[1] <= y < s.box_px[3] for s in scan)
    rows, cols = shape
    if y >= 0.9 * rows:  # corners below the image are where initials stand
        return y < 0.98 * rows and 0.2 * cols < x < 0.8 * cols
    return 0.12 * rows < y and 0.08 * cols < x < 0.92 * cols


def find_ticks(regions: Sequence[TextRegion]) -> set[int]:
    """Find axis labels: three or more numbers in line whose values step evenly with their place, or a +v/-v pair.

    The even progression is the proof: record numbers and dates do not count up along an edge. A sign may be the tick
    that the number stands at, so numbers are tried with and without it.
    """
    signed = [
        (i, float(text), *_center(r))
        for i, r in enumerate(regions)
        if _TICK.fullmatch(text := fold(r.text).replace(" ", "").rstrip("-_."))
    ]
    found: set[int] = set()
    if len(signed) > _MOST_NUMBERS:
        return found
    for numbers in (signed, [(i, abs(value), x, y) for i, value, x, y in signed]):
        for edge, along in _ALIGNMENTS:
            for seed in numbers:
                home = edge(regions[seed[0]])
                reach = max(6, height_of(regions[seed[0]])) if along == 3 else 6
                found |= _even([n for n in numbers if abs(edge(regions[n[0]]) - home) <= reach], along)
    return found | _scale_pairs(signed, regions)


def _even(line: list[tuple[int, float, float, float]], along: int) -> set[int]:
    """Keep the most numbers of a line whose value is linear in their place (x at 2, y at 3), at least three."""
    if len(line) == 2:
        return _neighbours(line, along)
    best: set[int] = set()
    for first, second in combinations(line[:_MOST_ON_AXIS], 2):
        far = second[along] - first[along]
        if abs(far) < 15 or first[1] == second[1]:
            continue
        slope = (second[1] - first[1]) / far
        fits = [n for n in line if abs(n[1] - first[1] - slope * (n[along] - first[along])) <= _OFF_TICK * abs(slope)]
        if len(fits) >= 3 and len({n[1] for n in fits}) == len(fits) and len(fits) > len(best):
            best = {n[0] for n in fits}
    if best:
        return best
    return {i for pair in combinations(line[:_MOST_ON_AXIS], 2) for i in _neighbours(list(pair), along)}


def _neighbours(line: list[tuple[int, float, float, float]], along: int) -> set[int]:
    """Keep two neighbours of a depth scale in a column: multiples of their own difference, the larger one lower."""
    upper, lower = sorted(line, key=lambda n: n[along])
    step = lower[1] - upper[1]
    far = along == 3 and lower[along] - upper[along] >= 40
    even = step in {1.0, 2.0, 5.0, 10.0} and upper[1] % step == 0 and 0 < lower[1] <= 40
    return {upper[0], lower[0]} if far and even else set()


def _scale_pairs(numbers: list[tuple[int, float, float, float]], regions: Sequence[TextRegion]) -> set[int]:
    """Find the two ends of a colour scale: the same number with opposite signs, one above the other."""
    found: set[int] = set()
    for a in numbers:
        for b in numbers:
            signed = "-" in regions[b[0]].text and "-" not in regions[a[0]].text
            if signed and a[1] == -b[1] and abs(a[2] - b[2]) < 40 and b[3] > a[3]:
                found |= {a[0], b[0]}
    return found


def _same_row(first: TextRegion, other: TextRegion) -> bool:
    top, bottom = max(first.box_px[1], other.box_px[1]), min(first.box_px[3], other.box_px[3])
    least, most = sorted((height_of(first), height_of(other)))
    return bottom - top >= 0.5 * max(1, least) and most <= 2.2 * max(1, least)


def _center(region: TextRegion) -> tuple[float, float]:
    x0, y0, x1, y1 = region.box_px
    return (x0 + x1) / 2, (y0 + y1) / 2


#: What numbers of one axis share, and along which coordinate they step (x at 2, y at 3): columns by left edge,
#: right edge or centre, rows by centre.
_ALIGNMENTS: tuple[tuple[Callable[[TextRegion], float], int], ...] = (
    (lambda region: region.box_px[0], 3),
    (lambda region: region.box_px[2], 3),
    (lambda region: _center(region)[0], 3),
    (lambda region: _center(region)[1], 2),
)
