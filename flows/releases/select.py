"""What a release publishes: complete cases of covered sites, their kept pairs, split by patient; nothing seen in test.

Flows in: a snapshot of the shelf. Flows out: ``Chosen``, and a reject row for all that stays behind.
Order: sites, completeness, tiers; suspended strategies, unsigned templates; what the user holds out elsewhere; text
near test text.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curation.anonymity import Anonymised, anonymise
from curation.split.assign import Groups, patient_groups, splits_of
from curation.split.leak import near, text_of
from flows.releases.against import HeldOut, Matches, match
from flows.releases.barred import of_demo, of_found_wrong, of_suspended, of_unsigned, of_unverified
from flows.releases.hashes import hashes_of
from schemas.instruction import TWIN, Form, Tier
from schemas.judgement import JuryOutcome
from schemas.publishing import Release
from schemas.reject import REJECT, RejectReason, Unit
from warehouse.release import Chosen
from warehouse.tables import Tables

UNITS = {
    "cases": Unit.CASE,
    "images": Unit.IMAGE,
    "reports": Unit.REPORT,
    "pairs": Unit.PAIR,
    "annotations": Unit.ANNOTATION,
    "grounded": Unit.GROUNDED_PAIR,
}
STAGE = "release"
DETAILS = {
    RejectReason.NO_REPORT: "the case has no scrubbed report",
    RejectReason.NO_USABLE_IMAGE: "none of the case's images was published",
    RejectReason.TIER_BARRED: "a demo model wrote it; releases of this tier take no demo pairs",
    RejectReason.PRESCREEN_FAILED: "models other than its author found fault with it",
    RejectReason.PRESCREEN_UNDECIDED: "too few models gave a usable verdict about it",
    RejectReason.NOT_SCREENED: "no jury of models other than its author passed it; production takes only those",
    RejectReason.SITE_NOT_COVERED: "the site is not in release.governance.sites",
    RejectReason.CONTAMINATED: "matches a set named by --against; it may not be trained on",
    RejectReason.SPLIT_LEAK: "its text is nearly that of a test row",
    RejectReason.STRATEGY_SUSPENDED: "experts found too many errors in pairs made as it was; see strategy_audit",
    RejectReason.RATIONALE_NOT_VERIFIED: "no expert accepted its rationale; production takes only those",
    RejectReason.EXPERT_REJECTED: "an expert found it wrong",
    RejectReason.UNSIGNED_TEMPLATE: "no clinician has signed its template as it is now: sonocurate templates sign",
}
Flags = npt.NDArray[np.bool_]


@dataclass
class Component:
    """Rows that may be published: id, case_id, site, split; ``reason`` says why a row stays behind, else it is ""."""

    rows: pa.Table
    reason: npt.NDArray[np.object_]

    def lose(self, where: Flags, reason: RejectReason) -> None:
        """Leave rows behind that are not yet."""
        self.reason[where & (self.reason == "")] = reason.value

    @property
    def left(self) -> Flags:
        """Rows that stay behind."""
        return np.asarray(self.reason != "", np.bool_)


@dataclass(frozen=True)
class Selection:
    """What was chosen, and what the card tells about it."""

    chosen: Chosen
    groups: Groups
    anonymised: Anonymised
    matches: Matches
    left: dict[str, dict[str, int]] = field(default_factory=dict)


#: Rows whose texts are read at a time.
_BLOCK_ROWS = 1 << 15


def select_rows(tables: Tables, config: Release, held_out: HeldOut) -> Selection:
    """Choose what is published and in which split."""
    cases = tables.read("cases", ["case_id", "patient_key", "site", "systems", "sex", "age_years"])
    groups = _groups(tables, cases, config)
    parts = _components(tables, cases, splits_of(groups, config))
    _lose_incomplete(parts, config)
    _lose_failed(tables, parts["pairs"])
    _lose_barred(tables, parts["pairs"], config)
    _lose_grounded(tables, parts["grounded"], config)
    found = match(tables, parts, held_out, config)
    _lose_leaks(tables, parts, config)
    shown = cases.filter(pc.is_in(cases["case_id"], _kept(parts["cases"])["id"]))
    anonymised = anonymise(_with_labels(tables, shown), k=config.k)
    splits = {name: _kept(part).select(["id", "split"]).sort_by("id") for name, part in parts.items()}
    rejected = pa.concat_tables([_rejects(name, part) for name, part in parts.items()])
    left = {name: _counts(part.reason[part.left]) for name, part in parts.items()}
    return Selection(Chosen(splits, anonymised.cases, rejected), groups, anonymised, found, left)


def _groups(tables: Tables, cases: pa.Table, config: Release) -> Groups:
    patients = cases["patient_key"].unique().to_pylist()
    frames = tables.read("images", ["case_id", "sha256"])
    owners = _looked_up(frames["case_id"], cases, "patient_key").to_pylist()
    dhash, phash = hashes_of(tables, frames["sha256"])
    return patient_groups(patients, owners, dhash, phash, bits=config.alike_bits)


def _looked_up(keys: pa.ChunkedArray, cases: pa.Table, column: str) -> pa.ChunkedArray:
    return cases[column].take(pc.index_in(keys, value_set=cases["case_id"].combine_chunks()))


def _components(tables: Tables, cases: pa.Table, splits: Mapping[str, str]) -> dict[str, Component]:
    own = pa.array([splits[patient] for patient in cases["patient_key"].to_pylist()], pa.string())
    cases = cases.append_column("split", own)
    frames = pa.concat_tables(
        [tables.read(name, ["frame_id", "case_id", "site"]) for name in ("images", "twin_frames")]
    )
    rows = {
        "cases": cases.select(["case_id", "case_id", "site"]),
        "images": frames,
        "reports": tables.read("reports", ["case_id", "site"]).select(["case_id", "case_id", "site"]),
        "pairs": tables.read("dedup_pool", ["instance_id", "case_id", "site"]),
        "annotations": tables.read("annotations", ["annotation_id", "case_id", "site"]),
        "grounded": tables.read("grounded_pairs", ["instance_id", "case_id", "site"]),
    }
    made = {}
    for name, table in rows.items():
        table = table.rename_columns(["id", "case_id", "site"])  # noqa: PLW2901 - one table, step by step
        table = table.append_column("split", _looked_up(table["case_id"], cases, "split"))  # noqa: PLW2901
        made[name] = Component(table.combine_chunks(), np.full(table.num_rows, "", object))
    return made


def _lose_incomplete(parts: Mapping[str, Component], config: Release) -> None:
    reports, images = (parts[name].rows["case_id"].combine_chunks().unique() for name in ("reports", "images"))
    for name, part in parts.items():
        if config.tier is not Tier.DEMO or config.governance.sites:
            part.lose(
                _not_in(part.rows["site"], pa.array(config.governance.sites, pa.string())),
                RejectReason.SITE_NOT_COVERED,
            )
        if name != "reports":
            part.lose(_not_in(part.rows["case_id"], reports), RejectReason.NO_REPORT)
        if name != "images":
            part.lose(_not_in(part.rows["case_id"], images), RejectReason.NO_USABLE_IMAGE)


def _not_in(values: pa.ChunkedArray, wanted: pa.Array) -> Flags:
    return np.asarray(_is_not_in(values, wanted).to_numpy(), np.bool_)


def _is_not_in(values: pa.ChunkedArray, wanted: pa.Array) -> pa.ChunkedArray:
    return pc.invert(pc.is_in(values, value_set=wanted))


def _lose_barred(tables: Tables, pairs: Component, config: Release) -> None:
    if config.tier is Tier.PRODUCTION:
        pairs.lose(of_demo(tables, "instruction_pairs", pairs.rows["id"]), RejectReason.TIER_BARRED)
        pairs.lose(~_not_in(pairs.rows["id"], _not_screened(tables)), RejectReason.NOT_SCREENED)
    pairs.lose(of_suspended(tables, pairs.rows["id"]), RejectReason.STRATEGY_SUSPENDED)
    found_wrong = _with_twins(of_found_wrong(tables))
    pairs.lose(~_not_in(pairs.rows["id"], found_wrong), RejectReason.EXPERT_REJECTED)
    if config.tier is not Tier.DEMO:
        pairs.lose(of_unsigned(tables, pairs.rows["id"]), RejectReason.UNSIGNED_TEMPLATE)


def _lose_grounded(tables: Tables, grounded: Component, config: Release) -> None:
    grounded.lose(~_not_in(grounded.rows["id"], of_found_wrong(tables)), RejectReason.EXPERT_REJECTED)
    if config.tier is Tier.PRODUCTION:
        grounded.lose(of_demo(tables, "grounded_pairs", grounded.rows["id"]), RejectReason.TIER_BARRED)
        grounded.lose(of_unverified(tables, grounded.rows["id"]), RejectReason.RATIONALE_NOT_VERIFIED)


def _lose_failed(tables: Tables, pairs: Component) -> None:
    """Leave pairs behind that a jury of models rejected."""
    rows = tables.read("rejects", ["id", "reason"], pc.field("stage") == "prescreen")
    for reason in (RejectReason.PRESCREEN_FAILED, RejectReason.PRESCREEN_UNDECIDED):
        failed = rows.filter(pc.field("reason") == reason.value)["id"].combine_chunks()
        pairs.lose(~_not_in(pairs.rows["id"], _with_twins(failed)), reason)


def _with_twins(ids: pa.Array) -> pa.Array:
    """Add the twins of pairs, which say the same."""
    return pa.concat_arrays([ids, pc.binary_join_element_wise(ids, TWIN, "")])


def _not_screened(tables: Tables) -> pa.Array:
    """List the open-ended pairs that no jury passed."""
    where = (pc.field("form") == Form.OPEN.value) & pc.field("twin_of").is_null()
    open_pairs = tables.read("instruction_pairs", ["instance_id"], where)["instance_id"]
    passed = tables.read("prescreens", ["instance_id"], pc.field("outcome") == JuryOutcome.PASS.value)["instance_id"]
    return _with_twins(open_pairs.filter(_is_not_in(open_pairs, passed.combine_chunks())).combine_chunks())


def _lose_leaks(tables: Tables, parts: Mapping[str, Component], config: Release) -> None:
    """Leave train and validation text behind that is near test text: pairs among pairs, reports among reports."""
    for name in ("pairs", "reports"):
        part = parts[name]
        texts = texts_of(tables, name, part)
        test = np.asarray(part.rows["split"].to_numpy() == "test", np.bool_)
        live = ~part.left
        held_out = [text for text, is_test in zip(texts, test & live, strict=True) if is_test]
        others = np.flatnonzero(~test & live)
        leaks = np.zeros(len(texts), np.bool_)
        leaks[others] = near([texts[at] for at in others], held_out, config)
        part.lose(leaks, RejectReason.SPLIT_LEAK)


def texts_of(tables: Tables, name: str, part: Component) -> list[str]:
    """Give the text of pairs or reports that is compared, in the order of their rows."""
    if name == "reports":
        rows = tables.read("reports", ["case_id", "findings", "impression"])
        made = [f"{findings}\n{impression}" for findings, impression in _texts(rows)]
    else:
        rows = tables.read("instruction_pairs", ["instance_id", "task", "question", "answer"])
        made = [text_of(task, question, answer) for task, question, answer in _texts(rows)]
    at = pc.index_in(part.rows["id"], value_set=rows.column(0).combine_chunks()).to_pylist()
    return [made[place] for place in at]


def _texts(rows: pa.Table) -> Iterator[Any]:
    """Give the columns behind the first row by row; a block at a time becomes Python's."""
    for block in rows.to_batches(max_chunksize=_BLOCK_ROWS):
        yield from zip(*(column.to_pylist() for column in block.columns[1:]), strict=True)


def _with_labels(tables: Tables, cases: pa.Table) -> pa.Table:
    labels = tables.read("findings", ["case_id", "findings", "diagnoses"])
    at = pc.index_in(cases["case_id"], value_set=labels["case_id"].combine_chunks())
    for name in ("findings", "diagnoses"):
        cases = cases.append_column(name, labels[name].take(at))
    return cases


def _kept(part: Component) -> pa.Table:
    return part.rows.filter(pa.array(~part.left))


def _rejects(name: str, part: Component) -> pa.Table:
    rows = part.rows.filter(pa.array(part.left))
    reasons = [str(reason) for reason in part.reason[part.left]]
    n = rows.num_rows
    columns = {
        "stage": pa.array([STAGE] * n, pa.string()),
        "unit": pa.array([UNITS[name].value] * n, pa.string()),
        "id": rows["id"],
        "parent_id": rows["case_id"],
        "site": rows["site"],
        "reason": pa.array(reasons, pa.string()),
        "detail": pa.array([DETAILS[RejectReason(reason)] for reason in reasons], pa.string()),
    }
    return pa.table(columns).cast(REJECT)


def _counts(reasons: npt.NDArray[np.object_]) -> dict[str, int]:
    names, numbers = np.unique(reasons.astype(str), return_counts=True)
    return {str(name): int(number) for name, number in zip(names, numbers, strict=True)}
