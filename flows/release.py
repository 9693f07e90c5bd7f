"""Flow `release`: publish what survived as a named, immutable folder of plain Parquet shards, or nothing at all."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import pyarrow as pa
from prefect import flow

from curation.dedup.stored import rule_name
from flows.gate import LeakGate
from flows.progress import Track
from flows.stage import STAGES, Context, Receipt, context_of
from schemas.instruction import Tier
from schemas.reject import RejectReason, Unit
from schemas.shelf import RELEASE
from warehouse.catalog import query, rebuild
from warehouse.release import Published, split_of, write_release
from warehouse.tables import Commit

UNITS = {"images": Unit.IMAGE, "reports": Unit.REPORT, "pairs": Unit.PAIR}


@dataclass
class Selection:
    """The split of every row to publish, by component, and why other rows stay behind."""

    splits: dict[str, dict[str, str]] = field(default_factory=lambda: {name: {} for name in UNITS})
    left: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in UNITS})


@flow(name="release", flow_run_name="release", persist_result=False)
def release_flow(config_path: str) -> Receipt:
    """Publish the release that the config names; the same content again changes nothing.

    Raises: LeakError when a row holds known PHI; ConfigError when the name is taken by other content.
    """
    context = context_of(config_path)
    rebuild(context.shelf)
    selection = select_rows(context)
    rows = sum(len(splits) for splits in selection.splits.values())
    with Track("release", rows) as track:
        gate = LeakGate(context.export.known_phi())

        def look(component: str, batch: pa.Table) -> None:
            gate(component, batch)
            track.advance(batch.num_rows)

        published = write_release(
            context.shelf, context.config.release, selection.splits, _facts(context, selection), look
        )
    _record(context, published, selection)
    rejected = sum(sum(left.values()) for left in selection.left.values())
    return Receipt("release", 1, rows, rejected)


def select_rows(context: Context) -> Selection:
    """Choose what is published: cases with a scrubbed report and a masked frame, and their kept pairs."""
    shelf, config = context.shelf, context.config.release
    cases = shelf.read("cases", ["case_id", "patient_key"])
    split = {
        case_id: split_of(patient, config)
        for case_id, patient in zip(*(cases[name].to_pylist() for name in cases.column_names), strict=True)
    }
    frames = {
        frame_id: case_id
        for table in ("images", "twin_frames")
        for frame_id, case_id in _column_pairs(context, table, "frame_id", "case_id").items()
    }
    reports = set(shelf.read("reports", ["case_id"])["case_id"].to_pylist())
    complete = reports & set(frames.values())
    chosen = Selection()
    for frame_id, case_id in frames.items():
        _choose(chosen, "images", frame_id, split[case_id], None if case_id in complete else RejectReason.NO_REPORT)
    for case_id in reports:
        reason = None if case_id in complete else RejectReason.NO_USABLE_IMAGE
        _choose(chosen, "reports", case_id, split[case_id], reason)
    tiers = _column_pairs(context, "instruction_pairs", "instance_id", "tier")
    for instance_id, case_id in _column_pairs(context, "dedup_pool", "instance_id", "case_id").items():
        barred = config.tier is Tier.PRODUCTION and tiers[instance_id] == Tier.DEMO
        _choose(chosen, "pairs", instance_id, split[case_id], RejectReason.TIER_BARRED if barred else None)
    return chosen


def _choose(chosen: Selection, component: str, row_id: str, split: str, reason: RejectReason | None) -> None:
    if reason is None:
        chosen.splits[component][row_id] = split
    else:
        chosen.left[component][reason.value] += 1


def _column_pairs(context: Context, table: str, key: str, value: str) -> dict[str, str]:
    rows = context.shelf.read(table, [key, value])
    return dict(zip(rows[key].to_pylist(), rows[value].to_pylist(), strict=True))


def _facts(context: Context, selection: Selection) -> dict[str, Any]:
    """Collect what the manifest records beside the counts."""
    funnel = query(context.shelf.root, "SELECT stage, unit, rows_in, kept, rejected FROM funnel WHERE step < 7")
    tables = {name for stage in STAGES.values() for name in stage.tables}
    return {
        "sonocurate": version("sonocurate"),
        "fingerprints": {name: context.fingerprint(name) for name in STAGES},
        "table_versions": {name: context.shelf.version(name) for name in sorted(tables)},
        "templates_reviewed_by": None,
        "dedup_text": "question + newline + answer; report and diagnosis pairs are exempt, twins follow their original",
        "dedup_rule": rule_name(context.config.deduplicate),
        **_shortcuts(context, selection),
        "funnel": funnel.to_pylist(),
    }


def _shortcuts(context: Context, selection: Selection) -> dict[str, int]:
    """Count the published pairs whose answer can be read on their images, and those that are twins."""
    rows = context.shelf.read("instruction_pairs", ["instance_id", "answer_visible_in_image", "twin_of"])
    chosen = selection.splits["pairs"]
    pairs = [row for row in rows.to_pylist() if row["instance_id"] in chosen]
    return {
        "visible_pairs": sum(row["answer_visible_in_image"] for row in pairs),
        "twin_pairs": sum(row["twin_of"] is not None for row in pairs),
    }


def _record(context: Context, published: Published, selection: Selection) -> None:
    """Add the release to table `releases` (once)."""
    rows = [
        _row(context, published, unit, reason, kept, rejected)
        for component, unit in UNITS.items()
        for reason, kept, rejected in _counts(published.counts[component], selection.left[component])
    ]
    name = context.config.release.name
    commit = Commit("release", 0, published.content_sha256, name)
    context.shelf.append("releases", pa.Table.from_pylist(rows, schema=RELEASE), commit)
    rebuild(context.shelf)


def _counts(kept: int, left: Mapping[str, int]) -> list[tuple[str | None, int, int]]:
    return [(None, kept, 0), *((reason, kept, rejected) for reason, rejected in sorted(left.items()))]


def _row(
    context: Context, published: Published, unit: Unit, reason: str | None, kept: int, rejected: int
) -> dict[str, Any]:
    return {
        "release": context.config.release.name,
        "unit": unit.value,
        "kept": kept,
        "rejected": rejected,
        "reason": reason,
        "content_sha256": published.content_sha256,
    }
