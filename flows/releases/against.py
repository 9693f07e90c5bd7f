"""Decontamination: what a user holds out elsewhere (benchmarks, test sets) must not be trained on.

Flows in: folders of pictures (png, jpg, bmp, tif, webp, gif, DICOM), tables (Parquet, JSON, JSONL, CSV, TSV) and texts.
Flows out: rows of train and validation that match, by look (both perceptual hashes), by text, or by id: our own ids and
hashes, and the hospital's case and patient ids, which are coded with the pseudonym key as intake codes them.
A picture or an id takes its whole case out, a text its pair or report.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from PIL import Image

from curation.dedup.picture import hashes, hashes_of_frames
from curation.dedup.tokens import tokenize
from curation.image.decode import decode
from curation.pseudonym import Pseudonymizer
from curation.split.alike import UInt64, matches
from curation.split.leak import near
from flows.releases.hashes import hashes_of
from flows.releases.held_out import READERS, files_below, pictures_within
from schemas.errors import ConfigError
from schemas.publishing import Release
from schemas.reject import RejectReason
from warehouse.tables import Tables

if TYPE_CHECKING:
    from flows.releases.select import Component

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif"})
DICOM = frozenset({".dcm", ".dicom", ""})
MIN_TOKENS = 5
MAX_ID_CHARS = 128
#: Whole files that are no content: instructions, code, licences.
NOT_CONTENT = frozenset({".md", ".py", ".yaml", ".yml", ".toml", ".sha256", ".html", ".pdf", ".gitignore"})


@dataclass
class HeldOut:
    """What is held out elsewhere: hashes of pictures, texts, ids; never shown in a repr."""

    pictures: list[tuple[int, int]] = field(default_factory=list, repr=False)
    texts: set[str] = field(default_factory=set, repr=False)
    ids: set[str] = field(default_factory=set, repr=False)
    folders: tuple[str, ...] = ()

    @property
    def hashes(self) -> UInt64:
        """Both hashes of every picture: uint64[n, 2]."""
        return np.array(self.pictures, np.uint64).reshape(-1, 2)


@dataclass(frozen=True, slots=True)
class Matches:
    """How many rows of train and validation matched, by what."""

    cases_by_picture: int = 0
    cases_by_id: int = 0
    pairs_by_text: int = 0
    reports_by_text: int = 0


def read_held_out(folders: Sequence[Path], limits: Mapping[str, int]) -> HeldOut:
    """Read everything below folders.

    Raises: ConfigError naming a file that cannot be read: what cannot be read cannot be kept out.
    """
    found = HeldOut(folders=tuple(folder.name for folder in folders))
    for folder in folders:
        if not folder.is_dir():
            raise ConfigError(f"--against: {folder} is not a folder")
        try:
            for path in files_below(folder):
                _read(path, found, limits)
        except OSError as error:  # a folder
            raise _unreadable(error.filename or folder) from None
    return found


def _unreadable(path: Path | str) -> ConfigError:
    return ConfigError(f"--against: {path} cannot be read; what cannot be read cannot be kept out")


def _read(path: Path, found: HeldOut, limits: Mapping[str, int]) -> None:
    if path.suffix.lower() in NOT_CONTENT or path.name.startswith("."):
        return
    try:
        if not path.is_file():
            raise ValueError("a link that leads nowhere, or a pipe")
        _learn_file(path, found, limits)
    except Exception:  # noqa: BLE001 - Pillow and pydicom raise many kinds on broken files, with content in the messages
        raise _unreadable(path) from None


def _learn_file(path: Path, found: HeldOut, limits: Mapping[str, int]) -> None:
    kind = path.suffix.lower()
    if kind in PICTURES:
        found.ids.add(path.stem.strip())
        found.pictures.extend(hashes_of_frames(path))
    elif kind in READERS:
        for row in READERS[kind](path):
            _learn(row, found)
    elif kind in DICOM:
        image = decode(path, **limits)
        found.ids.add(path.stem.strip())
        found.pictures.extend(hashes(Image.fromarray(image.frame(at))) for at in range(image.n_frames))
    else:
        raise ValueError(kind)


def _learn(row: Any, found: HeldOut) -> None:  # noqa: ANN401 - any JSON value
    if isinstance(row, bytes):
        found.pictures.extend(hashes_of_frames(io.BytesIO(row)))
    elif isinstance(row, str):
        _learn_text(row, found)
    elif isinstance(row, int | float | Decimal) and not isinstance(row, bool):
        if row % 1 == 0:  # pandas writes whole ids as 7.0 where others are missing
            found.ids.add(str(int(row)))
    elif isinstance(row, dict):
        for key, value in row.items():
            _learn_id(str(key), found)
            _learn(value, found)
        for question, answer in (("question", "answer"), ("findings", "impression")):
            if isinstance(row.get(question), str) and isinstance(row.get(answer), str):
                found.texts.add(f"{row[question]}\n{row[answer]}")
    elif isinstance(row, list | tuple):  # maps of Parquet are lists of tuples
        for value in row:
            _learn(value, found)


def _learn_text(row: str, found: HeldOut) -> None:
    pictures, text = pictures_within(row)
    for picture in pictures:
        found.pictures.extend(hashes_of_frames(io.BytesIO(picture)))
    _learn_id(text, found)
    if len(tokenize(text)) >= MIN_TOKENS:
        found.texts.add(text)


def _learn_id(text: str, found: HeldOut) -> None:
    name = text.strip()
    if not name or len(name) > MAX_ID_CHARS or any(char.isspace() for char in name):
        return
    found.ids.add(name)
    if name.endswith(".0") and name[:-2].isdecimal():
        found.ids.add(name[:-2])


def coded(found: HeldOut, coder: Pseudonymizer, sites: Sequence[str]) -> HeldOut:
    """Add the pseudonyms that a hospital's own case and patient ids would have."""
    kinds = (("case", "c"), ("patient", "p"))
    made = {
        f"{letter}{coder.code(domain, site, value)}"
        for value in found.ids
        for site in sites
        for domain, letter in kinds
    }
    return HeldOut(found.pictures, found.texts, found.ids | made, found.folders)


def match(tables: Tables, parts: Mapping[str, "Component"], held_out: HeldOut, config: Release) -> Matches:
    """Take matches out of train and validation; rows of test may match."""
    from flows.releases.select import texts_of  # noqa: PLC0415 - the other way round, select calls this

    if not held_out.folders:
        return Matches()
    by_picture, by_id = _cases_like(tables, held_out, config), _cases_named(tables, held_out)
    lost = pa.array(sorted(by_picture | by_id), pa.string())
    counts = {}
    for name, part in parts.items():
        seen = part.rows["split"].to_numpy() != "test"
        part.lose(seen & pc.is_in(part.rows["case_id"], value_set=lost).to_numpy(), RejectReason.CONTAMINATED)
        if name in ("pairs", "reports"):
            at = np.flatnonzero(seen & ~part.left)
            texts = texts_of(tables, name, part)
            hits = np.zeros(len(texts), np.bool_)
            hits[at] = near([texts[place] for place in at], sorted(held_out.texts), config)
            part.lose(hits, RejectReason.CONTAMINATED)
            counts[name] = int(hits.sum())
    cases = parts["cases"].rows
    trained = set(cases.filter(pc.field("split") != "test")["id"].to_pylist())
    return Matches(len(by_picture & trained), len(by_id & trained), counts["pairs"], counts["reports"])


def _cases_like(tables: Tables, held_out: HeldOut, config: Release) -> set[str]:
    frames = tables.read("images", ["case_id", "sha256"])
    mine = np.stack(hashes_of(tables, frames["sha256"]), axis=1).reshape(-1, 2)
    hits = matches(mine, held_out.hashes, config.alike_bits)
    return set(frames["case_id"].filter(pa.array(hits)).to_pylist())


def _cases_named(tables: Tables, held_out: HeldOut) -> set[str]:
    wanted = pa.array(sorted(held_out.ids), pa.string())
    found: set[str] = set()
    columns = {
        "cases": ("case_id", "patient_key"),
        "images": ("frame_id", "image_id", "sha256"),
        "instruction_pairs": ("instance_id",),
        "grounded_pairs": ("instance_id",),
        "annotations": ("annotation_id",),
    }
    for table, names in columns.items():
        for name in names:
            rows = tables.read(table, list(dict.fromkeys(("case_id", name))), pc.field(name).isin(wanted))
            found |= set(rows["case_id"].to_pylist())
    return found
