"""Gold of any suite: the published TSV layout, or records of our own (JSONL, Parquet, …).

In: a path. Out: items with distinct ids. A record is {id, task, gold} and, where known, dataset, patient_id, anatomy,
language, prompt, options, answer_visible_in_image; all other keys are kept for the suite.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmark.metrics.cells import gold_cell, literal
from benchmark.parse.location import parse_location
from benchmark.read.answers import ID_NAMES, rows_of
from benchmark.read.faults import Fault, Faults
from benchmark.read.pictures import pictures_of
from benchmark.read.tsv import GOLD_COLUMN, read_tsv
from benchmark.read.u2_gold import known, label_of, measurement_of, options_of
from benchmark.read.u2_tasks import CLASSES, PLACES, U2Task, dataset_of, task_of
from benchmark.records import Item, Status, Suite
from schemas.errors import ConfigError

#: Keys of a record that hold the gold, the surest first.
GOLD_NAMES = (
    *(
        "gold",
        "label",
        "class_label",
        "gt_bbox",
        "keypoints",
        "measurement",
        "report",
        "caption",
        "reference",
        "target",
    ),
    *("objects", "quality"),
)
_SIDES = ("width_px", "height_px")
#: No picture is so wide, in px.
_WIDEST = 1e6
_OWN = frozenset(
    {*ID_NAMES, "task", "dataset", "dataset_name", "patient_id", "patient_key", "anatomy", "anatomy_location", "system"}
    | {"systems", "language", "prompt", "question", "options", "answer_visible_in_image"}
)


def read_gold(place: Path, suite: Suite, faults: Faults) -> list[Item]:
    """Read the items of a suite.

    Raises: ConfigError for a file that cannot be read or lacks columns, or holds no item.
    """
    items = list(iter_gold(place, suite, faults))
    if not items:
        raise ConfigError(f"{place} holds no item of suite {suite.value}")
    return items


def iter_gold(place: Path, suite: Suite, faults: Faults, *, keep_images: bool = False) -> Iterator[Item]:
    """Give the items of a suite; of two items with one id the first counts.

    Raises: ConfigError for a file that cannot be read or lacks columns.
    """
    if not place.exists():
        raise ConfigError(f"{place} does not exist")
    published = suite is Suite.U2 and (place.suffix.lower() == ".tsv" or (place.is_dir() and any(place.rglob("*.tsv"))))
    found = (
        read_tsv(place, faults, keep_images=keep_images) if published else _records(place, suite, faults, keep_images)
    )
    for item in _distinct(found, faults):
        _note_gold(item, suite, faults)
        if item.patient is None:
            faults.note(Fault.NO_PATIENT, item.item_id)
        yield item


def _note_gold(item: Item, suite: Suite, faults: Faults) -> None:
    """Count an item whose gold cannot be scored; the gold of a measurement is a number other than 0."""
    if suite is Suite.GROUNDED and item.task == "measurement":
        value = item.more["measurement_gold"].get("value")
        if not value:
            faults.note(Fault.NO_GOLD, item.item_id)
        elif not math.isfinite(value):
            faults.note(Fault.NAN_MEASUREMENT, item.item_id)
    elif item.gold is None and item.task != U2Task.CVE.value:
        faults.note(Fault.NO_GOLD, item.item_id)


def _distinct(items: Iterable[Item], faults: Faults) -> Iterator[Item]:
    seen: set[str] = set()
    for item in items:
        if item.item_id in seen:
            faults.note(Fault.DUPLICATE_ITEM, item.item_id)
        else:
            seen.add(item.item_id)
            yield item


def _records(place: Path, suite: Suite, faults: Faults, keep_images: bool) -> Iterator[Item]:
    paths = sorted(path for path in place.rglob("*.jsonl")) if place.is_dir() else [place]
    for path in paths:
        for number, row in enumerate(rows_of(path), 1):
            item = _record(row, suite, path.stem, faults) if isinstance(row, Mapping) else None
            if item is None:
                faults.note(Fault.MALFORMED_ROW, f"{path.name} row {number}")
            else:
                yield replace(item, images=pictures_of(row, path.parent, item.item_id, faults)) if keep_images else item


def _record(row: Mapping[str, Any], suite: Suite, stem: str, faults: Faults) -> Item | None:
    name = next((name for name in ID_NAMES if row.get(name) not in (None, "")), None)
    if name is None or (suite is Suite.GROUNDED and not all(_is_size(row.get(side)) for side in _SIDES)):
        return None
    item_id = f"{row[name]}/{row.get('task')}" if name == "image_id" else row[name]
    task, dataset = _task(row, suite, stem)
    gold = _gold(row, suite, task, dataset, str(item_id), faults)
    systems = row.get("systems")
    anatomy = row.get("anatomy") or row.get("anatomy_location") or row.get("system") or ""
    if isinstance(systems, list) and systems and not anatomy:
        anatomy = "|".join(map(str, systems))
    patient = known(row.get("patient_id")) or known(row.get("patient_key"))
    options = row.get("options")
    return Item(
        str(item_id),
        task,
        dataset,
        gold,
        patient=patient,
        anatomy=str(anatomy),
        language=str(row.get("language") or "en"),
        prompt=str(row.get("prompt") or row.get("question") or ""),
        options=options_of(
            options if isinstance(options, str) else json.dumps(options), str(row.get("classification_task") or "")
        ),
        visible=row["answer_visible_in_image"] if isinstance(row.get("answer_visible_in_image"), bool) else None,
        more=_more(row, suite),
    )


def _more(row: Mapping[str, Any], suite: Suite) -> dict[str, Any]:
    """Keep what only the suite knows; the measurement of a grounded record is gold, not an answer."""
    more = {name: value for name, value in row.items() if name not in _OWN and name not in GOLD_NAMES}
    return more | ({"measurement_gold": _measured(row.get("measurement"))} if suite is Suite.GROUNDED else {})


def _measured(cell: Any) -> dict[str, Any]:  # noqa: ANN401 - an object, or a number
    """Read the gold of a measurement: {"value", "unit", "name"}; a value that is no number is none."""
    found = dict(cell) if isinstance(cell, Mapping) else {"value": cell}
    try:
        return found | {"value": None if isinstance(found.get("value"), bool) else float(found.get("value") or 0)}
    except (TypeError, ValueError, OverflowError):
        return found | {"value": None}


def _is_size(side: object) -> bool:
    """Say whether a side of a picture is a number of px, or is not given."""
    return side is None or (isinstance(side, int | float) and not isinstance(side, bool) and 0 <= side < _WIDEST)


def _task(row: Mapping[str, Any], suite: Suite, stem: str) -> tuple[str, str]:
    task = str(row.get("task") or "")
    dataset = str(row.get("dataset") or row.get("dataset_name") or stem)
    if suite is Suite.U2:
        kind = task_of(task)
        return (kind.value if kind else task), dataset_of(dataset)
    return task, dataset


def _gold(row: Mapping[str, Any], suite: Suite, task: str, dataset: str, item_id: str, faults: Faults) -> Any:  # noqa: ANN401 - depends on the task
    kind = task_of(task) if suite is Suite.U2 else None
    names = GOLD_NAMES if kind is None else ("gold", GOLD_COLUMN[kind], *GOLD_NAMES)
    value = next((row[name] for name in names if row.get(name) not in (None, "")), None)
    if suite is Suite.GROUNDED:
        return row.get("answer", value) if task == "diagnosis" else row.get("objects", value)
    if suite is not Suite.U2:
        return value
    if isinstance(value, float) and not math.isfinite(value):
        faults.note(Fault.NAN_MEASUREMENT, item_id)
    if kind in PLACES:
        return _cell(value)
    if kind is U2Task.CVE:
        return measurement_of(literal(value), dataset)
    return label_of(value) if kind in CLASSES else value


def _cell(value: Any) -> str | None:  # noqa: ANN401 - a box, a keypoint, words
    """Give the cell of a box, or the one that words name; None for words that name none."""
    if not isinstance(value, str) or literal(value) is None or any(char.isdigit() for char in value):
        return gold_cell(value)
    named = parse_location(value)
    return str(named.value) if named.status is Status.ANSWERED else None
