"""`sonocurate verify`: a JSONL file of pairs becomes a JSONL file of verdicts, line by line, in order.

Flows in: rows {"id", "language", "report", "question", "answer"}. Flows out: rows {"id", "verdict": "pass" or "fail",
"rules": [{"rule", "report_span", "answer_span"}]}; spans are [start, end], half-open code points, or null. The output
appears when it is whole.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from curation.verify.check import check
from curation.verify.claims import Case
from flows.progress import Track
from flows.quality.pair_lines import PairLine, pair_lines
from schemas.errors import ConfigError

_BATCH = 64


@dataclass(frozen=True)
class Verified:
    """How many pairs passed, and which rules the others broke."""

    pairs: int
    failed: int
    rules: Counter[str]

    def lines(self) -> list[str]:
        """Say it in plain words."""
        first = f"{self.pairs} pairs: {self.pairs - self.failed} pass, {self.failed} fail"
        return [first, *(f"  {count} break the rule: {rule}" for rule, count in sorted(self.rules.items()))]


def verify_file(source: Path, target: Path, *, workers: int = 1) -> Verified:
    """Check a file of pairs.

    Raises: ConfigError when a line is no pair, the file cannot be read, or the output exists.
    """
    if target.exists():
        raise ConfigError(f"{target} exists: name a new file")
    rows = pair_lines(source)
    failed, rules = 0, Counter[str]()
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        with (
            unfinished.open("w", encoding="utf-8", newline="\n") as out,
            Track("verify", len(rows), unit="pairs") as track,
        ):
            for verdict in _verdicts(rows, workers):
                out.write(json.dumps(verdict, ensure_ascii=False) + "\n")
                failed += verdict["verdict"] == "fail"
                rules.update({one["rule"] for one in verdict["rules"]})
                track.advance()
        unfinished.replace(target)
    except OSError as error:
        raise ConfigError(f"cannot write {target}: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return Verified(len(rows), failed, rules)


def _verdicts(rows: Sequence[PairLine], workers: int) -> Iterator[dict[str, Any]]:
    if workers == 1:
        yield from map(verdict_of, rows)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(verdict_of, rows, chunksize=_BATCH)


def verdict_of(row: PairLine) -> dict[str, Any]:
    """Check one pair."""
    broken = check(Case(row.language, row.report, row.question, row.answer))
    return {
        "id": row.row_id,
        "verdict": "fail" if broken else "pass",
        "rules": [
            {
                "rule": one.rule,
                "report_span": one.report_span and list(one.report_span),
                "answer_span": one.answer_span and list(one.answer_span),
            }
            for one in broken
        ],
    }
