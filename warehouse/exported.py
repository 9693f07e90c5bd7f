"""Which exports were made of a release: written down when one is complete, read when a release is withdrawn.

In: a release's folder and where it was exported to. Out: a row of table `exports`, once per folder and content.
"""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from schemas.forgotten import EXPORT
from warehouse.published import manifest_of
from warehouse.tables import Commit, Shelf


def note_export(shelf: Shelf, release: Path, kind: str, folder: Path) -> bool:
    """Write an export down; False when it was written down before.

    Raises: ConfigError when the release's manifest is damaged.
    """
    manifest = manifest_of(release)
    content = str(manifest["content_sha256"])
    row = {
        "release": release.name,
        "format": kind,
        "folder": str(folder.resolve()),
        "content_sha256": content,
        "site": "+".join(manifest.get("settings", {}).get("governance", {}).get("sites", ())),
        "exported_at": datetime.now(UTC),
    }
    place = hashlib.sha256(f"{row['folder']}|{kind}|{content}".encode()).hexdigest()[:32]
    return shelf.append("exports", pa.Table.from_pylist([row], schema=EXPORT), Commit("export", 0, "", place))
