"""A release of an invented warehouse, as a release lies: plain shards per split, a manifest, checksums.

Patients decide the split; every pair of the pool is published with its frames and reports.
"""

import hashlib
import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from schemas.case import IMAGE, REPORT
from schemas.instruction import INSTRUCTION_PAIR
from schemas.released import RELEASED_CASE
from schemas.shelf import RELEASE
from warehouse.shards import shard_path, write_shard
from warehouse.tables import Commit, Shelf

_COMPONENTS = {"images": IMAGE.names, "reports": REPORT.names, "instruction_pairs": INSTRUCTION_PAIR.names}
_KEYS = {"images": "frame_id", "reports": "case_id", "instruction_pairs": "instance_id"}
_FOLDERS = {"instruction_pairs": "pairs"}
_UNITS = {"images": "image", "reports": "report", "instruction_pairs": "pair"}
ROWS_PER_SHARD = {"images": 500, "reports": 5000, "instruction_pairs": 5000}


def split_of(patient_key: str) -> str:
    """Assign a patient: 8 of 10 train, 1 validation, 1 test."""
    place = int(hashlib.sha256(patient_key.encode()).hexdigest()[:8], 16) % 10
    return ("test", "validation")[place] if place < 2 else "train"


def write_invented_release(shelf: Shelf, name: str) -> Path:
    """Write the release and its rows of table `releases`."""
    folder = shelf.root / "releases" / name
    cases = shelf.read("cases", ["case_id", "patient_key"])
    splits = {
        case_id: split_of(patient)
        for case_id, patient in zip(cases["case_id"].to_pylist(), cases["patient_key"].to_pylist(), strict=True)
    }
    kept = shelf.read("dedup_pool", ["instance_id"])["instance_id"]
    counts: Counter[str] = Counter()
    for table, columns in _COMPONENTS.items():
        rows = shelf.read(table, columns)
        if table == "instruction_pairs":
            rows = rows.filter(pc.is_in(rows["instance_id"], kept))
        counts[table] = rows.num_rows
        _write(folder / _FOLDERS.get(table, table), rows.sort_by(_KEYS[table]), splits, table)
    _write(folder / "cases", _cases(shelf), splits, "reports")
    sums = {path.relative_to(folder).as_posix(): _sha256(path) for path in sorted(folder.rglob("*.parquet"))}
    content = hashlib.sha256("\n".join(f"{digest}  {path}" for path, digest in sums.items()).encode()).hexdigest()
    manifest = {"name": name, "tier": "demo", "counts": dict(counts), "content_sha256": content}
    (folder / "release.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    sums["release.json"] = _sha256(folder / "release.json")
    lines = "".join(f"{digest}  {path}\n" for path, digest in sorted(sums.items()))
    (folder / "checksums.sha256").write_text(lines, encoding="utf-8")
    record = [
        {"release": name, "unit": _UNITS[table], "kept": count, "rejected": 0, "content_sha256": content}
        for table, count in counts.items()
    ]
    shelf.append("releases", pa.Table.from_pylist(record, schema=RELEASE), Commit("release", 0, content, name))
    return folder


def _write(folder: Path, rows: pa.Table, splits: dict[str, str], table: str) -> None:
    places = pa.array([splits[case_id] for case_id in rows["case_id"].to_pylist()])
    for split in ("train", "validation", "test"):
        chosen, size = rows.filter(pc.equal(places, split)), ROWS_PER_SHARD[table]
        parts = [chosen.slice(start, size) for start in range(0, chosen.num_rows, size)]
        features = {"image": {"_type": "Image"}} if table == "images" else {}
        folder.mkdir(parents=True, exist_ok=True)
        for number, part in enumerate(parts):
            write_shard(shard_path(folder, split, number, len(parts)), part, features)


def _cases(shelf: Shelf) -> pa.Table:
    columns = ["case_id", "patient_key", "site", "systems", "sex", "age_years"]
    rows = [
        {**row, "age_band": f"{row['age_years'] // 10 * 10}-{row['age_years'] // 10 * 10 + 9}", "suppressed": []}
        for row in shelf.read("cases", columns).sort_by("case_id").to_pylist()
    ]
    return pa.Table.from_pylist([{**row, "findings": [], "diagnoses": []} for row in rows], schema=RELEASED_CASE)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
