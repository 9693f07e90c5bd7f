"""All sources of a config as one: which pictures have annotations, and what they are.

In: ``Annotations`` settings and the paths of the hospital's pictures. Out: ``Raw`` values by path of the picture, and
those whose picture is not there. Files are hashed once; one that changes later is refused where it is read.
Raises: ConfigError for a source that cannot be read at all. Messages name the source of the config, never a file below
it: the names of files may hold those of patients.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from curation.ground.read import layouts
from curation.ground.read.coco import CocoReader
from curation.ground.read.ddti import DdtiReader
from curation.ground.read.raw import UNKNOWN, PixelSize, Raw, Reader
from curation.ground.read.table import TableReader
from schemas.annotated import Annotations
from schemas.errors import ChunkError, ConfigError

_FOLDERS: dict[str, Callable[[Path], Reader]] = {
    "busi": layouts.busi,
    "tn3k": layouts.tn3k,
    "hc18": layouts.hc18,
    "camus": layouts.camus,
    "ddti": lambda folder: DdtiReader(folder) if any(folder.rglob("*.xml")) else layouts.ddti(folder),
}


def open_source(source: Annotations) -> Reader:
    """Open one source.

    Raises: ConfigError.
    """
    is_file = source.layout in ("coco", "labels")
    if not (source.path.is_file() if is_file else source.path.is_dir()):
        raise ConfigError(f"annotations: {source.path} is no {'file' if is_file else 'folder'}")
    try:
        return _opened(source)
    except OSError:
        raise ConfigError(f"annotations: a file of {source.path} cannot be read") from None


def _opened(source: Annotations) -> Reader:
    if source.layout == "coco":
        return CocoReader(source.path)
    if source.layout == "labels":
        return TableReader(source.path, source.columns)
    if source.layout == "masks":
        return layouts.masks(source.path, source.label, source.values, parts=source.parts)
    return _FOLDERS[source.layout](source.path)


class Sources:
    """The annotations of all sources, found by the path of their picture below ``input.images``."""

    def __init__(self, sources: Sequence[Annotations]) -> None:
        self._sources = [(source, open_source(source)) for source in sources]
        self._by_path: dict[str, list[tuple[int, str]]] | None = None
        self._stamps: dict[Path, tuple[int, ...] | None] = {}
        self.missing: list[tuple[int, str]] = []

    def files(self) -> frozenset[Path]:
        """List all files of annotations."""
        return frozenset(path.resolve() for _, reader in self._sources for path in reader.files())

    @cached_property
    def fingerprint(self) -> str:
        """Hash of what the sources say: their settings, and every file by its content, read once.

        Raises: ConfigError when a file cannot be read.
        """
        digest = hashlib.sha256()
        for source, reader in self._sources:
            digest.update(source.fingerprint().encode())
            base = source.path if source.path.is_dir() else source.path.parent
            for path in sorted(reader.files()):
                digest.update(path.relative_to(base).as_posix().encode(errors="surrogateescape"))
                try:
                    digest.update(self._hash(path))
                except OSError:
                    raise ConfigError(f"annotations: a file of {source.path} cannot be read") from None
        return digest.hexdigest()[:16]

    def _hash(self, path: Path) -> bytes:
        self._stamps[path] = _stamp(path)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()

    def match(self, paths: Iterable[str]) -> list[str]:
        """Find the picture of every annotation; gives the pictures that have some, ``missing`` has the others."""
        whole = {path: path for path in paths}
        stems: dict[str, list[str]] = defaultdict(list)
        for path in whole:
            stems[_stem(path)].append(path)
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self.missing = []
        for number, (source, reader) in enumerate(self._sources):
            for image in reader.images():
                path = (PurePosixPath(source.images) / image).as_posix() if image else ""
                same = [whole[path]] if path in whole else stems.get(_stem(path), [])
                if len(same) == 1:
                    found[same[0]].append((number, image))
                else:
                    self.missing.append((number, image))
        self._by_path = dict(found)
        return sorted(found)

    def of_picture(self, path: str) -> list[tuple[str, Raw]]:
        """Read (layout, annotation) of a picture; a pixel size that one source tells holds for all of them."""
        places = (self._by_path or {}).get(path, [])
        size = next((s for n, image in places if (s := self._sources[n][1].pixel_size(image)) != UNKNOWN), UNKNOWN)
        return [(layout, _sized(raw, size)) for n, image in places for layout, raw in self.of_place(n, image)]

    def of_place(self, number: int, image: str) -> list[tuple[str, Raw]]:
        """Read (layout, annotation) of a picture of one source.

        Raises: ChunkError when a file is not the one that was hashed: what it says belongs to another run.
        """
        source, reader = self._sources[number]
        found: list[tuple[str, Raw]] = [(source.layout, raw) for raw in reader.read(image)]
        if any(_stamp(path) != self._stamps.get(path, _stamp(path)) for path in reader.late_files(image)):
            raise ChunkError(f"annotations: a file of {source.path} has changed since the run began; run again")
        return found


def _stamp(path: Path) -> tuple[int, ...] | None:
    """Give what changes when a file is written anew; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _sized(raw: Raw, size: PixelSize) -> Raw:
    if raw.px_mm != UNKNOWN or size == UNKNOWN:
        return raw
    return replace(raw, px_mm=size)


def _stem(path: str) -> str:
    return PurePosixPath(path).with_suffix("").as_posix().casefold() if path else ""
