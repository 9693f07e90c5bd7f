"""What a release's manifest records beside its counts: where it comes from, and what was measured on the way.

Flows in: the context and the selection. Flows out: plain values; the dataset card is written from them and the shards.
"""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from curation.dedup.stored import rule_name
from curation.generate.template import library
from flows.masks.audit.commands import NUMBERS, SCORES
from flows.masks.audit.page import bound_of
from flows.masks.audit.planted import OURS
from flows.quality.audit import suspensions_of
from flows.quality.figures import NOBODY, Figures
from flows.quality.signing import signed
from flows.releases.select import Selection
from flows.stage import STAGES, Context
from schemas.endpoint import Endpoint
from schemas.errors import ConfigError
from schemas.publishing import Release
from warehouse.catalog import query
from warehouse.snapshot import Snapshot

FUNNEL = "SELECT stage, unit, rows_in, kept, rejected FROM funnel WHERE step < 11"
DUPLICATES = "SELECT reason, count(*) AS rows FROM duplicates GROUP BY ALL ORDER BY ALL"
REASONS = "SELECT stage, unit, reason, rows FROM reject_reasons"


def facts_of(
    context: Context, snapshot: Snapshot, selection: Selection, config: Release, audit: Path | None
) -> dict[str, Any]:
    """Collect what the manifest records."""
    root = context.shelf.root
    return {
        **made_by(context, config),
        "templates": templates_of(snapshot),
        "suspended_strategies": [one.name for one in suspensions_of(snapshot)],
        "dedup_text": "question + newline + answer; pairs made of reports are exempt, twins follow their original",
        "dedup_rule": rule_name(context.config.deduplicate),
        "dedup": {
            "settings": context.config.deduplicate.model_dump(mode="json"),
            "duplicates": query(root, DUPLICATES).to_pylist(),
        },
        **shortcuts(snapshot, selection),
        "funnel": query(root, FUNNEL).to_pylist(),
        "reject_reasons": query(root, REASONS).to_pylist(),
        "left_behind": selection.left,
        "split_groups": {
            "patients": len(selection.groups.of),
            "patients_joined_by_frames": selection.groups.joined_patients,
            "largest_group": selection.groups.largest,
        },
        "anonymity": {
            "k": config.k,
            "smallest_class_before": selection.anonymised.smallest_before,
            "smallest_class": selection.anonymised.smallest,
            "suppressed_cases": selection.anonymised.suppressed,
        },
        "decontamination": asdict(selection.matches),
        "leak_audit": audit_of(audit),
    }


def made_by(context: Context, config: Release) -> dict[str, Any]:
    """Name the code and the settings that a release is made by."""
    return {
        "sonocurate": version("sonocurate"),
        "git_commit": git_commit(),
        "fingerprints": {name: context.fingerprint(name) for name in STAGES} | {"release": config.fingerprint()},
    }


def quality_of(figures: Figures, endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """Say what juries and experts found; the vision judge is none where no endpoint can see."""
    sees = any("vision" in endpoint.capabilities for endpoint in endpoints)
    return {**asdict(figures), "vision_judge": figures.vision_judge if sees or figures.vision_judges else NOBODY}


def git_commit() -> str | None:
    """Name the commit of the source tree, with ``-dirty`` where it was changed; None for an installed package."""
    folder = Path(__file__).parents[2]
    if not (folder / ".git").exists():
        return None
    command = ["git", "-C", str(folder), "describe", "--always", "--abbrev=40", "--dirty", "--match", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def templates_of(snapshot: Snapshot) -> dict[str, int]:
    """Count the few-shot templates, and those that a clinician has signed as they are now."""
    return {"templates": len(library().templates), "reviewed": len(signed(snapshot))}


def shortcuts(snapshot: Snapshot, selection: Selection) -> dict[str, int]:
    """Count the published pairs whose answer can be read on their images, and those that are twins."""
    rows = snapshot.read("instruction_pairs", ["instance_id", "answer_visible_in_image", "twin_of"])
    rows = rows.filter(pc.is_in(rows["instance_id"], selection.chosen.splits["pairs"]["id"]))
    return {
        "visible_pairs": pc.sum(rows["answer_visible_in_image"]).as_py() or 0,
        "twin_pairs": rows.num_rows - rows["twin_of"].null_count,
    }


def audit_of(folder: Path | None) -> list[dict[str, Any]] | None:
    """Read the figures of a leak audit that `sonocurate audit-masks` wrote: two readers' scores, or planted text.

    Raises: ConfigError when the folder holds none.
    """
    if folder is None:
        return None
    try:
        if (folder / SCORES).is_file():
            return [_of_readers(row) for row in json.loads((folder / SCORES).read_text("utf-8"))]
        return [_of_planted(json.loads((folder / NUMBERS).read_text("utf-8"))["methods"][OURS])]
    except (OSError, ValueError, TypeError, LookupError, StopIteration):
        raise ConfigError(f"--audit: {folder} holds no {SCORES} or {NUMBERS} of `sonocurate audit-masks`") from None


def _of_readers(row: dict[str, Any]) -> dict[str, Any]:
    found = {"how": "two readers", "site": row["site"], "n": row["exams"], "leaks": row["union"]}
    return {**found, "at_most": row["leak_rate_upper"], "kappa": row["kappa"]}


def _of_planted(method: dict[str, Any]) -> dict[str, Any]:
    bound = bound_of(method)
    found = {"how": "planted text", "site": "invented", "n": bound["frames"], "leaks": bound["leaking_frames"]}
    return {**found, "at_most": bound["upper_95_by_frame"], "kappa": None}
