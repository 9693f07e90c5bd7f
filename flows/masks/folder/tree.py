"""`sonocurate desensitize IN_DIR OUT_DIR`: mask a tree of images outside any warehouse.

Flows in: a folder that is only read. Flows out: masked pictures, `regions.jsonl` (boxes without text) and
`quarantine.jsonl` (images that are not published, with a reason). An image's pictures appear together, after all of its
frames passed.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from curation.image.engines import check_engines
from curation.intake.files import FileIndex, list_files
from curation.pseudonym import new_key
from flows.key import find_key
from flows.known import Known
from flows.masks.folder.known import read_known_phi
from flows.masks.folder.worker import Job, Outcome, run_jobs
from flows.progress import Track
from schemas.case import KNOWN_PHI_KINDS
from schemas.config import Masking
from schemas.errors import ConfigError

REGIONS, QUARANTINE = "regions.jsonl", "quarantine.jsonl"


@dataclass
class FolderSummary:
    """What happened to a folder, in counts."""

    images: int = 0
    pictures: int = 0
    hashed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    unused_known: int = 0
    one_off_key: bool = False

    def lines(self) -> Iterator[str]:
        """Say it in plain words."""
        quarantined = sum(self.reasons.values())
        yield f"{self.images} images: {self.images - quarantined} published as {self.pictures} pictures, " + (
            f"{quarantined} in quarantine"
        )
        yield from (f"  {count} {reason}" for reason, count in sorted(self.reasons.items()))
        if self.unused_known:
            yield f"{self.unused_known} rows of --known-phi name no image in the folder"
        if self.hashed and self.one_off_key:
            yield f"{self.hashed} paths held identity: hashed with a key of this run only (set a key to repeat it)"


def desensitize_folder(in_dir: Path, out_dir: Path, *, known_phi: Path | None, config: Masking) -> FolderSummary:
    """Mask every image below a folder.

    Raises: ConfigError for a missing folder, an output folder that is not empty, or an unreadable --known-phi.
    """
    _check_folders(in_dir, out_dir)
    check_engines(config.desensitize)
    known = read_known_phi(known_phi) if known_phi else {}
    files = FileIndex(in_dir, list_files(in_dir))
    key, one_off = _key(config)
    _make(out_dir)
    summary = FolderSummary(one_off_key=one_off, unused_known=sum(image not in files for image in known))
    jobs = (Job(path, files.locate(path), known.get(path, _nothing())) for path in files.paths)
    with (
        (out_dir / REGIONS).open("x", encoding="utf-8") as regions,
        (out_dir / QUARANTINE).open("x", encoding="utf-8") as quarantine,
        Track("desensitize", len(files.paths), unit="images") as track,
    ):
        for outcome in run_jobs(jobs, out_dir, config, key):
            _record(outcome, regions, quarantine, summary)
            track.advance()
    return summary


def _nothing() -> Known:
    return {kind: [] for kind in KNOWN_PHI_KINDS}


def _key(config: Masking) -> tuple[bytes, bool]:
    """Find the key; without one, a new key that is never stored hashes paths of this run only."""
    settings = config.pseudonym
    if settings.key_file is None and settings.secret_block is None and not os.environ.get(settings.key_env):
        return new_key(), True
    return find_key(settings), False


def _check_folders(in_dir: Path, out_dir: Path) -> None:
    if not in_dir.is_dir():
        raise ConfigError(f"{in_dir} is not a folder")
    inside, outside = in_dir.resolve(), out_dir.resolve()
    if outside == inside or outside.is_relative_to(inside):
        raise ConfigError(f"{out_dir} lies in the input folder, which is only read: choose another")
    if out_dir.exists() and (not out_dir.is_dir() or any(out_dir.iterdir())):
        raise ConfigError(
            f"{out_dir} is not empty: choose a new folder (an interrupted run is repeated from the start)"
        )


def _make(out_dir: Path) -> None:
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{out_dir} cannot be made ({error.strerror})") from None


def _record(outcome: Outcome, regions: TextIO, quarantine: TextIO, summary: FolderSummary) -> None:
    summary.images += 1
    summary.hashed += outcome.hashed
    if outcome.reason is not None:
        summary.reasons[outcome.reason] += 1
        _write(quarantine, {"image": outcome.image, "reason": outcome.reason})
        return
    summary.pictures += len(outcome.frames)
    for number, boxes in enumerate(outcome.frames):
        _write(regions, {"image": outcome.image, "frame": number, "regions": boxes})


def _write(file: TextIO, row: Mapping[str, object]) -> None:
    file.write(json.dumps(row, ensure_ascii=False) + "\n")
    file.flush()
