"""The shelf as it stood: every table at a pinned version, whatever is written or compacted since.

In: a shelf and versions. Out: the same reading as the shelf's, over the files of those versions.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from schemas.errors import ConfigError
from schemas.shelf import shelved
from warehouse.tables import Shelf, check_known, paths_of, read_files


class Snapshot:
    """Tables at pinned versions; a table without one reads as 0 rows."""

    def __init__(self, shelf: Shelf, versions: Mapping[str, int]) -> None:
        self.shelf = shelf
        self.versions = dict(versions)
        self._files: dict[str, list[str]] = {}

    @classmethod
    def take(cls, shelf: Shelf, names: Iterable[str]) -> "Snapshot":
        """Pin the versions of now.

        Raises: ConfigError when a table is newer than this version, or one of its files is missing or damaged.
        """
        versions = {name: version for name in sorted(names) if (version := shelf.version(name)) is not None}
        taken = cls(shelf, versions)
        for name in versions:
            taken.check(name)
        return taken

    @cached_property
    def tables(self) -> dict[str, DeltaTable]:
        """The pinned tables, opened."""
        return {name: self._open(name, version) for name, version in self.versions.items()}

    def _open(self, name: str, version: int) -> DeltaTable:
        log = self.shelf.tables / name / "_delta_log"
        try:
            if any(log.glob(f"{version:020d}.*")):  # delta-rs does not come back from a version far ahead
                return DeltaTable(self.shelf.uri(name), version=version)
        except (DeltaError, OSError):
            pass
        raise ConfigError(f"table {name} has no readable version {version}")

    def files(self, name: str) -> list[str]:
        """List the files that made up a table."""
        if name not in self.versions:
            return []
        if name not in self._files:
            self._files[name] = paths_of(self.tables[name])
        return self._files[name]

    def read(self, name: str, columns: Sequence[str] | None = None, where: pc.Expression | None = None) -> pa.Table:
        """Read a table as it stood.

        Raises: ConfigError naming a file that is missing or damaged.
        """
        paths = self.files(name)
        if not paths:
            empty = shelved(name).empty_table()
            return empty.select(list(columns)) if columns is not None else empty
        return read_files(name, paths, list(columns) if columns is not None else None, where)

    def check(self, name: str) -> None:
        """See that a table is one of this version and that its files are there, as long as they were written.

        Raises: ConfigError naming the file.
        """
        table = self.tables[name]
        check_known(table, name)
        sizes = _sizes(table)
        for path in self.files(name):
            try:
                size = Path(path).stat().st_size
            except OSError:
                raise ConfigError(f"table {name}: {Path(path).name} is missing; restore it from a copy") from None
            if size != sizes.get(Path(path).name, size):
                raise ConfigError(f"table {name}: {Path(path).name} is damaged (its size has changed)")


def _sizes(table: DeltaTable) -> dict[str, int]:
    actions = pa.table(table.get_add_actions(flatten=True))
    pairs = zip(actions["path"].to_pylist(), actions["size_bytes"].to_pylist(), strict=True)
    return {Path(path).name: int(size) for path, size in pairs}
