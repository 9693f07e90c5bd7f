"""Deduplicate (STEP): drop a pair that is too like an earlier one.

In: ``DEDUP_INPUT`` rows in instance order and what was kept before. Out: ``KEPT`` rows, rejects, `duplicates`.
Source: EchoVLM section 3.1: ROUGE-L > 0.7 or Simhash distance <= 3 with any previous instance; "previous" is earlier
and kept (the rule of Self-Instruct, its ancestor) unless ``against = "all"``. Reports are not generated, so report and
diagnosis pairs are exempt. A twin says what its original says: it is compared with all but that one, so it stays or
goes with it, and nothing is compared with it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from curation.dedup.decide import Text
from curation.dedup.memory import Memory
from curation.dedup.rows import NONE, REASON_NAMES, Found, Rows
from curation.dedup.stored import PREPARED, rule_name, to_columns
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


def deduplicate(pairs: pa.Table, *, config: Deduplicate, pool: pa.Table | Memory) -> StepResult:
    """Keep each pair unless an earlier one is too like it.

    ``pool`` holds ``KEPT`` rows of earlier batches, or is a memory of them, which then remembers these pairs too. Texts
    without tokens are compared exactly.
    Rejects: DUPLICATE_EXACT, DUPLICATE_ROUGE_L, DUPLICATE_SIMHASH.
    """
    memory = pool if isinstance(pool, Memory) else Memory.of(config, pool, expected=pairs.num_rows)
    every = pairs.to_pylist()
    compared = [pair for pair in every if not pair["exempt"]]
    texts = texts_of(compared, config, memory)
    rows, found = memory.decide(texts, [pair["instance_id"] for pair in compared])
    places = memory.take_places(found.best == NONE)
    dropped = [
        _duplicate(pair, memory, found, at, int(places[at]))
        for at, pair in enumerate(compared)
        if found.best[at] != NONE
    ]
    gone = {row["instance_id"]: row["reason"] for row in dropped}
    rejected = [
        reject(STAGE, Unit.PAIR, row_id, pair["site"], REASONS[gone[row_id]], parent_id=pair["case_id"])
        for pair in compared
        if (row_id := pair["instance_id"]) in gone
    ]
    rows = rows._replace(arrival=places)
    kept = _kept(every, memory, rows, found, [text.group for text in texts])
    return StepResult(kept, rejects_of(rejected), {"duplicates": table_of(dropped, DUPLICATE)})


def texts_of(pairs: Sequence[Mapping[str, Any]], config: Deduplicate, memory: Memory) -> list[Text]:
    """Say of every pair what it is compared within, and which is its original."""
    own = {pair["instance_id"]: memory.next_arrival + at for at, pair in enumerate(pairs)}
    texts = []
    for pair in pairs:
        original = pair["twin_of"]
        twin = -1 if original is None else own.get(original, memory.arrivals.get(original, -1))
        texts.append(Text(pair["text"], scope_key(pair, config), twin, joins=original is None))
    return texts


def scope_key(pair: Mapping[str, Any], config: Deduplicate) -> str:
    """Name what a pair is compared within: everything, pairs about the same systems, pairs of the same case."""
    if config.scope == "system":
        return "+".join(sorted(set(pair["systems"] or ())))
    return str(pair["case_id"]) if config.scope == "case" else ""


def _duplicate(pair: Mapping[str, Any], memory: Memory, found: Found, at: int, place: int) -> dict[str, Any]:
    return {
        "instance_id": pair["instance_id"],
        "duplicate_of": memory.ids[int(found.best[at])],
        "site": pair["site"],
        "reason": REASON_NAMES[found.reason[at]],
        "score": float(found.score[at]),
        "arrival": place if place >= 0 else None,
    }


def _kept(every: Sequence[Mapping[str, Any]], memory: Memory, rows: Rows, found: Found, scopes: list[str]) -> pa.Table:
    """Write the kept pairs; those that later ones are compared with get the columns of a prepared text."""
    compared = [pair for pair in every if not pair["exempt"]]
    place = {pair["instance_id"]: at for at, pair in enumerate(compared)}
    kept = [pair for pair in every if pair["exempt"] or found.best[place[pair["instance_id"]]] == NONE]
    at = np.array([place.get(pair["instance_id"], -1) for pair in kept], np.int64)
    joined = np.array([pair["twin_of"] is None for pair in kept], np.bool_) & (at >= 0)
    index = at[joined]
    prepared = to_columns(rows.take(index), [scopes[row] for row in index.tolist()], memory.engine)
    where = pa.array(np.where(joined, np.cumsum(joined) - 1, 0), mask=~joined)
    columns = {name: pa.array([pair[name] for pair in kept], KEPT.field(name).type) for name in KEPT.names[:6]}
    columns["arrival"] = pa.array(rows.arrival[at] if len(rows.arrival) else at, mask=at < 0)
    columns["rule"] = pa.array([rule_name(memory.config)] * len(kept), pa.string())
    columns["spared"] = pa.array(found.spared[at] if rows.size else at >= 0, mask=at < 0)
    columns |= {name: prepared[name].take(where) for name in PREPARED}
    return pa.table([columns[name] for name in KEPT.names], names=KEPT.names).cast(KEPT)
