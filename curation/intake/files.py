"""Which image files an export holds, and which of them a table cell means.

In: the image folder and cells with paths or globs. Out: relative POSIX paths; nothing outside the folder is reached.
"""

import os
import re
from fnmatch import translate
from pathlib import Path, PurePosixPath

#: Files that lie in image folders without being images.
NOT_IMAGES = frozenset({"dicomdir", "thumbs.db", "desktop.ini"})
WILDCARD = re.compile(r"[*?\[]")


def list_files(folder: Path) -> list[str]:
    """List all files below the folder as sorted relative POSIX paths.

    Hidden files, DICOMDIR and links to anything outside the folder are left out.
    """
    found: list[str] = []
    inside = os.path.realpath(folder) + os.sep
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        base = Path(parent).relative_to(folder)
        found += [
            (base / name).as_posix()
            for name in names
            if not name.startswith(".")
            and name.casefold() not in NOT_IMAGES
            and _stays(os.path.join(parent, name), inside)  # noqa: PTH118 - once per file of an archive
        ]
    return sorted(found)


def _stays(path: str, inside: str) -> bool:
    return not os.path.islink(path) or os.path.realpath(path).startswith(inside)  # noqa: PTH114 - as above


def readable(name: str) -> str:
    """Give a file name as text; one that is no UTF-8 is read as GB18030, as archives from Chinese Windows are."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", errors="backslashreplace")


class FileIndex:
    """The files of an export, found by path, folder or glob. Paths are readable text; ``locate`` gives the file."""

    def __init__(self, root: Path, paths: list[str]) -> None:
        self.root = root
        self._real = {readable(path): path for path in paths}
        self.paths = sorted(self._real)
        self._folded: dict[str, list[str]] = {}
        self._folders: dict[str, list[str]] = {}
        for path in self.paths:
            self._folded.setdefault(path.casefold(), []).append(path)
            for parent in PurePosixPath(path).parents:
                self._folders.setdefault(parent.as_posix().casefold(), []).append(path)

    def locate(self, path: str) -> Path:
        """Give where the file with this readable path lies."""
        return self.root / self._real.get(path, path)

    def find(self, cell: str) -> list[str]:
        """Give the files that a cell means; an unknown path is returned as it is (it will not be found)."""
        name = self._relative(cell)
        if name in self._real:
            return [name]
        if (folder := name.casefold()) in self._folders and name != ".":
            return self._folders[folder]
        if len(same := self._folded.get(name.casefold(), [])) == 1:
            return same
        if WILDCARD.search(name):
            return self._match(name) or [name]
        return [name]

    def __contains__(self, path: str) -> bool:
        return path in self._real

    def _relative(self, cell: str) -> str:
        text = cell.strip().replace("\\", "/")
        root = self.root.as_posix()
        if text.startswith(root + "/"):
            text = text[len(root) + 1 :]
        parts = [part for part in text.split("/") if part not in ("", ".")]
        return "/".join(parts) or "."

    def _match(self, pattern: str) -> list[str]:
        """Match a glob; ``*`` stays within a folder, ``**`` does not."""
        base = pattern[: WILDCARD.search(pattern).start()] if WILDCARD.search(pattern) else pattern  # type: ignore[union-attr]
        folder = base.rpartition("/")[0]
        candidates = self._folders.get(folder.casefold() or ".", [])
        regex = re.compile(_glob_regex(pattern), re.IGNORECASE)
        return [path for path in candidates if regex.fullmatch(path)]


def _glob_regex(pattern: str) -> str:
    parts = [".*" if part == "**" else translate(part)[4:-3].replace(".*", "[^/]*") for part in pattern.split("/")]
    return "/".join(parts).replace(".*/", "(?:.*/)?")
