"""The published layout of U2-BENCH: TSV files with base64 images, a row of descriptions, cells in Python's writing.

In: a file, or a folder of them. Out: items. The layout has no ids: an item is FILE:ROW, the row counted from 0 without
the row of descriptions, unless the file has a column ``id`` or ``index``. ``sonocurate bench tasks`` lists them.
Source: U2-BENCH data, an_explanation_of_the_columns.tsv.
"""

import base64
import binascii
import csv
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmark.metrics.cells import gold_cell, literal
from benchmark.metrics.measure import UNITS
from benchmark.read.faults import Fault, Faults
from benchmark.read.u2_gold import known, label_of, measurement_of, options_of
from benchmark.read.u2_tasks import CLASSES, PLACES, U2Task, dataset_of, one_task, task_of
from benchmark.records import Item
from curation.generate.request import Picture
from curation.pool.images import UnreadableImageError, check_picture
from schemas.errors import ConfigError

COLUMNS = (
    *("dataset_name", "img_data", "patient_id", "prompt", "anatomy_location", "demographic", "classification_task"),
    *("class_label", "options", "seg_data", "seg_channel_name", "gt_bbox", "keypoints", "measurement", "caption"),
    *("report", "notes"),
)
#: Columns without which a file cannot be scored: any of them may be empty.
NEEDED = ("dataset_name", "prompt")
GOLD_COLUMN = {
    **dict.fromkeys(CLASSES, "class_label"),
    **{U2Task.LL: "gt_bbox", U2Task.OD: "gt_bbox", U2Task.KD: "keypoints", U2Task.CVE: "measurement"},
    **{U2Task.RG: "report", U2Task.CG: "caption"},
}
_EXPLANATION = "an_explanation_of_the_columns"


def read_tsv(place: Path, faults: Faults, *, keep_images: bool = False) -> Iterator[Item]:
    """Read a file, or all files of a folder.

    Raises: ConfigError for a file that lacks columns or whose task is unknown.
    """
    paths = sorted(place.rglob("*.tsv")) if place.is_dir() else [place]
    paths = [path for path in paths if not path.stem.startswith(_EXPLANATION)]
    if not paths:
        raise ConfigError(f"{place} holds no TSV file")
    for path in paths:
        yield from _read_file(path, faults, keep_images=keep_images)


def _read_file(path: Path, faults: Faults, *, keep_images: bool) -> Iterator[Item]:
    csv.field_size_limit(sys.maxsize)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t")
            _check_columns(path, reader.fieldnames or ())
            number = 0
            for position, row in enumerate(reader):
                if position == 0 and _describes(row):
                    continue
                item = _item(path, number, row, faults, keep_images=keep_images)
                number += 1
                if item is not None:
                    yield item
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path.name} is no readable TSV file ({type(error).__name__})") from None


def _check_columns(path: Path, names: Any) -> None:  # noqa: ANN401 - a sequence of names
    missing = [name for name in NEEDED if name not in names]
    if not set(names) & set(GOLD_COLUMN.values()):
        missing += sorted(set(GOLD_COLUMN.values()))
    if missing:
        raise ConfigError(f"{path.name}: columns are missing: {', '.join(missing)}")


def _describes(row: Mapping[str, Any]) -> bool:
    """Say whether a row explains the columns: its image is words, not base64."""
    image = (row.get("img_data") or "").strip()
    name = (row.get("dataset_name") or "").strip().lower()
    return name.startswith("example") or (" " in image and len(image) < 200)


def _item(path: Path, number: int, row: Mapping[str, Any], faults: Faults, *, keep_images: bool) -> Item | None:
    given = (row.get("id") or row.get("index") or "").strip()
    item_id = given or f"{path.stem}:{number}"
    if None in row or any(value is None for value in row.values()):
        faults.note(Fault.MALFORMED_ROW, item_id)
        return None
    dataset = _dataset(path, row["dataset_name"])
    task = task_of(row.get("task") or "") or task_of(path.parent.name) or one_task(dataset, path.name)
    image = _image(row.get("img_data") or "", item_id, faults, keep=keep_images)
    return Item(
        item_id,
        task.value,
        dataset,
        _gold(task, dataset, row),
        patient=known(row.get("patient_id")),
        anatomy=(row.get("anatomy_location") or "").strip(),
        prompt=row["prompt"],
        options=options_of(row.get("options") or "", row.get("classification_task") or ""),
        more={"unit": UNITS.get(dataset)} if task is U2Task.CVE else {},
        images=image,
    )


def _dataset(path: Path, name: str) -> str:
    """Name the dataset: by the file where it says more (28_1, 74is_normal, anatomy), else by the column."""
    own, by_file = dataset_of(name), dataset_of(path.stem)
    return by_file if by_file.startswith(own) or by_file == "anatomy" or not own else own


def _gold(task: U2Task, dataset: str, row: Mapping[str, Any]) -> Any:  # noqa: ANN401 - depends on the task
    cell = row.get(GOLD_COLUMN[task]) or ""
    if task in PLACES:
        return gold_cell(cell)
    if task is U2Task.CVE:
        return measurement_of(literal(cell), dataset)
    if task in CLASSES:
        return label_of(cell)
    text = cell.strip()
    return text or None


def _image(cell: str, item_id: str, faults: Faults, *, keep: bool) -> tuple[bytes, ...]:
    if not cell.strip():
        return ()
    try:
        data = base64.b64decode(cell.strip().strip("\"'").rpartition(",")[2], validate=True)
        check_picture(Picture(data))
    except (binascii.Error, ValueError, UnreadableImageError):
        faults.note(Fault.UNREADABLE_IMAGE, item_id)
        return ()
    return (data,) if keep else ()
