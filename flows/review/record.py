"""Reviews as they came in become rows of table `reviews`, each exactly once; the ways in are pull.py and sheets.py.

Flows in: reviews of tasks. Flows out: new rows, rows that a reviewer changed, and those that belong nowhere
(`unknown_reviews`). The same reviews again change nothing. Free text is scrubbed like a report before it is written.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curation.text.ner import load_redactor
from curation.text.scrub import Tools, scrub
from flows.alone import alone
from flows.key import load_key
from flows.review.interface import Answer
from flows.review.sealing import TASK_ID, unseal
from flows.stage import Context
from schemas.case import KNOWN_PHI_KINDS, RAW_REPORT
from schemas.errors import ConfigError
from schemas.expert import REVIEW, UNKNOWN_REVIEW, WITHHELD, ReviewSource
from schemas.shelf import shelved
from warehouse.amend import replace_rows
from warehouse.catalog import rebuild
from warehouse.tables import Commit

STAGE = "review"
_HAN = re.compile(r"[\u3400-\u9fff]")
#: What tells one review of a task by a reviewer from another; the time alone does not.
_SAID = ("verdict", "errors", "comment")


@dataclass(frozen=True, slots=True)
class Given:
    """A review as it came in."""

    task_id: str
    reviewer: str
    answer: Answer
    reviewed_at: datetime
    source: ReviewSource

    @property
    def review_id(self) -> str:
        """Name the review: one per task and reviewer."""
        return hashlib.sha256(f"{self.task_id}\x1f{self.reviewer}".encode()).hexdigest()[:32]


@dataclass
class Recorded:
    """What became of reviews, in counts."""

    new: int = 0
    changed: int = 0
    same: int = 0
    unknown: int = 0
    notes: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Say it in plain words."""
        yield f"{self.new} reviews are new, {self.changed} changed, {self.same} were known"
        if self.unknown:
            yield f"{self.unknown} reviews belong to no pair of this warehouse: kept aside in table unknown_reviews"
        yield from self.notes


def record(context: Context, reviews: Sequence[Given]) -> Recorded:
    """Write reviews to the shelf, exactly once; where a reviewer reviewed a task twice, the later one counts.

    Raises: ConfigError when the sample was sealed under another key.
    """
    latest = {one.review_id: one for one in sorted(reviews, key=lambda one: one.reviewed_at)}
    with alone(context.shelf.root):
        tasks = _tasks(context, {one.task_id for one in latest.values()})
        tables = ("instruction_pairs", "grounded_pairs")
        there = {one for name in tables for one in context.shelf.read(name, ["instance_id"])["instance_id"].to_pylist()}
        known = {n: one for n, one in latest.items() if (t := tasks.get(one.task_id)) and t["instance_id"] in there}
        aside = [one for n, one in latest.items() if n not in known]
        recorded = _write_known(context, known, tasks)
        recorded.unknown = _write_unknown(context, aside, tasks)
        rebuild(context.shelf)
    return recorded


def _tasks(context: Context, ids: set[str]) -> dict[str, dict[str, Any]]:
    rows = context.shelf.read("review_tasks", None, pc.field("task_id").isin(pa.array(sorted(ids), pa.string())))
    return {row["task_id"]: row for row in rows.to_pylist()}


def _write_known(context: Context, given: Mapping[str, Given], tasks: Mapping[str, Mapping[str, Any]]) -> Recorded:
    before = {row["review_id"]: row for row in context.shelf.read("reviews").to_pylist()}
    rows = _rows(context, given, tasks, before)
    new = [row for name, row in rows.items() if name not in before]
    changed = [
        row
        for name, row in rows.items()
        if name in before
        and row["reviewed_at"] > before[name]["reviewed_at"]
        and any(row[word] != before[name][word] for word in _SAID)
    ]
    if new:
        context.shelf.append("reviews", pa.Table.from_pylist(new, schema=REVIEW), _commit(new))
    if changed:
        commits = {name: before[name] for name in (row["review_id"] for row in changed)}
        whole = [{**commits[row["review_id"]], **row} for row in changed]
        table = pa.Table.from_pylist(whole, schema=shelved("reviews"))
        replace_rows(context.shelf, "reviews", "review_id", table, _commit(changed), "/changed")
    return Recorded(len(new), len(changed), len(rows) - len(new) - len(changed))


def _rows(
    context: Context,
    given: Mapping[str, Given],
    tasks: Mapping[str, Mapping[str, Any]],
    before: Mapping[str, Mapping[str, Any]],
) -> dict[str, dict[str, Any]]:
    key = load_key(context.config)
    comments = _scrubbed(context, {n: one for n, one in given.items() if one.answer.comment}, tasks)
    rows = {}
    for name, one in given.items():
        task = tasks[one.task_id]
        rows[name] = {
            **_said(one),
            "task_id": one.task_id,
            **{column: task[column] for column in ("instance_id", "case_id", "site", "text_sha256")},
            "comment": comments.get(name),
            "attention": unseal(key, task["sealed"]) is not None,
        }
    return rows


def _said(one: Given) -> dict[str, Any]:
    return {
        "review_id": one.review_id,
        "reviewer": one.reviewer,
        "verdict": one.answer.verdict.value,
        "errors": [word.value for word in one.answer.errors],
        "reviewed_at": one.reviewed_at,
        "source": one.source.value,
    }


def _write_unknown(context: Context, given: Sequence[Given], tasks: Mapping[str, Mapping[str, Any]]) -> int:
    held = set(context.shelf.read("unknown_reviews", ["review_id"])["review_id"].to_pylist())
    rows = [
        {
            **_said(one),
            "task_id": one.task_id if TASK_ID.fullmatch(one.task_id) else _hashed(one.task_id),
            "site": context.config.input.site,
            "why": "pair_has_left" if one.task_id in tasks else "unknown_task",
        }
        for one in given
        if one.review_id not in held
    ]
    if rows:
        context.shelf.append("unknown_reviews", pa.Table.from_pylist(rows, schema=UNKNOWN_REVIEW), _commit(rows))
    return len(given)


def _hashed(text: str) -> str:
    return f"not-ours-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _commit(rows: Sequence[Mapping[str, Any]]) -> Commit:
    """Name a commit by what it says, so that the same rows are never written twice."""
    lines = sorted("\x1f".join(str(row[name]) for name in sorted(row)) for row in rows)
    return Commit(STAGE, 0, "", hashlib.sha256("\x1e".join(lines).encode()).hexdigest()[:24])


def _scrubbed(context: Context, given: Mapping[str, Given], tasks: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Scrub free text with all that is known of its case; what cannot be scrubbed is withheld."""
    if not given:
        return {}
    known = _known_phi(context, {tasks[one.task_id]["case_id"] for one in given.values()})
    nothing: dict[str, list[str]] = {kind: [] for kind in KNOWN_PHI_KINDS}
    rows = [
        {
            "case_id": name,
            "site": tasks[one.task_id]["site"],
            "language": "zh" if _HAN.search(one.answer.comment) else "en",
            "findings": one.answer.comment,
            "impression": "",
            "known_phi": known.get(tasks[one.task_id]["case_id"], nothing),
        }
        for name, one in given.items()
    ]
    config = context.config.scrub.model_copy(update={"mode": "tag"})
    tools = Tools(load_redactor(ner=config.ner))
    result = scrub(pa.Table.from_pylist(rows, schema=RAW_REPORT), config=config, tools=tools)
    clean = dict(zip(result.kept["case_id"].to_pylist(), result.kept["findings"].to_pylist(), strict=True))
    return {name: clean.get(name, WITHHELD) for name in given}


def _known_phi(context: Context, cases: set[str]) -> dict[str, Any]:
    """Look up known PHI where the hospital's export is at hand; the rules and models of scrubbing work without."""
    with suppress(ConfigError):
        rows = context.export.known_phi()
        rows = rows.filter(pc.is_in(rows["case_id"], pa.array(sorted(cases), pa.string())))
        return dict(zip(rows["case_id"].to_pylist(), rows["known_phi"].to_pylist(), strict=True))
    return {}
