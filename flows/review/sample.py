"""`sonocurate review sample`: draw the pairs that experts look at, and write them to table `review_tasks`, once.

Flows in: kept pairs that no earlier sample holds. Flows out: one row per task. Whether an error was planted in it is
sealed; the planted answer is made anew from the pair and the seed whenever it is shown.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curation.quality.clean_pair import CleanPair
from curation.quality.plant import PLANTABLE, plant
from curation.quality.sample import Candidate, Drawn, Plan, checks_of, draw, drawn_number, n_checks
from flows.alone import alone
from flows.key import load_key
from flows.review.sealing import Planted, seal, task_id_of
from flows.review.shown import Desk, Shown
from flows.stage import Context
from schemas.case import Language
from schemas.config import Review
from schemas.errors import ConfigError
from schemas.expert import REVIEW_TASK, ExpertError, text_sha256
from schemas.instruction import Form
from warehouse.catalog import rebuild
from warehouse.tables import Commit, Shelf

STAGE = "review_sample"
TABLE = "review_tasks"
_BLOCK = 64
_NONE = "-"


@dataclass(frozen=True, slots=True)
class Sampled:
    """What was drawn, in counts. How many attention checks there are is no secret, which they are is."""

    name: str
    pairs: int
    checks: int
    doubled: int
    strata: int

    def lines(self) -> Iterator[str]:
        """Say it in plain words."""
        yield f"sample {self.name}: {self.pairs} pairs of {self.strata} strata (system, task, model, template)"
        yield f"{self.checks} attention checks among them, sealed; {self.doubled} pairs are for two reviewers"


def draw_sample(context: Context, name: str, config: Review) -> Sampled:
    """Draw a sample under a new name; the same name again is refused.

    Raises: ConfigError when the name is taken or there is no pair left to draw.
    """
    plan = Plan(config.n, config.seed, config.double_share, config.attention_share)
    with alone(context.shelf.root):
        if samples_of(context.shelf).get(name):
            raise ConfigError(f"sample {name} exists: `sonocurate review push` or `export` it, or draw another name")
        candidates = _candidates(context.shelf, config)
        drawn = draw(candidates, plan)
        if not drawn:
            raise ConfigError("review: no pair is left to draw: run `sonocurate run` first, or widen review.scope")
        checks = list(_checks(context, candidates, drawn, plan))
        rows = _rows(context, name, drawn, checks, plan)
        commit = Commit(STAGE, 0, config.fingerprint(), name)
        context.shelf.append(TABLE, pa.Table.from_pylist(rows, schema=REVIEW_TASK), commit)
        rebuild(context.shelf)
    doubled = sum(one.readers > 1 for one in drawn)
    return Sampled(name, len(drawn), len(checks), doubled, len({one.stratum for one in drawn}))


def samples_of(shelf: Shelf) -> dict[str, int]:
    """Give the number of tasks of every sample, in the order in which they were drawn."""
    counts = shelf.read(TABLE, ["sample"])["sample"].value_counts().to_pylist()
    return {row["values"]: row["counts"] for row in counts}


def tasks_of(shelf: Shelf, name: str | None) -> pa.Table:
    """Read the tasks of a sample in their order; of the only one where none is named.

    Raises: ConfigError when there is no such sample, or several.
    """
    names = list(samples_of(shelf))
    if name is None and len(names) == 1:
        name = names[0]
    if name is None or name not in names:
        known = f"there are {', '.join(sorted(names))}" if names else "draw one with `sonocurate review sample NAME`"
        raise ConfigError(f"review: name a sample: {known}")
    return shelf.read(TABLE, None, pc.field("sample") == name).sort_by("position")


def plant_in(pair: Shown, planted: Planted) -> str | None:
    """Make the answer of an attention check; the same for the same pair, kind and seed."""
    clean = CleanPair(pair.instance_id, Language(pair.language), pair.report, pair.question, pair.answer)
    return plant(clean, planted.kind, random.Random(f"{planted.seed}|{pair.instance_id}|{planted.kind.value}"))


def _candidates(shelf: Shelf, config: Review) -> list[Candidate]:
    kept = shelf.read("dedup_pool", ["instance_id"])["instance_id"].combine_chunks()
    seen = shelf.read(TABLE, ["instance_id"])["instance_id"].combine_chunks()
    columns = ["instance_id", "systems", "task", "model", "template_id", "form", "twin_of"]
    rows = shelf.read("instruction_pairs", columns)
    rows = rows.filter(pc.is_in(rows["instance_id"], kept))
    rows = rows.filter(pc.invert(pc.is_in(rows["instance_id"], seen)))
    wanted = {"open": pc.field("form") == Form.OPEN.value, "model": pc.field("model").is_valid()}
    if config.scope in wanted:
        rows = rows.filter(wanted[config.scope])
    rows = rows.filter(pc.field("twin_of").is_null())  # a twin says what its original says
    parts = (rows[name].to_pylist() for name in columns[:5])
    return _explained(shelf) + [
        Candidate(pair, (systems[0] if systems else _NONE, task, model or _NONE, template or _NONE))
        for pair, systems, task, model, template in zip(*parts, strict=True)
    ]


def _explained(shelf: Shelf) -> list[Candidate]:
    """List the grounded pairs with a rationale that nobody was asked about yet, as it is now.

    Only an expert's word makes it a verified one.
    """
    asked = shelf.read(TABLE, ["instance_id", "text_sha256"])
    seen = set(zip(asked["instance_id"].to_pylist(), asked["text_sha256"].to_pylist(), strict=True))
    columns = ["instance_id", "systems", "task", "rationale_source", "question", "answer"]
    rows = shelf.read("grounded_pairs", columns, pc.field("rationale").is_valid())
    parts = (rows[name].to_pylist() for name in columns)
    return [
        Candidate(pair, (systems[0] if systems else _NONE, task, model or _NONE, _NONE))
        for pair, systems, task, model, question, answer in zip(*parts, strict=True)
        if (pair, text_sha256(question, answer)) not in seen
    ]


def _checks(
    context: Context, candidates: Sequence[Candidate], drawn: Sequence[Drawn], plan: Plan
) -> Iterator[tuple[Candidate, ExpertError]]:
    """Choose pairs in which an error can be planted, and its kind; kinds change in turn."""
    left = n_checks(len(drawn), plan)
    order, desk = checks_of(candidates, drawn, plan), Desk(context.shelf)
    for start in range(0, len(order), _BLOCK):
        block = {one.instance_id: one for one in order[start : start + _BLOCK]}
        for pair in desk.pairs(list(block)):
            if left == 0:
                return
            kinds = sorted(PLANTABLE, key=lambda kind: drawn_number(plan.seed, pair.instance_id, kind))
            kind = next((one for one in kinds if plant_in(pair, Planted(one, plan.seed))), None)
            if kind is not None:
                left -= 1
                yield block[pair.instance_id], kind


def _rows(
    context: Context, name: str, drawn: Sequence[Drawn], checks: Sequence[tuple[Candidate, ExpertError]], plan: Plan
) -> list[dict[str, Any]]:
    key = load_key(context.config)
    sites = _sites(context.shelf)
    hashes = _hashes(context.shelf, [one.instance_id for one in drawn] + [one.instance_id for one, _ in checks])
    tasks: list[tuple[str, tuple[str, ...], int, ExpertError | None]]
    tasks = [(one.instance_id, one.stratum, one.readers, None) for one in drawn]
    tasks += [(one.instance_id, one.stratum, 1, kind) for one, kind in checks]
    tasks.sort(key=lambda task: drawn_number("task", plan.seed, task[0], task[3]))
    return [
        {
            "task_id": task_id_of(key, name, instance_id, kind),
            "sample": name,
            "instance_id": instance_id,
            "case_id": (case_id := instance_id.partition("/")[0]),
            "site": sites[case_id],
            "position": position,
            "readers": readers,
            "stratum": list(stratum),
            "sealed": seal(key, Planted(kind, plan.seed) if kind else None),
            "text_sha256": hashes[instance_id],
        }
        for position, (instance_id, stratum, readers, kind) in enumerate(tasks)
    ]


def _hashes(shelf: Shelf, ids: Sequence[str]) -> dict[str, str]:
    """Hash the texts of pairs as they are now: a review is about this text alone."""
    wanted = pc.field("instance_id").isin(pa.array(ids, pa.string()))
    found = {}
    for name in ("instruction_pairs", "grounded_pairs"):
        for row in shelf.read(name, ["instance_id", "question", "answer"], wanted).to_pylist():
            found[row["instance_id"]] = text_sha256(row["question"], row["answer"])
    return found


def _sites(shelf: Shelf) -> dict[str, str]:
    rows = shelf.read("cases", ["case_id", "site"])
    return dict(zip(rows["case_id"].to_pylist(), rows["site"].to_pylist(), strict=True))
