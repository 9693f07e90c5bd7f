"""Make a release: check that the shelf is whole, choose, write, record.

Flows in: a context and the settings of the release. Flows out: a folder ``releases/NAME`` and rows of table `releases`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from flows.gate import LeakGate
from flows.progress import Track
from flows.quality.audit import note_left
from flows.quality.figures import Figures, figures_of
from flows.releases.against import HeldOut, coded, read_held_out
from flows.releases.barred import left_for, left_of
from flows.releases.decision import Approve, check_refusals
from flows.releases.facts import facts_of, quality_of
from flows.releases.hashes import hash_frames
from flows.releases.select import UNITS, Selection, select_rows
from flows.releases.standing import as_it_stands, code_of
from flows.stage import STAGES, Context, Receipt
from schemas.config import limits_of
from schemas.errors import ConfigError
from schemas.instruction import Tier
from schemas.publishing import Release
from schemas.reject import RejectReason, Unit
from schemas.shelf import RELEASE, TABLES
from warehouse.catalog import rebuild
from warehouse.published import manifest_of
from warehouse.release import Published, folder_of, write_release
from warehouse.snapshot import Snapshot
from warehouse.tables import Commit, Shelf


@dataclass(frozen=True)
class Ask:
    """What the command line adds to the settings: sets to keep out of train, and a leak audit for the card."""

    against: Sequence[Path] = ()
    audit: Path | None = None


@dataclass(frozen=True)
class Prepared:
    """What would be published: pinned tables, what was chosen from them, and the figures about it."""

    snapshot: Snapshot
    selection: Selection
    held_out: HeldOut
    figures: Figures


def create_release(
    context: Context, config: Release, ask: Ask | None = None, approve: Approve | None = None
) -> tuple[Published, Receipt]:
    """Publish a release; the same content under the same name again changes nothing.

    ``approve`` decides about a production release that is not there yet. Others may have worked on the warehouse
    meanwhile: what it approved is looked at again, known PHI of new cases with it, before anything is written.

    Raises: ConfigError when the shelf is not whole, governance is missing, the name is taken by other content, or a
        production release is refused; LeakError when a row holds known PHI.
    """
    ask = ask or Ask()
    if not ask.against and not ask.audit and (there := as_it_stands(context, config)):
        rebuild(context.shelf)
        return there
    prepared, approval = prepare(context, config, ask), None
    if config.tier is Tier.PRODUCTION and not folder_of(context.shelf, config.name).exists():
        if approve is None:
            check_refusals(prepared.figures, config)
            raise ConfigError("a production release needs a person's approval: `sonocurate release create` asks for it")
        approval = approve(prepared.figures, config)
        context.reopen()
        prepared = prepare(context, config, ask)
        check_refusals(prepared.figures, config)
        if prepared.figures.sha256 != approval.figures_sha256:
            raise ConfigError("tables or reviews have changed since the release was approved: run it again")
    facts = facts_of(context, prepared.snapshot, prepared.selection, config, ask.audit)
    facts["decontamination"] = _decontamination(prepared)
    facts["quality"] = quality_of(prepared.figures, context.config.endpoints)
    facts["approval"] = asdict(approval) if approval else None
    return _publish(context, config, prepared, facts)


def prepare(context: Context, config: Release, ask: Ask) -> Prepared:
    """Choose what would be published.

    Raises: ConfigError.
    """
    check_governance(config)
    check_whole(context.shelf)
    held_out = read_held_out(ask.against, limits_of(context.config.intake))
    Snapshot.take(context.shelf, (*TABLES, "receipts"))  # whole? nothing is written before that is known
    hash_frames(context.shelf)
    rebuild(context.shelf)
    snapshot = Snapshot.take(context.shelf, (*TABLES, "receipts"))
    sites = snapshot.read("cases", ["site"])["site"].unique().to_pylist()
    selection = select_rows(snapshot, config, coded(held_out, context.coder, sites))
    ids = selection.chosen.splits["pairs"]["id"].combine_chunks()
    found_wrong = left_for(selection.chosen.rejected, RejectReason.EXPERT_REJECTED)
    return Prepared(snapshot, selection, held_out, figures_of(snapshot, ids, found_wrong))


def _decontamination(prepared: Prepared) -> dict[str, Any]:
    held_out = prepared.held_out
    return {
        **asdict(prepared.selection.matches),
        "sets": len(held_out.folders),
        "pictures": len(held_out.pictures),
        "texts": len(held_out.texts),
        "ids": len(held_out.ids),
    }


def _publish(
    context: Context, config: Release, prepared: Prepared, facts: Mapping[str, Any]
) -> tuple[Published, Receipt]:
    snapshot, selection = prepared.snapshot, prepared.selection
    rows = sum(splits.num_rows for splits in selection.chosen.splits.values())
    with Track("release", rows) as track:
        gate = LeakGate(context.export.known_phi())

        def look(component: str, batch: pa.Table) -> None:
            gate(component, batch)
            track.advance(batch.num_rows)

        published = write_release(snapshot, config, selection.chosen, facts, look)
    _note_left(context, config, selection.chosen.rejected)
    record(context.shelf, config.name, code_of(context))  # last: with its row the release stands
    return published, Receipt("release", 1, rows, selection.chosen.rejected.num_rows)


def _note_left(context: Context, config: Release, rejected: pa.Table) -> None:
    left = left_of(context.shelf, left_for(rejected, RejectReason.STRATEGY_SUSPENDED))
    note_left(context.shelf, config.name, left, context.suspensions, context.config.input.site)


def check_governance(config: Release) -> None:
    """See that a release for research or production says on whose word it is made.

    Raises: ConfigError naming what is missing.
    """
    missing = config.governance.missing()
    if config.tier is not Tier.DEMO and missing:
        raise ConfigError(
            f"tier {config.tier.value} needs {', '.join(missing)} in [release.governance]; without them only tier demo"
        )


def check_whole(shelf: Shelf) -> None:
    """See that no stage has begun work that it has not finished.

    Raises: ConfigError.
    """
    rows = shelf.read("receipts", ["stage", "stage_epoch", "chunk_id", "state"])
    for stage in STAGES:
        own = rows.filter(pc.field("stage") == stage)
        own = own.filter(pc.equal(own["stage_epoch"], pc.max(own["stage_epoch"]))) if own.num_rows else own
        planned, done = (
            set(own.filter(pc.field("state") == state)["chunk_id"].to_pylist()) for state in ("planned", "done")
        )
        if planned - done:
            n = len(planned - done)
            raise ConfigError(f"stage {stage} has {n} chunks that are not finished: run `sonocurate run` first")


def check_free(shelf: Shelf, name: str) -> None:
    """See that a name is not taken, and finish recording the release that has it.

    Raises: ConfigError.
    """
    if folder_of(shelf, name).exists():
        record(shelf, name)
        raise ConfigError(f"release {name} exists and is immutable: choose another name")


def record(shelf: Shelf, name: str, known_phi: str | None = None) -> None:
    """Add a release to table `releases`, once; ``known_phi`` is the code of what was looked for in its rows."""
    manifest = manifest_of(folder_of(shelf, name))
    content = str(manifest["content_sha256"])
    rows = [row for component, unit in UNITS.items() for row in _rows(manifest, component, unit, known_phi)]
    shelf.append("releases", pa.Table.from_pylist(rows, schema=RELEASE), Commit("release", 0, content, name))
    rebuild(shelf)


def _rows(manifest: Mapping[str, Any], component: str, unit: Unit, known_phi: str | None) -> list[dict[str, Any]]:
    left: Mapping[str, int] = manifest.get("left_behind", {}).get(component, {})
    counts: list[tuple[str | None, int]] = [(None, 0), *sorted(left.items())]
    kept = manifest["counts"][component]
    return [
        {
            "release": manifest["name"],
            "unit": unit.value,
            "kept": kept,
            "rejected": rejected,
            "reason": reason,
            "content_sha256": manifest["content_sha256"],
            "known_phi": known_phi,
        }
        for reason, rejected in counts
    ]
