"""Published releases: what there is, whether a copy is intact, how two of them differ.

In: a release's folder, here or a copy elsewhere. Out: facts about it; nothing is changed.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from schemas.errors import ConfigError
from schemas.publishing import Release
from warehouse.tables import Shelf

SPLITS = ("train", "validation", "test")
MANIFEST = "release.json"
CHECKSUMS = "checksums.sha256"
#: Components that hold every row once, and their keys.
KEYS = {
    "images": "frame_id",
    "reports": "case_id",
    "pairs": "instance_id",
    "cases": "case_id",
    "annotations": "annotation_id",
    "grounded": "instance_id",
}

RELEASE_LINE = pa.schema(
    [(name, pa.string()) for name in ("release", "tier", "state")]
    + [(name, pa.int64()) for name in KEYS]
    + [(name, pa.string()) for name in ("created_at", "content_sha256")]
)
DIFFERENCE = pa.schema([("what", pa.string()), ("only_a", pa.int64()), ("only_b", pa.int64()), ("changed", pa.int64())])


def find_release(root: Path, name: str) -> Path:
    """Find a release by its name, or a copy of one by its folder.

    Raises: ConfigError when there is none.
    """
    for folder in (root / "releases" / name, Path(name)):
        if (folder / MANIFEST).is_file():
            return folder
    raise ConfigError(f"there is no release {name} in {root} and no folder of this name with a {MANIFEST}")


def names_of(root: Path) -> list[str]:
    """List the releases of a warehouse, the withdrawn ones too, and what has lost its manifest."""
    folder = root / "releases"
    return sorted(path.name for path in folder.glob("*") if path.is_dir() and not path.name.startswith("."))


def list_releases(root: Path) -> pa.Table:
    """List the releases of a warehouse by the time they were made (``RELEASE_LINE``).

    Raises: ConfigError when a manifest is damaged.
    """
    rows = []
    for name in names_of(root):
        manifest = manifest_of(root / "releases" / name)
        rows.append(_line(name, manifest))
    rows.sort(key=lambda row: (row["created_at"] or "", row["release"]))
    return pa.Table.from_pylist(rows, schema=RELEASE_LINE)


def _line(name: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    texts = {key: manifest.get(key) for key in ("tier", "state", "created_at", "content_sha256")}
    counts = manifest.get("counts", {})
    if not isinstance(counts, dict) or not all(isinstance(text, str | None) for text in texts.values()):
        raise damaged(name)
    numbers = {key: counts.get(key) for key in KEYS}
    if not all(isinstance(number, int | None) for number in numbers.values()):
        raise damaged(name)
    return {"release": name, **numbers, **texts}


def verify_release(folder: Path) -> dict[str, int]:
    """Prove that a copy of a release is what was published: every file there, none more, every byte as it was.

    Returns the number of files and of bytes.
    Raises: ConfigError naming the files that are missing, changed or too many.
    """
    manifest = manifest_of(folder)
    wanted = read_checksums(folder)
    found = checksums_of(folder)
    missing, extra = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    changed = sorted(name for name in wanted.keys() & found.keys() if wanted[name] != found[name])
    wrong = {"missing": missing, "changed": changed, "not of the release": extra}
    if any(wrong.values()):
        listed = "; ".join(f"{kind}: {_some(names)}" for kind, names in wrong.items() if names)
        raise ConfigError(f"release {folder.name} is not intact: {listed}")
    lines = (f"{digest}  {name}" for name, digest in found.items() if name.endswith(".parquet"))
    content = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    if manifest.get("state") != "withdrawn" and content != manifest.get("content_sha256"):
        raise ConfigError(f"release {folder.name} is not intact: its content hash is not that of {MANIFEST}")
    return {"files": len(found), "bytes": sum((folder / name).stat().st_size for name in found)}


def _some(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def diff_releases(a: Path, b: Path) -> pa.Table:
    """Compare two releases (``DIFFERENCE``): rows by id and split, settings, fingerprints, table versions.

    Raises: ConfigError when a shard or manifest is damaged.
    """
    rows = [_difference(component, _hashes(a, component), _hashes(b, component)) for component in KEYS]
    left, right = manifest_of(a), manifest_of(b)
    for name in ("settings", "fingerprints", "table_versions"):
        rows.append(_difference(name, left.get(name) or {}, right.get(name) or {}))
    return pa.Table.from_pylist(rows, schema=DIFFERENCE)


def _difference(what: str, left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    both = left.keys() & right.keys()
    changed = sum(left[key] != right[key] for key in both)
    return {"what": what, "only_a": len(left) - len(both), "only_b": len(right) - len(both), "changed": changed}


def _hashes(folder: Path, component: str) -> dict[str, tuple[str, int]]:
    """Give the split and a hash of every row of a component; pictures by their own hash."""
    key, found = KEYS[component], {}
    for split in SPLITS:
        paths = sorted(str(path) for path in (folder / component).glob(f"{split}-*.parquet"))
        for rows in _batches(folder, paths, [key, "sha256"] if component == "images" else None):
            for row in rows.to_pylist():
                found[row[key]] = (split, hash(repr(row)))
    return found


def _batches(folder: Path, paths: Sequence[str], columns: list[str] | None) -> Sequence[pa.RecordBatch]:
    try:
        return list(ds.dataset(paths, format="parquet").to_batches(columns=columns)) if paths else []
    except (OSError, pa.ArrowException):
        raise ConfigError(f"release {folder.name} has a damaged shard: see `sonocurate release verify`") from None


def checksums_of(folder: Path, pattern: str = "*") -> dict[str, str]:
    """Hash the files of a release by their path below its folder."""
    paths = sorted(path for path in folder.rglob(pattern) if path.is_file() and path.name != CHECKSUMS)
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in paths}


def write_checksums(folder: Path) -> None:
    """Write the checksums of all files, as ``sha256sum -c`` reads them."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in checksums_of(folder).items())
    (folder / CHECKSUMS).write_text(lines, encoding="utf-8")


def read_checksums(folder: Path) -> dict[str, str]:
    """Read the checksums of a release by path.

    Raises: ConfigError.
    """
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
        return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    except (OSError, ValueError):
        raise ConfigError(f"release {folder.name} has no readable {CHECKSUMS}") from None


def manifest_of(target: Path) -> dict[str, Any]:
    """Read the manifest of a release.

    Raises: ConfigError when it is missing or damaged.
    """
    try:
        found = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise damaged(target.name) from None
    if not isinstance(found, dict):
        raise damaged(target.name)
    return found


def damaged(name: str) -> ConfigError:
    """Say that the manifest of a release cannot be read, and what to do."""
    return ConfigError(
        f"release {name} exists but its {MANIFEST} is missing or damaged: restore it from a copy, or move the release "
        "away (vacuum then deletes what only it pins)"
    )


def published_fingerprints(shelf: Shelf, config: Release) -> dict[str, str] | None:
    """Give the stage fingerprints that a release of this name was made under; None where there is no such release.

    Raises: ConfigError when its manifest is damaged.
    """
    target = shelf.root / "releases" / config.name
    if not target.exists():
        return None
    found = manifest_of(target).get("fingerprints", {})
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


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
