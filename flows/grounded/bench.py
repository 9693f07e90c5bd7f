"""`make bench-grounded`: round trips of masks, transforms, geometry against analytic values, pairs per second.

Flows in: invented shapes and frames, seeded. Flows out: tables. Time is processor time of this process on one thread.
"""

import argparse
import math
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from rich.table import Table
from threadpoolctl import threadpool_limits

from curation.ground.annotate import annotate
from curation.ground.geometry import Outline, ellipse_circumference, of_mask, of_rings
from curation.ground.ground import ground
from curation.ground.masks import mask_of_rle, rings_of, rle_of
from curation.ground.outline import simplified
from curation.ground.transform import Transform
from flows.grounded.invented import Ellipse, ellipse, frame, mask_of_polygon, polygon, shape
from flows.show import console
from schemas.annotated import Annotate, Ground
from schemas.grounding import ANNOTATION, GROUND_INPUT, RAW_ANNOTATION
from schemas.rings import mask_of_rings

SEED, SHAPES, KINDS, FRAMES, CHUNK, TURNS = 20260101, 2000, 5, 10_000, 200, 300
SIZES_PX = (20, 30, 40, 60, 100)
#: Polygons that are checked against a drawing, and how many times as large it is.
DRAWN, FINE = 60, 8
MEASURES = ("area", "long axis", "short axis", "border")


def shapes() -> None:
    """Print round trips of masks through rings and RLE, and how near few corners come."""
    rng = np.random.default_rng(SEED)
    rings, coded, few = [], [], []
    for number in range(SHAPES):
        mask = shape(rng, number % KINDS)
        traced = rings_of(mask)
        rings.append(_iou(mask_of_rings(traced, mask.shape[1], mask.shape[0]), mask))
        coded.append(_iou(mask_of_rle(rle_of(mask)), mask))
        if number % KINDS == 3:
            few.append(_iou(mask_of_rings(simplified(traced, 32), mask.shape[1], mask.shape[0]), mask))
    table = Table(f"mask -> … -> mask, {SHAPES} shapes (holes, parts, specks, single pixels)", "worst IoU", "asked")
    table.add_row("polygon", f"{min(rings):.4f}", ">= 0.995")
    table.add_row("RLE", f"{min(coded):.4f}", "1")
    table.add_row("answered polygon of a ring, at most 32 corners a ring", f"{min(few):.4f}", "")
    console().print(table)


def _iou(one: Any, other: Any) -> float:  # noqa: ANN401 - masks
    return float((one & other).sum()) / max(1.0, float((one | other).sum()))


def transforms() -> None:
    """Print how far coordinates are off after crop, resize and the way back."""
    rng = np.random.default_rng(SEED)
    worst = 0.0
    for _ in range(10_000):
        old, new = (tuple(int(side) for side in rng.integers(16, 4000, 2)) for _ in range(2))
        corner = rng.uniform(0, 1000, 2)
        way = Transform.crop((*corner, 0, 0)).then(Transform.resize((old[0], old[1]), (new[0], new[1])))
        points = rng.uniform(0, 5000, 20).tolist()
        back = way.inverse().flat(way.flat(points))
        worst = max(worst, float(np.abs(np.subtract(back, points)).max()))
    table = Table("10,000 crops and resizes, there and back", "worst, px", "asked")
    table.add_row("coordinates", f"{worst:.1e}", "<= 0.5")
    console().print(table)


def geometry() -> None:
    """Print errors of geometry against analytic values."""
    rng = np.random.default_rng(SEED)
    table = Table("error against analytic values, %", "shapes", *MEASURES, title="Rings (polygon annotations), worst")
    sizes = rng.uniform(20, 300, TURNS)
    found = [_against(of_rings([one.ring()]), _truth(one)) for one in (ellipse(rng, size) for size in sizes)]
    table.add_row("ellipses of 20 to 300 px", str(TURNS), *_percent(np.abs(found).max(axis=0)))
    found = [_polygon_errors(polygon(rng, size)) for size in sizes[:DRAWN] / 4 + 15]
    table.add_row("polygons of 20 to 90 px", str(DRAWN), *_percent(np.abs(found).max(axis=0)))
    console().print(table)
    table = Table("short axis, px", "what", *MEASURES, "no mask tells", title="Masks of ellipses, error in %")
    for size in SIZES_PX:
        drawn = [ellipse(rng, size) for _ in range(TURNS)]
        masks = [one.levels() <= 1 for one in drawn]
        found = [_against(of_mask(m.astype(np.uint8)), _truth(one)) for m, one in zip(masks, drawn, strict=True)]
        unknown = [_ambiguity(one) for one in drawn]
        table.add_row(str(size), "mean", *_percent(np.mean(found, axis=0)), f"{100 * np.mean(unknown):.2f}")
        table.add_row("", "95 of 100", *_percent(np.quantile(np.abs(found), 0.95, axis=0)), "")
        table.add_row("", "worst", *_percent(np.abs(found).max(axis=0)), f"{100 * np.max(unknown):.2f}")
    console().print(table)
    table = Table("narrowest, px", *MEASURES, title="Masks of polygons with sharp corners: mean / worst error in %")
    for size in SIZES_PX:
        rings = [polygon(rng, size) for _ in range(TURNS)]
        found = [_against(of_mask(mask_of_polygon(ring)), of_rings([ring])) for ring in rings]
        means, worst = np.mean(found, axis=0), np.abs(found).max(axis=0)
        table.add_row(str(size), *(f"{100 * a:+.2f} / {100 * b:.2f}" for a, b in zip(means, worst, strict=True)))
    console().print(table)


def _truth(one: Ellipse) -> Outline:
    border = ellipse_circumference(one.long_px, one.short_px)
    return Outline(math.pi * one.long_px * one.short_px / 4, one.long_px, one.short_px, border)


def _against(found: Outline, truth: Outline) -> list[float]:
    names = ("area", "long_axis", "short_axis", "perimeter")
    return [getattr(found, name) / getattr(truth, name) - 1 for name in names]


def _polygon_errors(ring: list[float]) -> list[float]:
    """Compare with the moments of the polygon drawn ``FINE`` times as large, and with the sum of its sides."""
    drawn, found = of_mask(mask_of_polygon([FINE * value for value in ring])), of_rings([ring])
    length = sum(math.dist(ring[i : i + 2], ring[i - 2 : i] or ring[-2:]) for i in range(0, len(ring), 2))
    truth = Outline(drawn.area / FINE**2, drawn.long_axis / FINE, drawn.short_axis / FINE, length)
    return _against(found, truth)


def _ambiguity(one: Ellipse) -> float:
    """Give half the range of areas that ellipses of this shape and centre may have with the very same mask."""
    levels = one.levels()
    inside = levels <= 1
    return float(levels[~inside].min() - levels[inside].max()) / 2


def _percent(values: Any) -> list[str]:  # noqa: ANN401 - an array
    return [f"{100 * value:.2f}" for value in values]


def pairs() -> None:
    """Print how fast annotations in memory become pairs, and how much memory that takes."""
    cv2.setNumThreads(1)
    pa.set_cpu_count(1)
    rng = np.random.default_rng(SEED)
    spent, made, objects, peaks = 0.0, 0, 0, []
    with threadpool_limits(1):
        for start in range(0, FRAMES, CHUNK):
            rows = [row for number in range(start, start + CHUNK) for row in frame(rng, number)]
            table = pa.Table.from_pylist(rows, schema=RAW_ANNOTATION)
            before = time.process_time()
            checked = annotate(table, config=Annotate())
            result = ground(_frames(checked.kept), config=Ground(), names=Annotate())
            spent += time.process_time() - before
            made, objects = made + result.kept.num_rows, objects + checked.kept.num_rows
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    table = Table(f"{FRAMES} frames of 512 x 512 px, {objects} annotations -> {made} pairs", "measured", "asked")
    table.add_row("frames per second of one core, without I/O", f"{FRAMES / spent:.0f}", ">= 200")
    table.add_row("memory at its highest: after 1,000 frames, at the end", f"{peaks[4]:.0f}, {peaks[-1]:.0f} MB", "")
    console().print(table)


def _frames(kept: pa.Table) -> pa.Table:
    """Put the annotations of each frame together, as the flow does."""
    return pa.Table.from_pylist(list(_grouped(kept)), schema=GROUND_INPUT)


def _grouped(kept: pa.Table) -> Iterator[dict[str, Any]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in kept.select(ANNOTATION.names).to_pylist():
        found.setdefault(row["frame_id"], []).append(row)
    for number, (frame_id, rows) in enumerate(found.items()):
        ids = {name: rows[0][name] for name in ("case_id", "site")}
        language = ("en", "zh")[number % 2]
        yield {"frame_id": frame_id, **ids, "systems": ["breast"], "language": language, "annotations": rows}


def main(arguments: Sequence[str]) -> None:
    """Run the parts that are asked for; all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    runs: dict[str, Callable[[], None]] = {"shapes": shapes, "transforms": transforms, "geometry": geometry}
    runs["pairs"] = pairs
    parser.add_argument("parts", nargs="*", default=list(runs), help=", ".join(runs))
    for part in parser.parse_args(arguments).parts:
        runs[part]()


if __name__ == "__main__":
    main(sys.argv[1:])
