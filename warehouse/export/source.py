"""Read a published release. The only module of exports that knows how the folder of a release is laid out.

In: ``releases/NAME/{images,reports,pairs,cases}/SPLIT-*.parquet``, ``release.json``, ``checksums.sha256``. Out: row
groups, and rows by id. Every shard is compared with its checksum when it is first opened, so that a damaged copy is
never exported.
"""

import hashlib
import json
import threading
from collections import OrderedDict, deque
from collections.abc import Collection, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import ConfigError
from warehouse.published import KEYS, SPLITS

#: Row groups that an index keeps in memory: neighbours share them. A group of images is about 2 MB.
_KEPT_GROUPS = 4
#: Shards that stay open.
_OPEN_SHARDS = 64
#: So few columns are read by one thread: to call others takes as long.
_FEW_COLUMNS = 3
#: Shards that are compared with their checksums at a time.
_HASHED_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Group:
    """One row group of a shard."""

    path: Path
    number: int
    rows: int


class Source:
    """A release that is read: its manifest, its shards, its checksums."""

    def __init__(self, folder: Path, ended: threading.Event | None = None, *, mapped: bool = False) -> None:
        """Open a release; once ``ended`` is set, no other shard is compared with its checksum.

        ``mapped`` shards are not copied when they are read; what was read then counts as memory of the process until
        the system takes it back.

        Raises: ConfigError when the folder is no complete release, or the release was withdrawn.
        """
        self.folder = folder
        self._ended, self._mapped = ended or threading.Event(), mapped
        self.name = folder.name
        self._sums = self._read_sums()
        manifest = self._read_manifest()
        if manifest.get("state") == "withdrawn":
            raise ConfigError(f"release {self.name} was withdrawn: export the release that took its place")
        self.content_sha256 = str(manifest["content_sha256"])
        self.tier = str(manifest.get("tier", "demo"))
        self._checked: set[Path] = set()
        self._opened: OrderedDict[Path, pq.ParquetFile] = OrderedDict()

    def shards(self, component: str, split: str) -> list[Path]:
        """List the shards of a component and split, as the checksums name them."""
        prefix = f"{component}/{split}-"
        return [self.folder / name for name in sorted(self._sums) if name.startswith(prefix)]

    def splits(self, component: str = "pairs") -> tuple[str, ...]:
        """List the splits that have rows of a component."""
        return tuple(split for split in SPLITS if any(group.rows for group in self.groups(component, split)))

    def groups(self, component: str, split: str) -> list[Group]:
        """List the row groups of a component and split, in order.

        Raises: ConfigError when a shard is missing or damaged.
        """
        found = []
        for path in self.shards(component, split):
            file = self._open(path)
            counts = (file.metadata.row_group(number).num_rows for number in range(file.metadata.num_row_groups))
            found += [Group(path, number, rows) for number, rows in enumerate(counts)]
        return found

    def read(self, group: Group, columns: Sequence[str] | None = None) -> pa.Table:
        """Read one row group.

        Raises: ConfigError when its shard is missing or damaged.
        """
        self._check(group.path)
        try:
            file = self._open(group.path)
            wanted = None if columns is None else list(columns)
            many = wanted is None or len(wanted) > _FEW_COLUMNS
            return file.read_row_group(group.number, columns=wanted, use_threads=many)
        except (OSError, pa.ArrowException):
            raise self._damaged(group.path) from None

    def patients(self, split: str) -> dict[str, str]:
        """Give the patient of every case of a split, as far as component `cases` names them."""
        tables = [self.read(group, ["case_id", "patient_key"]) for group in self.groups("cases", split)]
        columns = [(table["case_id"].to_pylist(), table["patient_key"].to_pylist()) for table in tables]
        return {case: patient for cases, patients in columns for case, patient in zip(cases, patients, strict=True)}

    def index(self, component: str, split: str) -> "Index":
        """Open the rows of a component and split by id."""
        with ThreadPoolExecutor(_HASHED_AT_ONCE) as together:
            deque(together.map(self._check, self.shards(component, split)), 0)
        return Index(self, self.groups(component, split), KEYS[component])

    def _open(self, path: Path) -> pq.ParquetFile:
        """Open a shard; the last few stay open, because opening one reads its footer."""
        file = self._opened.pop(path, None)
        try:
            file = file or pq.ParquetFile(path, memory_map=self._mapped)
        except (OSError, pa.ArrowException):
            raise self._damaged(path) from None
        self._opened[path] = file
        while len(self._opened) > _OPEN_SHARDS:
            self._opened.popitem(last=False)[1].close()
        return file

    def _check(self, path: Path) -> None:
        if path in self._checked:
            return
        if self._ended.is_set():
            raise CancelledError
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            raise self._damaged(path) from None
        if digest != self._sums[path.relative_to(self.folder).as_posix()]:
            raise self._damaged(path)
        self._checked.add(path)

    def _damaged(self, path: Path) -> ConfigError:
        name = path.relative_to(self.folder).as_posix()
        state = "does not match its checksum" if path.is_file() else "is missing"
        return ConfigError(f"release {self.name}: {name} {state}: restore it from a copy")

    def _read_sums(self) -> dict[str, str]:
        try:
            lines = (self.folder / "checksums.sha256").read_text(encoding="utf-8").splitlines()
            return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
        except (OSError, ValueError):
            raise ConfigError(f"{self.folder} is no complete release: checksums.sha256 cannot be read") from None

    def _read_manifest(self) -> dict[str, Any]:
        try:
            text = (self.folder / "release.json").read_bytes()
        except OSError:
            raise ConfigError(f"release {self.name}: release.json is missing: restore it from a copy") from None
        if hashlib.sha256(text).hexdigest() != self._sums.get("release.json"):
            raise self._damaged(self.folder / "release.json")
        return dict(json.loads(text))


class Index:
    """Rows of a component by id: the place of every id in memory, a few row groups beside it."""

    def __init__(self, source: Source, groups: Sequence[Group], key: str) -> None:
        self._source = source
        self._key = key
        self.groups = list(groups)
        self._place: dict[str, tuple[int, int]] = {}
        self._recent: OrderedDict[tuple[int, str], pa.ChunkedArray] = OrderedDict()
        for number, group in enumerate(self.groups):
            ids = source.read(group, [key])[key].to_pylist()
            self._place.update((row_id, (number, row)) for row, row_id in enumerate(ids))

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._place

    def take(self, ids: Collection[str], column: str) -> dict[str, Any]:
        """Give the values of a column for some ids. All must be known."""
        wanted: dict[int, list[tuple[str, int]]] = {}
        for row_id in ids:
            number, row = self._place[row_id]
            wanted.setdefault(number, []).append((row_id, row))
        found: dict[str, Any] = {}
        for number in sorted(wanted):
            values = self._values(number, column)
            found.update((row_id, values[row].as_py()) for row_id, row in wanted[number])
        return found

    def pictures(self, number: int, wanted: Collection[str]) -> list[tuple[str, pa.Buffer, str]]:
        """Give id, PNG bytes and their sha256 of the wanted frames of a row group, in order.

        The bytes lie in the group's memory. The sha256 is the release's: the shard has been checked as a whole.
        """
        rows = self._source.read(self.groups[number], [self._key, "image.bytes", "sha256"])
        ids, digests = (rows[name].to_pylist() for name in (self._key, "sha256"))
        found = (scalar.as_buffer() for chunk in rows["image"].chunks for scalar in chunk.field("bytes"))
        return [one for one in zip(ids, found, digests, strict=True) if one[0] in wanted]

    def _values(self, number: int, column: str) -> pa.ChunkedArray:
        values = self._recent.pop((number, column), None)
        if values is None:
            values = self._source.read(self.groups[number], [column])[column]
        self._recent[(number, column)] = values
        while len(self._recent) > _KEPT_GROUPS:
            self._recent.popitem(last=False)
        return values
