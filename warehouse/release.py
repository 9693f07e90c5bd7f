"""A named, immutable release: plain Parquet shards, checksums, a dataset card; written aside, published by one rename.

In: a snapshot of the shelf and what was chosen from it. Out: a folder ``releases/NAME`` with

```
images/ reports/ pairs/ cases/   SPLIT-NNNNN-of-NNNNN.parquet: every row once
annotations/ grounded/           likewise, where there are annotations
stage1/ stage2/ test/            rows to train and test on (``VIEW_ROW``), training rows by the weights of their systems
rejects/                         what stayed behind, and why
release.json                     manifest; checksums.sha256; README.md and card.html: the dataset card
```
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas.case import IMAGE, REPORT
from schemas.errors import ConfigError
from schemas.grounding import ANNOTATION, GROUNDED_PAIR
from schemas.instruction import INSTRUCTION_PAIR
from schemas.publishing import Release
from warehouse.added import Added
from warehouse.card.card import write_card
from warehouse.published import MANIFEST, SPLITS, checksums_of, manifest_of, write_checksums
from warehouse.shards import Source, shard_path, write_shard
from warehouse.snapshot import Snapshot
from warehouse.tables import Shelf
from warehouse.views import write_views

IMAGE_ROWS_PER_SHARD = 500
IMAGE_FEATURE = {"image": {"_type": "Image"}}
#: Components that are read from tables: folder: (tables, key, columns).
FROM_TABLES: dict[str, tuple[tuple[str, ...], str, list[str]]] = {
    "images": (("images", "twin_frames"), "frame_id", IMAGE.names),
    "reports": (("reports",), "case_id", REPORT.names),
    "pairs": (("instruction_pairs",), "instance_id", INSTRUCTION_PAIR.names),
    "annotations": (("annotations",), "annotation_id", ANNOTATION.names),
    "grounded": (("grounded_pairs",), "instance_id", GROUNDED_PAIR.names),
}

#: Components that a release has only where they have rows.
OPTIONAL = ("annotations", "grounded")

Gate = Callable[[str, pa.Table], None]


@dataclass(frozen=True)
class Chosen:
    """What a release publishes.

    ``splits`` gives for every component its ids with their split (columns id, split; in id order), ``cases`` the rows
    of component cases, ``rejected`` (``REJECT``) what stays behind.
    """

    splits: Mapping[str, pa.Table]
    cases: pa.Table
    rejected: pa.Table


@dataclass(frozen=True, slots=True)
class Published:
    """What a release holds: rows per component and the hash of its content."""

    folder: Path
    counts: dict[str, int]
    content_sha256: str
    created: bool


def folder_of(shelf: Shelf, name: str) -> Path:
    """Give the folder of a release, whether it is there or not."""
    return shelf.root / "releases" / name


def write_release(
    snapshot: Snapshot, config: Release, chosen: Chosen, facts: Mapping[str, Any], gate: Gate
) -> Published:
    """Write a release and publish it atomically; the same release again changes nothing.

    ``gate(component, rows)`` looks at every row before it is written and raises LeakError to stop everything.

    Raises: ConfigError when the name is taken by other content, or a file of a table cannot be read.
    """
    target = folder_of(snapshot.shelf, config.name)
    aside = target.with_name(f".{config.name}.writing")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        counts = _write_rows(snapshot, aside, config, chosen, gate)
        content = content_of(aside)
        if target.exists():
            return _same_or_refuse(target, counts, content)
        manifest = {
            "name": config.name,
            "tier": config.tier.value,
            "state": "published",
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "counts": counts,
            "content_sha256": content,
            "settings": config.model_dump(mode="json"),
            "table_versions": snapshot.versions,
            **facts,
        }
        finish(aside, target, manifest)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return Published(target, {name: counts[name] for name in chosen.splits}, content, created=True)


def content_of(folder: Path) -> str:
    """Hash the content of a release: every shard by its path and checksum."""
    lines = (f"{digest}  {name}" for name, digest in checksums_of(folder, "*.parquet").items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def finish(aside: Path, target: Path, manifest: Mapping[str, Any]) -> None:
    """Write manifest, card and checksums beside the shards, and publish the folder.

    Raises: ConfigError when the name was taken meanwhile.
    """
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    (aside / MANIFEST).write_text(text, encoding="utf-8")
    write_card(aside, manifest)
    write_checksums(aside)
    try:
        os.rename(aside, target)  # noqa: PTH104 - the one atomic step
    except OSError:
        raise ConfigError(f"release {target.name} exists and is immutable: choose another name") from None


def _same_or_refuse(target: Path, counts: Mapping[str, int], content: str) -> Published:
    if manifest_of(target).get("content_sha256") != content:
        raise ConfigError(
            f"release {target.name} exists with other content and is immutable: set another [release] name"
        )
    return Published(target, dict(counts), content, created=False)


def _write_rows(snapshot: Snapshot, folder: Path, config: Release, chosen: Chosen, gate: Gate) -> dict[str, int]:
    counts = dict.fromkeys(OPTIONAL, 0)
    for component in (name for name in FROM_TABLES if chosen.splits[name].num_rows or name not in OPTIONAL):
        counts[component] = _write_component(snapshot, folder, component, chosen, config, gate)
    counts["cases"] = _write_cases(folder / "cases", chosen, config, gate)
    counts |= write_views(folder, config, systems=chosen.cases.select(["case_id", "systems"]))
    if chosen.rejected.num_rows:
        (folder / "rejects").mkdir()
        write_shard(
            shard_path(folder / "rejects", "all", 0, 1),
            chosen.rejected.sort_by([("unit", "ascending"), ("id", "ascending")]),
            {},
        )
    return counts


def _write_component(
    snapshot: Snapshot, folder: Path, component: str, chosen: Chosen, config: Release, gate: Gate
) -> int:
    (table, *others), key, columns = FROM_TABLES[component]
    source = Source(snapshot, table, key, *others)
    pictures, added = component == "images", Added(snapshot)
    size = IMAGE_ROWS_PER_SHARD if pictures else config.rows_per_shard
    (folder / component).mkdir()
    for split in SPLITS:
        ids = ids_of(chosen.splits[component], split)
        total = -(-len(ids) // size)
        for number, own in enumerate(source.batches(ids, size, columns)):
            rows = added.to(component, own)
            gate(component, rows)
            path = shard_path(folder / component, split, number, total)
            write_shard(path, rows, IMAGE_FEATURE if pictures else {})
    return int(chosen.splits[component].num_rows)


def ids_of(splits: pa.Table, split: str) -> pa.Array:
    """List the ids of one split, in order."""
    return splits.filter(pc.field("split") == split)["id"].combine_chunks()


def _write_cases(folder: Path, chosen: Chosen, config: Release, gate: Gate) -> int:
    folder.mkdir()
    cases = chosen.cases.sort_by("case_id")
    for split in SPLITS:
        rows = cases.filter(pc.is_in(cases["case_id"], ids_of(chosen.splits["cases"], split)))
        total = -(-rows.num_rows // config.rows_per_shard)
        for number in range(total):
            part = rows.slice(number * config.rows_per_shard, config.rows_per_shard)
            gate("cases", part)
            write_shard(shard_path(folder, split, number, total), part, {})
    return int(chosen.splits["cases"].num_rows)
