"""What comes late to the export: a report after its images, images after their report, a row that was mended.

Flows in: the shelf and the export. Flows out: ids to plan again, as ``CASE~N`` for the Nth further look at a case. A
case that was rejected is planned again when it would be kept now; it is looked at when its row is sound and the state
of its files (size, time, other rows that list them) is not that of the last look. The reject rows of earlier looks are
taken back, before and after the work, so that a run that is killed in between leaves nothing twice.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from curation.intake.intake import STAGE, intake
from flows.stage import Context
from schemas.errors import ChunkError, CurationError
from schemas.reject import RejectReason, Unit

AGAIN = "~"
#: How the files of rejected cases were when they were last looked at: keyed codes by case. Losing it costs a look.
LOOKS = ".rejected-looks.json"
_INTAKE = pc.field("stage") == STAGE

#: Names the cases among these that would be kept.
Look = Callable[[Sequence[str]], Sequence[str]]


def case_of(row_id: str) -> str:
    """Give the case of an id, which may be that of a further look."""
    return row_id.partition(AGAIN)[0]


def come_late(context: Context, look: Look, *, note: bool = True) -> list[str]:
    """Name the cases that were rejected and would be kept now; ``look`` is asked about those that changed.

    Without ``note`` nothing is written.
    """
    epoch, looks, unfinished = _further_looks(context)
    own = _INTAKE & (pc.field("unit") == Unit.CASE.value) & (pc.field("stage_epoch") == epoch)
    rejected = set(context.shelf.read("rejects", ["id"], own)["id"].to_pylist())
    states = _states(context, sorted((rejected - unfinished) & set(context.export.case_ids)))
    before = _noted(context)
    changed = [case_id for case_id, state in states.items() if before.get(case_id) != state]
    kept = sorted(look(changed)) if changed else []
    if note and changed:
        _note(context, {case_id: state for case_id, state in states.items() if case_id not in set(kept)})
    return [f"{case_id}{AGAIN}{looks[case_id] + 1}" for case_id in kept]


def would_keep(context: Context, case_ids: Sequence[str]) -> list[str]:
    """Name the cases among these that intake would keep now; headers of their files are read, nothing is written.

    Raises: ChunkError without any row content.
    """
    try:
        cases = without_forgotten(context, context.export.raw_cases(case_ids))
        kept = intake(cases, probe=context.export, claims=context.export.claims).kept
    except CurationError:
        raise
    except Exception as error:  # noqa: BLE001 - its message may hold row content
        raise ChunkError(f"{STAGE}: rejected cases cannot be read ({type(error).__name__}); run again") from None
    found: list[str] = kept["case_id"].to_pylist()
    return found


def _further_looks(context: Context) -> tuple[int, Counter[str], set[str]]:
    """Give the epoch of these settings, count the planned further looks, name the cases of unfinished chunks."""
    own = _INTAKE & (pc.field("fingerprint") == context.fingerprint(STAGE))
    rows = context.shelf.read("receipts", ["stage_epoch", "chunk_id", "state", "ids"], own).to_pylist()
    epoch = max((row["stage_epoch"] for row in rows), default=-1)
    rows = [row for row in rows if row["stage_epoch"] == epoch]
    done = {row["chunk_id"] for row in rows if row["state"] == "done"}
    planned = [(row["chunk_id"], row_id) for row in rows if row["state"] == "planned" for row_id in row["ids"]]
    looks = Counter(case_of(row_id) for _, row_id in planned if AGAIN in row_id)
    return epoch, looks, {case_of(row_id) for chunk_id, row_id in planned if chunk_id not in done}


def _states(context: Context, case_ids: Sequence[str]) -> dict[str, str]:
    """Code how the files of the sound cases among these are."""
    export = context.export
    cases = without_forgotten(context, export.raw_cases(case_ids))
    sound = cases.filter(cases["defect"].is_null()).select(["case_id", "site", "image_paths"])
    return {
        row["case_id"]: context.coder.code(
            "look", row["site"], repr([(path, export.claims[path].sound_cases, _stat(context, path)) for path in paths])
        )
        for row in sound.to_pylist()
        if (paths := row["image_paths"]) is not None
    }


def _stat(context: Context, path: str) -> tuple[int, int] | None:
    try:
        found = context.export.files.locate(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns


def _noted(context: Context) -> Mapping[str, str]:
    try:
        noted = json.loads((context.shelf.root / LOOKS).read_text(encoding="utf-8"))
        return dict(noted["states"]) if noted["fingerprint"] == context.fingerprint(STAGE) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _note(context: Context, states: Mapping[str, str]) -> None:
    place: Path = context.shelf.root / LOOKS
    aside = place.with_suffix(".new")
    noted = {"fingerprint": context.fingerprint(STAGE), "states": states}
    aside.write_text(json.dumps(noted), encoding="utf-8")
    aside.replace(place)


def take_back(context: Context) -> None:
    """Take back reject rows that are true no more: of cases that are kept since, of files that a case has claimed."""
    rows = context.shelf.read("rejects", ["id", "parent_id", "reason", "chunk_id"], _INTAKE).to_pylist()
    cases = context.shelf.read("cases", ["case_id", "chunk_id"])
    kept_by = dict(zip(cases["case_id"].to_pylist(), cases["chunk_id"].to_pylist(), strict=True))
    files = set(context.export.orphan_ids)
    orphans = {row["id"] for row in rows if row["reason"] == RejectReason.IMAGE_WITHOUT_CASE.value}
    stale = {(row_id, None) for row_id in orphans - files}
    for row in rows:
        now = kept_by.get(row["id"]) or kept_by.get(row["parent_id"] or "")
        if now is not None and now != row["chunk_id"]:
            stale.add((row["id"], row["chunk_id"]))
    for chunk_id in sorted({chunk_id or "" for _, chunk_id in stale}):
        listed = ", ".join(f"'{row_id}'" for row_id, chunk in sorted(stale, key=str) if (chunk or "") == chunk_id)
        where = f"stage = '{STAGE}' AND id IN ({listed})" + (f" AND chunk_id = '{chunk_id}'" if chunk_id else "")
        context.shelf.delete("rejects", where)


def without_forgotten(context: Context, cases: pa.Table) -> pa.Table:
    """Give the cases of forgotten patients their defect."""
    forgotten = context.shelf.read("forgotten", ["patient_key"])["patient_key"].combine_chunks()
    gone = pc.is_in(cases["patient_key"], value_set=forgotten)
    defect = pc.if_else(gone, RejectReason.PATIENT_FORGOTTEN.value, cases["defect"])
    return cases.set_column(cases.schema.get_field_index("defect"), cases.schema.field("defect"), defect)
