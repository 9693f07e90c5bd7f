"""Figures of quality over a set of pairs: what juries and experts said, how far they agree, what was never reviewed.

Flows in: tables (as they are, or pinned) and ids of pairs. Flows out: ``Figures``, plain numbers and names.
Reviewed pairs are a sample: those found wrong count in the error rate of the pairs they were drawn with, though they
themselves stay behind. Planted errors never count as reviews.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curation.generate.request import content_sha256
from curation.quality.agreement import cohen_kappa_of, fleiss_kappa
from curation.quality.retrospect import wilson, wilson_lower
from flows.quality.opinions import COLUMNS, is_wrong, wrong_pairs
from flows.quality.signing import signed
from schemas.instruction import Form, Tier
from schemas.judgement import JuryOutcome
from warehouse.tables import Tables

#: One-sided error of the lower bound that may stop a release.
ALPHA = 0.05
NOBODY = "none"


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures over a set of pairs; rates are per reviewed pair."""

    pairs: int
    demo_pairs: int
    templates: int
    unsigned_templates: tuple[str, ...]
    reviewed: int
    wrong: int
    error_low: float
    error_high: float
    error_lower_bound: float
    reviewed_twice: int
    expert_kappa: float | None
    checks: int
    caught: int
    open_pairs: int
    juries: int
    unscreened: int
    judges: tuple[str, ...]
    vision_judges: tuple[str, ...]
    jury_kappa: float | None
    judge_expert_kappa: float | None

    @property
    def sha256(self) -> str:
        """Hash the figures, so that a decision can name what it was made upon."""
        return content_sha256(asdict(self))

    @property
    def vision_judge(self) -> str:
        """Name the judges that saw the masked frames."""
        return ", ".join(self.vision_judges) or NOBODY


def figures_of(tables: Tables, ids: pa.Array, found_wrong: pa.Array | None = None) -> Figures:
    """Compute the figures over the pairs with these ids; ``found_wrong`` are those that experts took from them."""
    drawn = ids if found_wrong is None else pa.concat_arrays([ids, found_wrong])
    pairs = _of(tables, "instruction_pairs", ids, ["instance_id", "tier", "form", "template_id", "twin_of"])
    reviews = _of(tables, "reviews", drawn, COLUMNS).to_pylist()
    wrong = wrong_pairs(reviews)
    n, bad = len(wrong), sum(wrong.values())
    bounds = wilson(bad, n)
    checks = [row for row in reviews if row["attention"]]
    templates, done = sorted(set(pairs["template_id"].drop_null().to_pylist())), signed(tables)
    return Figures(
        pairs=pairs.num_rows,
        demo_pairs=pairs.filter(pc.field("tier") == Tier.DEMO.value).num_rows,
        templates=len(templates),
        unsigned_templates=tuple(name for name in templates if name not in done),
        reviewed=n,
        wrong=bad,
        error_low=bounds.low,
        error_high=bounds.high,
        error_lower_bound=wilson_lower(bad, n, alpha=ALPHA),
        **_experts(reviews),
        checks=len(checks),
        caught=sum(is_wrong(row["verdict"]) for row in checks),
        **_juries(tables, drawn, pairs, wrong),
    )


def _of(tables: Tables, name: str, ids: pa.Array, columns: Sequence[str]) -> pa.Table:
    rows = tables.read(name, columns)
    return rows.filter(pc.is_in(rows["instance_id"], ids))


def _experts(reviews: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Compare the first two reviewers of every pair that has two, in the order of their codes."""
    said: dict[str, dict[str, str]] = defaultdict(dict)
    for row in reviews:
        if not row["attention"]:
            said[row["instance_id"]][row["reviewer"]] = row["verdict"]
    twice = [tuple(verdict for _, verdict in sorted(one.items())[:2]) for one in said.values() if len(one) > 1]
    return {"reviewed_twice": len(twice), "expert_kappa": cohen_kappa_of((a, b) for a, b in twice)}


def _juries(tables: Tables, drawn: pa.Array, pairs: pa.Table, wrong: Mapping[str, bool]) -> dict[str, Any]:
    """Say what juries thought of the pairs; how far judges agree with experts needs also those found wrong."""
    rows = _of(tables, "judgements", drawn, ["instance_id", "judge", "verdict", "saw_frames"]).to_pylist()
    outcomes = _of(tables, "prescreens", drawn, ["instance_id", "outcome"])
    screened = outcomes.filter(pc.field("outcome") == JuryOutcome.PASS.value)["instance_id"].combine_chunks()
    open_pairs = pairs.filter((pc.field("form") == Form.OPEN.value) & pc.field("twin_of").is_null())["instance_id"]
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row["verdict"]:
            votes[row["instance_id"]].update([row["verdict"]])
    said = [(row["verdict"] == "pass", not wrong[row["instance_id"]]) for row in rows if row["instance_id"] in wrong]
    return {
        "open_pairs": len(open_pairs),
        "juries": len({row["instance_id"] for row in rows}.intersection(pairs["instance_id"].to_pylist())),
        "unscreened": pc.sum(pc.invert(pc.is_in(open_pairs, screened))).as_py() or 0,
        "judges": tuple(sorted({row["judge"] for row in rows})),
        "vision_judges": tuple(sorted({row["judge"] for row in rows if row["saw_frames"]})),
        "jury_kappa": jury_kappa(votes.values()),
        "judge_expert_kappa": cohen_kappa_of(said),
    }


def jury_kappa(votes: Iterable[Counter[str]]) -> float | None:
    """Measure how far judges agree, over the pairs whose number of usable verdicts is the most frequent one (>= 2)."""
    sized: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for one in votes:
        if one.total() > 1:
            sized[one.total()].append((one["pass"], one["fail"]))
    if not sized:
        return None
    return fleiss_kappa(max(sized.items(), key=lambda item: (len(item[1]), item[0]))[1])
