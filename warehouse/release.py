"""A named, immutable release: plain Parquet shards, checksums, a dataset card; written aside, published by one rename.

In: the shelf, the pairs to publish, the splits. Out: ``releases/NAME/{images,reports,pairs}/SPLIT-*.parquet``,
``release.json`` (manifest), ``checksums.sha256``, ``README.md`` (card).
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from schemas.case import IMAGE, REPORT
from schemas.config import Release
from schemas.errors import ConfigError
from schemas.instruction import INSTRUCTION_PAIR
from warehouse.shards import Source, groups, write_shards
from warehouse.tables import Shelf

SPLITS = ("train", "validation", "test")
IMAGE_ROWS_PER_SHARD = 500
CARD_WIDTH = 120
IMAGE_FEATURE = {"image": {"_type": "Image"}}
COMPONENTS: dict[str, tuple[tuple[str, ...], str, list[str]]] = {
    # folder: (tables, key, columns)
    "images": (("images", "twin_frames"), "frame_id", IMAGE.names),
    "reports": (("reports",), "case_id", REPORT.names),
    "pairs": (("instruction_pairs",), "instance_id", INSTRUCTION_PAIR.names),
}


@dataclass(frozen=True, slots=True)
class Published:
    """What a release holds: rows per component and the hash of its content."""

    folder: Path
    counts: dict[str, int]
    content_sha256: str
    created: bool


def split_of(patient_key: str, config: Release) -> str:
    """Assign a patient to a split by a seeded hash: the same patient is in the same split of every release."""
    digest = hashlib.sha256(f"{config.split_seed}|{patient_key}".encode()).digest()
    position = int.from_bytes(digest[:8], "big") / 2**64
    if position < config.split_test:
        return "test"
    return "validation" if position < config.split_test + config.split_validation else "train"


def write_release(
    shelf: Shelf,
    config: Release,
    selection: Mapping[str, Mapping[str, str]],
    facts: Mapping[str, Any],
    gate: Callable[[str, pa.Table], None],
) -> Published:
    """Write a release and publish it atomically; the same release again changes nothing.

    ``selection`` gives for each component the split of every id to publish. ``gate(component, rows)`` looks at every
    row before it is written and raises LeakError to stop everything.

    Raises: ConfigError when the name is taken by other content.
    """
    target = shelf.root / "releases" / config.name
    aside = target.with_name(f".{config.name}.writing")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    counts = {name: _write_component(shelf, aside, name, selection[name], config, gate) for name in COMPONENTS}
    sums = _checksums(aside)
    content = hashlib.sha256("\n".join(f"{digest}  {name}" for name, digest in sums.items()).encode()).hexdigest()
    if target.exists():
        return _same_or_refuse(target, aside, counts, content)
    (aside / "release.json").write_text(_manifest(config, counts, content, facts), encoding="utf-8")
    (aside / "README.md").write_text(card(config, counts, content, facts), encoding="utf-8")
    lines = "".join(f"{digest}  {name}\n" for name, digest in _checksums(aside).items())
    (aside / "checksums.sha256").write_text(lines, encoding="utf-8")
    os.rename(aside, target)  # noqa: PTH104 - the one atomic step
    return Published(target, counts, content, created=True)


def published_fingerprints(shelf: Shelf, config: Release) -> dict[str, str] | None:
    """Give the stage fingerprints that a release of this name was made under; None where there is no such release.

    Raises: ConfigError when its manifest is damaged.
    """
    target = shelf.root / "releases" / config.name
    if not target.exists():
        return None
    found = _manifest_of(target).get("fingerprints", {})
    return {str(stage): str(fingerprint) for stage, fingerprint in found.items()}


def published_hashes(shelf: Shelf, config: Release, frame_ids: Sequence[str]) -> dict[str, str]:
    """Give the hash that a release of this name holds of every frame among some that it publishes.

    Raises: ConfigError when its shards are damaged.
    """
    target = shelf.root / "releases" / config.name
    paths = [str(path) for path in sorted((target / "images").glob("*.parquet"))]
    if not paths:
        return {}
    wanted = pc.field("frame_id").isin(pa.array(frame_ids, pa.string()))
    try:
        rows = ds.dataset(paths, format="parquet").to_table(columns=["frame_id", "sha256"], filter=wanted)
    except (OSError, pa.ArrowException):
        raise ConfigError(f"release {target.name} exists but its shards are damaged: move it away") from None
    return dict(zip(rows["frame_id"].to_pylist(), rows["sha256"].to_pylist(), strict=True))


def _manifest_of(target: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((target / "release.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise ConfigError(f"release {target.name} exists but its release.json is damaged: move it away") from None


def _same_or_refuse(target: Path, aside: Path, counts: dict[str, int], content: str) -> Published:
    shutil.rmtree(aside)
    if _manifest_of(target).get("content_sha256") != content:
        raise ConfigError(
            f"release {target.name} exists with other content and is immutable: set another [release] name"
        )
    return Published(target, counts, content, created=False)


def _write_component(
    shelf: Shelf,
    folder: Path,
    component: str,
    splits: Mapping[str, str],
    config: Release,
    gate: Callable[[str, pa.Table], None],
) -> int:
    (table, *others), key, columns = COMPONENTS[component]
    source = Source(shelf, table, key, *others)
    size = IMAGE_ROWS_PER_SHARD if component == "images" else config.rows_per_shard
    for split in SPLITS:
        ids = [row_id for row_id in source.ids() if splits.get(row_id) == split]
        shards = list(groups(ids, size))

        def checked(shards: list[Sequence[str]] = shards) -> Iterator[pa.Table]:
            for group in shards:
                rows = source.rows(group, columns)
                gate(component, rows)
                yield rows

        features = IMAGE_FEATURE if component == "images" else {}
        write_shards(folder / component, split, checked(), total=len(shards), features=features)
    return sum(1 for split in splits.values() if split in SPLITS)


def _checksums(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "checksums.sha256")
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in paths}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(config: Release, counts: Mapping[str, int], content: str, facts: Mapping[str, Any]) -> str:
    fields = {
        "name": config.name,
        "tier": config.tier.value,
        "counts": dict(counts),
        "content_sha256": content,
        **facts,
    }
    return json.dumps(fields, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def card(config: Release, counts: Mapping[str, int], content: str, facts: Mapping[str, Any]) -> str:
    """Write the dataset card (Markdown with a Hugging Face YAML header)."""
    globs = [f"  data_files:\n{_split_files(name)}" for name in COMPONENTS]
    configs = "\n".join(f"- config_name: {name}\n{files}" for name, files in zip(COMPONENTS, globs, strict=True))
    rows = "\n".join(f"| {name} | {count} |" for name, count in counts.items())
    funnel = "\n".join(
        f"| {row['stage']} | {row['unit']} | {row['rows_in']} | {row['kept']} | {row['rejected']} |"
        for row in facts.get("funnel", [])
    )
    return (
        f"---\nconfigs:\n{configs}\n---\n# {config.name}\n\n"
        f"Tier: **{config.tier.value}**. Content hash: `{content}`.\n\n"
        "De-identified ultrasound instruction data. Text that was not proven clinical was masked in images and\n"
        "redacted in reports; this is not a guarantee of anonymity. Templates are not reviewed by a clinician "
        "(`reviewed_by: null`).\n\n"
        f"| component | rows |\n|---|---|\n{rows}\n\n"
        f"{_shortcuts(counts, facts)}\n\n"
        f"| stage | unit | rows in | kept | rejected |\n|---|---|---|---|---|\n{funnel}\n"
    )


def _shortcuts(counts: Mapping[str, int], facts: Mapping[str, Any]) -> str:
    """Say what can be read off the screen, and what the twins are for."""
    visible, twins = (facts.get(name, 0) for name in ("visible_pairs", "twin_pairs"))
    read = (
        f"`answer_visible_in_image` is true for {visible} of {counts['pairs']} pairs: every measured value of the "
        "answer (a number with a unit, a decimal, a duration or a risk category; in any unit of its kind, rounded or "
        "not) can be read in a measurement that stays on one of the pair's images. A model may answer such a pair by "
        "reading the screen instead of the anatomy. Values in text that no rule proved to be a measurement are not "
        "found: false is no proof."
    )
    hidden = (
        f"`twin_of` is set for {twins} pairs: each repeats the pair that it names, on images whose measurements are "
        "masked (their `frame_id` ends in `/v`)."
    )
    return f"{fill(read, CARD_WIDTH)}\n\n{fill(hidden, CARD_WIDTH)}"


def _split_files(component: str) -> str:
    return "\n".join(f"  - split: {split}\n    path: {component}/{split}-*.parquet" for split in SPLITS)
