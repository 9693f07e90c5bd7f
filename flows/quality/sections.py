"""The tables of the quality report: rates with intervals per strategy, per judge, per reviewer and per release.

Flows in: tables of the shelf and published releases. Flows out: plain rows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curation.quality.agreement import cohen_kappa_of
from curation.quality.retrospect import StrategyRate, retrospect, wilson
from flows.quality.opinions import COLUMNS, is_wrong, wrong_pairs
from flows.quality.reviewed import reviews_of
from flows.releases.barred import left_for
from schemas.errors import ConfigError
from schemas.reject import RejectReason
from warehouse.published import manifest_of
from warehouse.tables import Tables


def strategies(tables: Tables) -> list[StrategyRate]:
    """Rate the strategies of all reviewed pairs, as the retrospect does."""
    return retrospect(reviews_of(tables).counted)


def judges(tables: Tables) -> Iterator[dict[str, Any]]:
    """Give every judge: how much it judged, passed and could not say, and its agreement with experts."""
    wrong = wrong_pairs(_reviews(tables))
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in tables.read("judgements", ["instance_id", "judge", "model", "verdict", "saw_frames"]).to_pylist():
        found[row["judge"]].append(row)
    for judge, rows in sorted(found.items()):
        verdicts = Counter(row["verdict"] for row in rows)
        both = [(row["verdict"] == "pass", not wrong[row["instance_id"]]) for row in rows if _both(row, wrong)]
        yield {
            "judge": judge,
            "model": rows[0]["model"],
            "sees": any(row["saw_frames"] for row in rows),
            "pairs": len(rows),
            "passed": verdicts["pass"],
            "failed": verdicts["fail"],
            "no verdict": verdicts[None],
            "reviewed by experts too": len(both),
            "kappa": cohen_kappa_of(both),
        }


def reviewers(tables: Tables) -> Iterator[dict[str, Any]]:
    """Give every reviewer: reviews, pairs found wrong, planted errors caught."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in _reviews(tables):
        found[row["reviewer"]].append(row)
    for reviewer, rows in sorted(found.items()):
        own = [row for row in rows if not row["attention"]]
        checks = [row for row in rows if row["attention"]]
        yield {
            "reviewer": reviewer,
            "reviews": len(own),
            "found wrong": sum(is_wrong(row["verdict"]) for row in own),
            "planted errors": len(checks),
            "of them caught": sum(is_wrong(row["verdict"]) for row in checks),
        }


def errors(tables: Tables) -> list[tuple[str, int]]:
    """Count the words of the taxonomy, the most frequent first."""
    counts = Counter(word for row in _reviews(tables) if not row["attention"] for word in row["errors"])
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def releases(root: Path, tables: Tables) -> Iterator[dict[str, Any]]:
    """Give every published release, the oldest first, with the error rate of its reviewed pairs."""
    wrong = wrong_pairs(_reviews(tables))
    for manifest, folder in sorted(_published(root), key=lambda one: (one[0]["created_at"], one[0]["name"])):
        ids = {i for path in (folder / "pairs").glob("*.parquet") for i in _ids(path)}
        drawn = ids | _found_wrong(folder)
        verdicts = [is_bad for pair, is_bad in wrong.items() if pair in drawn]
        bounds = wilson(sum(verdicts), len(verdicts))
        yield {
            "release": manifest["name"],
            "tier": manifest["tier"],
            "made": manifest["created_at"][:10],
            "pairs": len(ids),
            "reviewed": len(verdicts),
            "wrong": sum(verdicts),
            "rate": sum(verdicts) / len(verdicts) if verdicts else None,
            "low": bounds.low,
            "high": bounds.high,
        }


def examples(tables: Tables, n: int) -> list[dict[str, Any]]:
    """Give some pairs that experts found wrong, then some that they accepted; scrubbed text."""
    reviews = [row for row in _reviews(tables) if not row["attention"]]
    reviews.sort(key=lambda row: (not is_wrong(row["verdict"]), row["instance_id"], row["reviewer"]))
    wrong = [row for row in reviews if is_wrong(row["verdict"])][:n]
    fine = [row for row in reviews if not is_wrong(row["verdict"])][: max(1, n // 3)]
    ids = pa.array(sorted({row["instance_id"] for row in (*wrong, *fine)}), pa.string())
    columns = ["instance_id", "task", "model", "question", "answer"]
    found = tables.read("instruction_pairs", columns, pc.field("instance_id").isin(ids)).to_pylist()
    pairs = {row["instance_id"]: row for row in found}
    return [row | pairs[row["instance_id"]] for row in (*wrong, *fine) if row["instance_id"] in pairs]


def _reviews(tables: Tables) -> list[dict[str, Any]]:
    columns = [*COLUMNS, "errors", "comment"]
    rows: list[dict[str, Any]] = tables.read("reviews", columns).to_pylist()
    return rows


def _both(row: Mapping[str, Any], wrong: Mapping[str, bool]) -> bool:
    return row["verdict"] is not None and row["instance_id"] in wrong


def _published(root: Path) -> Iterator[tuple[Mapping[str, Any], Path]]:
    for path in sorted((root / "releases").glob("*/release.json")):
        try:
            manifest = manifest_of(path.parent)
        except ConfigError:
            continue
        if manifest.get("state") == "published":
            yield manifest, path.parent


def _found_wrong(folder: Path) -> set[str]:
    """List the pairs that experts took from a release: drawn with the others, they count in its error rate."""
    rows = [
        pq.read_table(path, columns=["id", "unit", "reason"]) for path in sorted((folder / "rejects").glob("*.parquet"))
    ]
    return {i for table in rows for i in left_for(table, RejectReason.EXPERT_REJECTED).to_pylist()}


def _ids(path: Path) -> list[str]:
    found: list[str] = pq.read_table(path, columns=["instance_id"])["instance_id"].to_pylist()
    return found
