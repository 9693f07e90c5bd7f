"""A release that stands: made of what the shelf holds now, so that a run without news has nothing to write.

Flows in: a context and the settings of a release. Flows out: what the release holds, or None where anything differs.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pyarrow.compute as pc

from flows.releases.facts import made_by
from flows.stage import Context, Receipt
from schemas.publishing import Release
from schemas.shelf import TABLES
from warehouse.published import KEYS, manifest_of
from warehouse.release import Published, folder_of
from warehouse.snapshot import Snapshot


def as_it_stands(context: Context, config: Release) -> tuple[Published, Receipt] | None:
    """Give the release of this name if tables, settings, code and known PHI are those that it was made of.

    Raises: ConfigError when its manifest or a file of a table is damaged.
    """
    shelf, folder = context.shelf, folder_of(context.shelf, config.name)
    if not folder.exists():
        return None
    manifest = manifest_of(folder)
    now = {
        "state": "published",
        "settings": config.model_dump(mode="json"),
        "table_versions": Snapshot.take(shelf, (*TABLES, "receipts")).versions,
        **made_by(context, config),
    }
    if any(manifest.get(name) != value for name, value in now.items()) or _is_unsure(manifest):
        return None
    content = str(manifest["content_sha256"])
    same = (pc.field("release") == config.name) & (pc.field("content_sha256") == content)
    rows = shelf.read("releases", ["rejected", "known_phi"], same)
    if set(rows["known_phi"].to_pylist()) != {code_of(context)}:
        return None
    counts = {name: int(manifest["counts"][name]) for name in KEYS}
    rejected = pc.sum(rows["rejected"]).as_py()
    return Published(folder, counts, content, created=False), Receipt("release", 1, sum(counts.values()), rejected)


def _is_unsure(manifest: Mapping[str, Any]) -> bool:
    """Say whether a manifest does not tell all that a release is made of: held-out sets, code that nobody committed."""
    held_out = manifest.get("decontamination", {}).get("sets") != 0
    return held_out or str(manifest.get("git_commit")).endswith("-dirty")


def code_of(context: Context) -> str:
    """Code all that the export knows about its patients: the same code, nothing new to look for."""
    digest = hashlib.sha256()
    for batch in context.export.known_phi().to_batches():
        for row in batch.to_pylist():
            digest.update(json.dumps(row, sort_keys=True).encode())
    return context.coder.code("known-phi", "", digest.hexdigest())
