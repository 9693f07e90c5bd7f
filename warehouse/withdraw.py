"""Withdraw a release, or reissue it without some cases under a new name.

In: the folder of a release and ids of cases. Out: a tombstone that keeps the name taken, and perhaps a new release.
Order: the new release first, then the manifest of the old one, then its shards: a killed call is finished by the next.
"""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.errors import ConfigError
from warehouse.published import MANIFEST, manifest_of, names_of, read_checksums, verify_release, write_checksums
from warehouse.release import IMAGE_FEATURE, content_of, finish
from warehouse.shards import write_shard
from warehouse.upkeep import WITHDRAWN

COMPONENTS = ("images", "reports", "pairs", "cases", "annotations", "grounded", "stage1", "stage2", "test", "rejects")
Tighten = Callable[[pa.Table], pa.Table]


def releases_with(root: Path, cases: Sequence[str]) -> list[str]:
    """List the releases that hold rows of some cases, or whose withdrawal was cut down.

    Raises: ConfigError naming a manifest or a shard that cannot be read: whom it holds is not known then.
    """
    wanted = pa.array(cases, pa.string())
    found = []
    for name in names_of(root):
        folder = root / "releases" / name
        if manifest_of(folder).get("state") == WITHDRAWN:
            concerned = not _is_whole(folder)
        else:
            paths = sorted(path for component in COMPONENTS for path in (folder / component).glob("*.parquet"))
            concerned = any(_holds(path, wanted) for path in paths)
        if concerned:
            found.append(name)
    return found


def withdrawn(root: Path) -> dict[str, dict[str, Any]]:
    """Give what is left of every withdrawn release: its manifest.

    Raises: ConfigError when a manifest is damaged.
    """
    found = {name: manifest_of(root / "releases" / name) for name in names_of(root)}
    return {name: manifest for name, manifest in found.items() if manifest.get("state") == WITHDRAWN}


def sweep(root: Path) -> None:
    """Delete what killed calls left half written: nobody reads it, and it may hold the rows. No one else writes."""
    for path in (root / "releases").glob(".*.writing"):
        shutil.rmtree(path)


def _is_whole(folder: Path) -> bool:
    """Say whether a withdrawal came to its end: the checksums are written last."""
    try:
        return {MANIFEST, "README.md"} == read_checksums(folder).keys() and bool(verify_release(folder))
    except ConfigError:
        return False


def _holds(path: Path, wanted: pa.Array) -> bool:
    column = _case_column(path)
    rows = _read(path, [column])
    return bool(pc.any(pc.is_in(rows[column], value_set=wanted)).as_py())


def _read(path: Path, columns: list[str] | None = None) -> pa.Table:
    try:
        return pq.read_table(path, columns=columns)
    except (OSError, pa.ArrowException):
        *_, release, component, name = path.parts
        raise ConfigError(
            f"release {release}: {component}/{name} is damaged, so that whom it holds is not known: restore it from a "
            "copy, or delete the folder of the release"
        ) from None


def _case_column(path: Path) -> str:
    return "parent_id" if path.parent.name == "rejects" else "case_id"


def reissue(root: Path, name: str, cases: Sequence[str], tighten: Tighten) -> str:
    """Publish a release again without some cases, under its name and a number; ``tighten`` suppresses what is rare now.

    A release that was reissued already is not reissued again.
    Raises: ConfigError naming a shard that is damaged.
    """
    old = root / "releases" / name
    manifest = manifest_of(old)
    if manifest.get("reissued_as"):
        return str(manifest["reissued_as"])
    number = 1
    while (target := old.with_name(f"{name}.r{number}")).exists():
        if manifest_of(target).get("reissue_of") == name:
            return target.name
        number += 1
    aside = old.with_name(f".{target.name}.writing")
    shutil.rmtree(aside, ignore_errors=True)
    wanted = pa.array(cases, pa.string())
    counts = {component: _copy(old / component, aside / component, wanted, tighten) for component in COMPONENTS}
    counts.pop("rejects")
    changed = {"name": target.name, "reissue_of": name, "counts": counts, "content_sha256": content_of(aside)}
    finish(aside, target, {**manifest, **changed, "created_at": _now()})
    return target.name


def _copy(old: Path, new: Path, wanted: pa.Array, tighten: Tighten) -> int:
    paths = sorted(old.glob("*.parquet"))
    new.mkdir(parents=True, exist_ok=True)
    tables = []
    for path in paths:
        rows = _read(path)
        rows = rows.filter(pc.invert(pc.fill_null(pc.is_in(rows[_case_column(path)], value_set=wanted), False)))
        if old.name == "cases":
            tables.append(rows)
        else:
            write_shard(new / path.name, rows, IMAGE_FEATURE if old.name == "images" else {})
            tables.append(rows.select([]))
    if old.name == "cases" and tables:
        _write_cases(paths, new, tables, tighten)
    return sum(table.num_rows for table in tables) if old.name == "cases" else _rows(new)


def _rows(folder: Path) -> int:
    return sum(pq.ParquetFile(path).metadata.num_rows for path in folder.glob("*.parquet"))


def _write_cases(paths: Sequence[Path], new: Path, tables: Sequence[pa.Table], tighten: Tighten) -> None:
    """Suppress over all splits together, and write each case where it was."""
    every = tighten(pa.concat_tables(tables))
    for path, own in zip(paths, tables, strict=True):
        write_shard(new / path.name, every.filter(pc.is_in(every["case_id"], own["case_id"].combine_chunks())), {})


def withdraw(root: Path, name: str, reissued_as: str | None) -> None:
    """Take the rows of a release away for good; its name stays taken and its manifest says why."""
    folder = root / "releases" / name
    manifest = manifest_of(folder)
    kept = ("name", "tier", "created_at", "content_sha256", "sonocurate", "git_commit", "reissue_of")
    stone: dict[str, Any] = {key: manifest[key] for key in kept if key in manifest}
    stone |= {"state": WITHDRAWN, "withdrawn_at": manifest.get("withdrawn_at") or _now()}
    stone |= {"reason": "a patient was forgotten", "reissued_as": reissued_as or manifest.get("reissued_as")}
    aside = folder / f".{MANIFEST}.writing"
    aside.write_text(json.dumps(stone, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(aside, folder / MANIFEST)  # noqa: PTH105 - atomic
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != MANIFEST:
            path.unlink()
    after = f"It was reissued as `{stone['reissued_as']}`." if stone["reissued_as"] else "It was not reissued."
    text = f"# {name}\n\nThis release was withdrawn: a patient was forgotten. Delete every copy and export. {after}\n"
    (folder / "README.md").write_text(text, encoding="utf-8")
    write_checksums(folder)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
