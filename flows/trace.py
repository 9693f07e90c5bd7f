"""`sonocurate trace`: where an instance comes from, from its case to the call that wrote it.

Flows in: the shelf and its ledger. Flows out: lines of names and values; no text of a report, a prompt or an answer.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from curation.pool.ledger import Ledger
from flows.watch.costs import ledger_path
from schemas.errors import ConfigError
from warehouse.tables import Shelf

_PAIR = ("case_id", "site", "systems", "language", "task", "form", "tier", "frame_ids", "twin_of")
_PROMPT = ("template_id", "prompt_sha256")
_CALL = ("purpose", "model", "endpoint", "finish_reason", "system_fingerprint", "attempts", "cost_usd")


def trace(root: Path, instance_id: str) -> Iterator[str]:
    """Say where an instance comes from, or why there is none.

    Raises: ConfigError when the shelf does not know it.
    """
    shelf = Shelf(root)
    pair = _row(shelf, "instruction_pairs", "instance_id", instance_id)
    if pair is None:
        yield from _rejected(shelf, instance_id)
        return
    yield from _lines("instance", {"instance_id": instance_id, **{name: pair[name] for name in _PAIR}})
    span = None
    if pair["source_section"]:
        span = f"{pair['source_section']}[{pair['source_start']}:{pair['source_end']}] of the scrubbed report"
    yield from _lines("answer", {"source": span or "written by the model" if pair["model"] else "the report itself"})
    yield from _lines("prompt", {name: pair[name] for name in _PROMPT})
    if pair["request_key"] is None:
        yield "request     none: made by code from the report, no model was asked"
    else:
        yield from _request(root, pair)
    yield from _state(shelf, instance_id)


def _request(root: Path, pair: dict[str, Any]) -> Iterator[str]:
    book = ledger_path(root)
    found = None
    if book.exists():
        ledger = Ledger(book)
        found = ledger.provenance(pair["request_key"])
        ledger.close()
    yield from _lines("request", {"request_sha256": pair["request_key"]})
    if found is None:
        yield from _lines("call", {"model": pair["model"], "endpoint": pair["endpoint"]})
        yield "call        not in the ledger of this warehouse"
        return
    yield from _lines("request", {"parameters": found["parameters"], "seed": _seed(found["parameters"])})
    yield from _lines("call", {name: found[name] for name in _CALL})
    usage = f"{found['prompt_tokens']} tokens in, {found['completion_tokens']} out"
    yield from _lines("call", {"usage": usage, "sent_at": found["sent_at"], "recorded_at": found["recorded_at"]})


def _seed(parameters: str | None) -> Any:  # noqa: ANN401 - as it was sent
    return json.loads(parameters).get("seed") if parameters else None


def _rejected(shelf: Shelf, instance_id: str) -> Iterator[str]:
    row = _row(shelf, "rejects", "id", instance_id)
    if row is None:
        raise ConfigError("no instance of this id is on the shelf: `sonocurate sql` lists those of table pairs")
    yield from _lines("reject", {name: row[name] for name in ("id", "stage", "unit", "reason", "detail", "parent_id")})


def _state(shelf: Shelf, instance_id: str) -> Iterator[str]:
    duplicate = _row(shelf, "duplicates", "instance_id", instance_id)
    reject = _row(shelf, "rejects", "id", instance_id)
    if duplicate is not None:
        yield from _lines("state", {"duplicate_of": duplicate["duplicate_of"], "reason": duplicate["reason"]})
    elif reject is not None:
        yield from _lines("state", {"rejected": f"{reject['stage']}: {reject['reason']}"})
    else:
        kept = _row(shelf, "dedup_pool", "instance_id", instance_id) is not None
        yield from _lines("state", {"kept": "verified and not a duplicate" if kept else "not verified yet"})


def _row(shelf: Shelf, table: str, column: str, value: str) -> dict[str, Any] | None:
    rows = shelf.read(table, None, pc.field(column) == value).to_pylist()
    return rows[0] if rows else None


def _lines(part: str, values: dict[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        if shown not in (None, ""):
            yield f"{part:<11} {name:<18} {shown}"
