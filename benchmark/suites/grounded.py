"""Grounded tasks: segmentation, detection, keypoints, measurements, diagnosis.

In: records (one per image and task) and answers. Out: blocks with figures. What is refused, unparsable or missing
counts as nothing stated: IoU 0, keypoint not found, measurement wrong by all of it.
Source: UMind-DS.
"""

from collections.abc import Callable, Sequence

import numpy as np

from benchmark.metrics.columns import Figure, Floats, mean_of, ratio
from benchmark.metrics.grounded import IOU, SDR_MM, box_ious, matched, overlaps, radial_errors
from benchmark.parse.choice import parse_choice
from benchmark.parse.geometry import Shape, as_json, shapes_of
from benchmark.parse.number import parse_number
from benchmark.parse.refusal import is_refusal
from benchmark.records import AnswerRow, Item, Parsed, Status, answered, unparsable
from benchmark.statistics.groups import Block

Answers = Sequence[AnswerRow | None]
_MISSING = Parsed(Status.MISSING)


def score_block(items: Sequence[Item], answers: Answers) -> Block | None:
    """Score the items of one task; None for a task that is none of the five."""
    score = _SCORES.get(items[0].task)
    if score is None:
        return None
    parsed = [_parsed(item, answer) for item, answer in zip(items, answers, strict=True)]
    return Block(items[0].task, items[0].dataset, items, parsed, score(items, parsed))


def _size(item: Item) -> tuple[int, int]:
    return int(item.more.get("width_px") or 0), int(item.more.get("height_px") or 0)


def _parsed(item: Item, answer: AnswerRow | None) -> Parsed:
    if answer is None or answer.value is None:
        return _MISSING
    if item.task == "measurement":
        own = item.more.get("measurement_gold") or {}
        return parse_number(
            answer.text, unit=own.get("unit"), names=(str(own.get("name") or ""),) if own.get("name") else ()
        )
    if item.task == "diagnosis":
        return parse_choice(answer.text, item.options or (str(item.gold),))
    shapes = shapes_of(as_json(answer.value), *_size(item)) or shapes_of(answer.text, *_size(item))
    if shapes:
        return answered(shapes)
    return Parsed(Status.REFUSED, None, "refusal") if is_refusal(answer.text) else unparsable("no shape")


def _shapes(parsed: Parsed) -> list[Shape]:
    return list(parsed.value) if parsed.status is Status.ANSWERED else []


def _gold(item: Item) -> list[Shape]:
    return shapes_of(item.gold, *_size(item))


def _share(name: str, rows: list[tuple[float, float]], scale: float = 1.0) -> Figure:
    """Make a ratio of sums over items."""
    sums = np.array(rows, dtype=np.float64).reshape(-1, 2) * np.array([scale, 1.0])
    return Figure(name, sums, ratio)


def _detection(items: Sequence[Item], parsed: Sequence[Parsed]) -> list[Figure]:
    """MIoU over gold boxes; P@0.5 over stated boxes (an item without any counts as one wrong box); recall at 0.5."""
    iou, precise, recalled = [], [], []
    for item, one in zip(items, parsed, strict=True):
        gold, stated = [s for s in _gold(item) if s.box], [s for s in _shapes(one) if s.box]
        best = matched(box_ious(stated, gold))
        hits = float((best >= IOU).sum())
        iou.append((float(best.sum()), float(len(gold))))
        precise.append((hits, float(max(len(stated), 1 if gold else 0))))
        recalled.append((hits, float(len(gold))))
    return [_share("mIoU", iou), _share("P@0.5", precise), _share("R@0.5", recalled)]


def _segmentation(items: Sequence[Item], parsed: Sequence[Parsed]) -> list[Figure]:
    """MIoU and Dice over the labels of the gold; share of labels with an IoU of at least 0.5."""
    rows = [overlaps(_shapes(one), _gold(item), *_size(item)) for item, one in zip(items, parsed, strict=True)]
    iou = [(sum(a for a, _ in own), float(len(own))) for own in rows]
    dice = [(sum(b for _, b in own), float(len(own))) for own in rows]
    half = [(float(sum(a >= IOU for a, _ in own)), float(len(own))) for own in rows]
    return [_share("mIoU", iou), _share("Dice", dice), _share("P@0.5", half)]


def _keypoints(items: Sequence[Item], parsed: Sequence[Parsed]) -> list[Figure]:
    """Mean radial error over the keypoints that were stated; SDR at 2 mm and the share stated over all of the gold."""
    px, mm, sdr, found = [], [], [], []
    for item, one in zip(items, parsed, strict=True):
        errors = radial_errors(_shapes(one), _gold(item))
        held = [error for error in errors if error is not None]
        size = item.more.get("px_mm")
        px.append((sum(held), float(len(held))))
        found.append((float(len(held)), float(len(errors))))
        known = isinstance(size, int | float) and size > 0
        mm.append((sum(held) * size, float(len(held))) if known and size else (0.0, 0.0))
        sdr.append((float(sum(e * size <= SDR_MM for e in held)), float(len(errors))) if known and size else (0.0, 0.0))
    return [_lower(_share("MRE_px", px)), _lower(_share("MRE_mm", mm)), _share("SDR_2mm", sdr), _share("stated", found)]


def _lower(figure: Figure) -> Figure:
    return Figure(figure.name, figure.sums, figure.combine, higher_is_better=False)


def _measurement(items: Sequence[Item], parsed: Sequence[Parsed]) -> list[Figure]:
    """Relative error; 1 where nothing was stated."""
    errors: Floats = np.full(len(items), np.nan)
    for place, (item, one) in enumerate(zip(items, parsed, strict=True)):
        own = item.more.get("measurement_gold") or {}
        value = own.get("value")
        if isinstance(value, int | float) and np.isfinite(value) and value != 0:
            stated = one.value if one.status is Status.ANSWERED else None
            errors[place] = 1.0 if stated is None else abs(stated - value) / abs(value)
    return [
        mean_of("relative_error", errors, higher=False),
        mean_of("within_10%", np.where(np.isnan(errors), np.nan, errors <= 0.1)),
    ]


def _diagnosis(items: Sequence[Item], parsed: Sequence[Parsed]) -> list[Figure]:
    """Accuracy."""
    right = [
        float(one.status is Status.ANSWERED and str(one.value).strip().casefold() == str(item.gold).strip().casefold())
        for item, one in zip(items, parsed, strict=True)
    ]
    return [mean_of("acc", np.array(right), binary=True)]


_SCORES: dict[str, Callable[[Sequence[Item], Sequence[Parsed]], list[Figure]]] = {
    "detection": _detection,
    "segmentation": _segmentation,
    "keypoint": _keypoints,
    "measurement": _measurement,
    "diagnosis": _diagnosis,
}
