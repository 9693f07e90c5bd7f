"""Deduplicate (STEP): drop a pair that is too like an earlier kept one.

In: ``DEDUP_INPUT`` rows in instance order and the pool of kept pairs. Out: ``KEPT`` rows, rejects, `duplicates`.
Source: EchoVLM section 3.1: ROUGE-L > 0.7 or Simhash distance <= 3 with any previous instance; "previous" is earlier
and kept (the rule of Self-Instruct, its ancestor). Reports are not generated, so report and diagnosis pairs are exempt.
A twin says what its original says: it is compared with all but that one, so it stays or goes with it, and nothing is
compared with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa

from curation.dedup.rouge import can_exceed, rouge_l
from curation.dedup.simhash import distance, simhash64
from curation.dedup.tokens import tokenize
from curation.step import StepResult, reject, rejects_of, table_of
from schemas.config import Deduplicate
from schemas.instruction import DUPLICATE, KEPT
from schemas.reject import RejectReason, Unit

STAGE = "deduplicate"
REASONS = {
    "exact": RejectReason.DUPLICATE_EXACT,
    "rouge_l": RejectReason.DUPLICATE_ROUGE_L,
    "simhash": RejectReason.DUPLICATE_SIMHASH,
}


class Match(NamedTuple):
    """Why a text is a duplicate, and of which."""

    instance_id: str
    reason: str
    score: float


@dataclass(frozen=True, slots=True)
class Entry:
    """What is compared of one text."""

    instance_id: str
    text: str
    tokens: list[str]
    simhash: int

    @classmethod
    def of(cls, instance_id: str, text: str) -> "Entry":
        """Prepare a text for comparison."""
        return cls(instance_id, text, tokenize(text), simhash64(text))


def deduplicate(pairs: pa.Table, *, config: Deduplicate, pool: pa.Table) -> StepResult:
    """Keep each pair unless an earlier kept one is too like it.

    ``pool`` holds ``KEPT`` rows of earlier batches, in instance order. Texts without tokens are compared exactly.
    Rejects: DUPLICATE_EXACT, DUPLICATE_ROUGE_L, DUPLICATE_SIMHASH.
    """
    earlier = [Entry.of(row["instance_id"], row["text"]) for row in pool.to_pylist() if _is_compared(row)]
    kept: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    duplicates: list[dict[str, Any]] = []
    for pair in pairs.to_pylist():
        entry = None if pair["exempt"] else Entry.of(pair["instance_id"], pair["text"])
        others = [other for other in earlier if other.instance_id != pair["twin_of"]] if pair["twin_of"] else earlier
        match = first_match(entry, others, config) if entry else None
        if match is None:
            kept.append({name: pair[name] for name in KEPT.names})
            earlier += [entry] if entry and not pair["twin_of"] else []
            continue
        row_id, site = pair["instance_id"], pair["site"]
        rejected.append(reject(STAGE, Unit.PAIR, row_id, site, REASONS[match.reason], parent_id=pair["case_id"]))
        duplicates.append(
            {
                "instance_id": row_id,
                "duplicate_of": match.instance_id,
                "site": site,
                "reason": match.reason,
                "score": match.score,
            }
        )
    return StepResult(table_of(kept, KEPT), rejects_of(rejected), {"duplicates": table_of(duplicates, DUPLICATE)})


def _is_compared(row: Mapping[str, Any]) -> bool:
    """Say whether later pairs are compared with a kept one."""
    return not row["exempt"] and row["twin_of"] is None


def first_match(entry: Entry, earlier: list[Entry], config: Deduplicate) -> Match | None:
    """Find the earliest text that meets the rule; of several reasons the order is exact, rouge_l, simhash."""
    for other in earlier:
        if match := compare(entry, other, config):
            return match
    return None


def compare(entry: Entry, other: Entry, config: Deduplicate) -> Match | None:
    """Apply the rule to one pair of texts."""
    if entry.text == other.text:
        return Match(other.instance_id, "exact", 1.0)
    if not entry.tokens or not other.tokens:
        return None
    if can_exceed(len(entry.tokens), len(other.tokens), config.rouge_threshold):
        score = rouge_l(entry.tokens, other.tokens)
        if score > config.rouge_threshold:
            return Match(other.instance_id, "rouge_l", score)
    bits = distance(entry.simhash, other.simhash)
    return Match(other.instance_id, "simhash", float(bits)) if bits <= config.simhash_distance else None
