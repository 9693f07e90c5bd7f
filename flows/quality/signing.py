"""Sign-offs of few-shot templates by clinicians: which templates are signed as they are now, and which pairs need it.

Flows in: a template and who answers for it; tables. Flows out: rows of `template_signatures`; flags.
A signature is for the content of the template's file: an edit ends it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from curation.generate.open import versions_of
from curation.generate.template import library
from schemas.errors import ConfigError
from schemas.strategy import TEMPLATE_SIGNATURE
from warehouse.tables import Commit, Shelf, Tables

TABLE = "template_signatures"
#: What a patient might act upon.
TOPICS_TO_SIGN = frozenset({"counselling", "surveillance", "treatment planning"})
MAX_NAME = 100


def sign(shelf: Shelf, template_id: str, reviewer: str, site: str) -> bool:
    """Record that a clinician answers for a template as it is now; False when they had signed it before.

    Raises: ConfigError for a template that does not exist, or a name that is none.
    """
    digests = _digests()
    name = " ".join(reviewer.split())
    if template_id not in digests:
        raise ConfigError(f"no template {template_id}: `sonocurate templates list` names them")
    if not any(char.isalpha() for char in name) or len(name) > MAX_NAME or not name.isprintable():
        raise ConfigError(f"--reviewer: give the clinician's name, at most {MAX_NAME} characters")
    digest = digests[template_id]
    row = {"template_id": template_id, "template_sha256": digest, "reviewer": name, "site": site}
    table = pa.Table.from_pylist([{**row, "signed_at": datetime.now(UTC)}], TEMPLATE_SIGNATURE)
    return shelf.append(TABLE, table, Commit("sign", 0, digest, f"{template_id}/{name}"))


def signed(tables: Tables) -> dict[str, list[str]]:
    """Give the templates that are signed as they are now, each with who signed; also those whose file says so."""
    digests = _digests()
    found = {one.template_id: [one.reviewed_by] for one in library().templates if one.reviewed_by}
    for row in tables.read(TABLE, TEMPLATE_SIGNATURE.names).sort_by("signed_at").to_pylist():
        if digests.get(row["template_id"]) == row["template_sha256"]:
            found.setdefault(row["template_id"], []).append(row["reviewer"])
    return found


def listed(tables: Tables) -> Iterator[dict[str, Any]]:
    """List all templates with their signatures; a signature of an earlier content is told apart."""
    now = signed(tables)
    ever = set(tables.read(TABLE, ["template_id"])["template_id"].to_pylist())
    for one in library().templates:
        state = "signed" if one.template_id in now else "edited since it was signed" if one.template_id in ever else ""
        signers = ", ".join(dict.fromkeys(now.get(one.template_id, [])))
        row = {"template": one.template_id, "system": one.system.value, "case_type": one.case_type}
        yield row | {"state": state or "not signed", "signed_by": signers}


def unsigned_versions(tables: Tables) -> tuple[frozenset[str], frozenset[str]]:
    """Give the prompt versions of pairs that lack a signature they need, and all versions of today's prompts."""
    prompts = library()
    versions = versions_of(prompts.templates, prompts.open)
    done = signed(tables)
    lacking = {
        version
        for version, (template_id, topic) in versions.items()
        if topic in TOPICS_TO_SIGN and template_id not in done
    }
    return frozenset(lacking), frozenset(versions)


def _digests() -> dict[str, str]:
    found = library().sha256
    return {one.template_id: found[f"templates/{one.template_id}.toml"] for one in library().templates}
