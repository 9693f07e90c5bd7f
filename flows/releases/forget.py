"""`sonocurate forget PATIENT`: the patient's rows leave every table, file, answer and release, for good.

Flows in: the hospital's patient id, or a patient_key. Flows out: counts, the releases that were withdrawn, the exports
to recall. Safe to repeat after a kill: the wish is written down first, and everything that follows reads it.
Source: GDPR articles 17 and 19.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from curation.anonymity import tighten
from curation.pool.ledger import Ledger
from flows.arrivals import LOOKS
from flows.releases.create import record
from flows.shelf.export import RECORD, printable, recorded
from flows.stage import Context
from flows.watch.costs import ledger_path
from schemas.errors import ConfigError
from schemas.forgotten import FORGOTTEN
from warehouse.catalog import rebuild
from warehouse.published import manifest_of
from warehouse.purge import case_ids_of, purge, request_keys_of
from warehouse.release import folder_of
from warehouse.tables import Commit, Shelf
from warehouse.upkeep import WITHDRAWN
from warehouse.withdraw import reissue, releases_with, sweep, withdraw, withdrawn

PATIENT_KEY = re.compile(r"p[0-9a-f]{32}")


@dataclass
class Erased:
    """What went, in counts and names; no id of the patient."""

    cases: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    answers: int = 0
    releases: dict[str, str | None] = field(default_factory=dict)
    earlier: list[str] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Say it in plain words."""
        yield f"{self.cases} cases erased: " + (
            ", ".join(f"{n} of {name}" for name, n in self.rows.items()) or "no row"
        )
        yield f"{self.answers} answers of models erased from the ledger"
        for name, new in self.releases.items():
            yield f"release {name} withdrawn" + (f", reissued as {new}" if new else "")
        for name in self.earlier:
            yield f"release {name} was withdrawn by an earlier call"
        for line in self.exports:
            yield f"recall: {line}"
        for number in self.unreadable:
            yield f"recall: line {number} of {RECORD} cannot be read; find the export that it named"
        yield "Not reached from here: the hospital's own files, copies of releases elsewhere, folders of review queues."


def forget(context: Context, patient: str, *, again: bool) -> Erased:
    """Erase a patient; ``again`` publishes affected releases anew without them.

    Raises: ConfigError when nothing is known of such a patient, or a file of a table or release is damaged.
    """
    shelf = context.shelf
    known = [(key, site, cases) for key, site in _keys(context, patient) if (cases := _cases(context, key)) is not None]
    if not known:
        raise ConfigError(
            "forget: no such patient in this warehouse (give the hospital's patient id, or a patient_key)"
        )
    for key, site, cases in known:
        row = {"patient_key": key, "site": site, "case_ids": sorted(cases), "forgotten_at": datetime.now(UTC)}
        shelf.append("forgotten", pa.Table.from_pylist([row], schema=FORGOTTEN), Commit("forget", 0, "", key))
    every = sorted({case for _, _, cases in known for case in cases})
    erased = Erased(len(every))
    sweep(shelf.root)
    concerned = _reissue(shelf, every, again=again)  # reads every release: nothing is erased if one is damaged
    erased.answers = _erase_answers(context, request_keys_of(shelf, every))
    erased.rows = purge(shelf, every)
    (shelf.root / LOOKS).unlink(missing_ok=True)
    _withdraw(shelf, concerned)
    _recall(shelf, concerned, erased)
    rebuild(shelf)
    return erased


def _keys(context: Context, patient: str) -> list[tuple[str, str]]:
    """Code a patient id for every site of the warehouse, or take a pseudonym as it is."""
    sites = {context.config.input.site, *context.shelf.read("cases", ["site"])["site"].to_pylist()}
    sites |= set(context.shelf.read("forgotten", ["site"])["site"].to_pylist())
    if PATIENT_KEY.fullmatch(patient):
        return [(patient, min(sites))]
    return [(f"p{context.coder.code('patient', site, patient.strip())}", site) for site in sorted(sites)]


def _cases(context: Context, key: str) -> set[str] | None:
    """Find a patient's cases: on the shelf, written down by an earlier call, and in the export where it is there."""
    earlier = context.shelf.read("forgotten", ["case_ids"], pc.field("patient_key") == key)["case_ids"].to_pylist()
    found = case_ids_of(context.shelf, key) | {case for cases in earlier for case in cases}
    with suppress(ConfigError):  # without the export, what is on the shelf is all there is
        found |= set(context.export.cases.filter(pc.field("patient_key") == key)["case_id"].to_pylist())
    return found if found or earlier else None


def _erase_answers(context: Context, keys: set[str]) -> int:
    path = ledger_path(context.shelf.root)
    if not path.is_file():
        return 0
    ledger = Ledger(path)
    try:
        return ledger.forget(keys)
    finally:
        ledger.close()


def _reissue(shelf: Shelf, cases: Sequence[str], *, again: bool) -> dict[str, str | None]:
    """Name the releases that are to be withdrawn, and what each was reissued as."""
    found: dict[str, str | None] = {}
    for name in releases_with(shelf.root, cases):
        manifest = manifest_of(folder_of(shelf, name))
        found[name] = manifest.get("reissued_as")
        if again and manifest.get("state") != WITHDRAWN:
            k = manifest.get("settings", {}).get("k", 1)
            found[name] = reissue(shelf.root, name, cases, partial(tighten, k=k))
    return found


def _withdraw(shelf: Shelf, concerned: Mapping[str, str | None]) -> None:
    """Withdraw releases, and take from table `releases` what is withdrawn, by whatever call."""
    for name, new in concerned.items():
        if new and new not in withdrawn(shelf.root):
            record(shelf, new)
        withdraw(shelf.root, name, new)
    listed = set(shelf.read("releases", ["release"])["release"].to_pylist())
    for name in sorted(listed & withdrawn(shelf.root).keys()):
        shelf.delete("releases", f"release = '{name}'")


def _recall(shelf: Shelf, concerned: Mapping[str, str | None], erased: Erased) -> None:
    """List what is to be recalled by whoever made it: every export of a withdrawn release may hold the patient.

    Those of earlier calls are listed again: such a call may have been cut down before it could say so.
    """
    stones = withdrawn(shelf.root)
    contents = {manifest.get("content_sha256") for manifest in stones.values()}
    rows, erased.unreadable = recorded(shelf.root)
    erased.releases, erased.earlier = dict(concerned), sorted(stones.keys() - concerned.keys())
    for row in rows:
        if row["content_sha256"] in contents:
            erased.exports.append(f"{printable(row['folder'])} ({row['format']}, of release {row['release']})")
