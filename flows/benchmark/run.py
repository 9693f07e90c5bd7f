"""`sonocurate bench run`: every item of a suite is asked once, through the pool, with a ledger.

Flows in: items with their pictures, an endpoint. Flows out: a JSONL file of answers, in the order of the items; it
appears when it is whole. A run that ended in any way is taken up by the same command: what was answered is not asked
again.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from benchmark.ask.requests import request_of, score_token
from benchmark.read.faults import Fault, Faults
from benchmark.records import Item, Suite
from curation.generate.request import Answer, Failure, Request
from curation.pool.ledger import Ledger
from curation.pool.pool import EndpointPool
from curation.pool.terms import DEADLINE_S
from flows.benchmark.tasks import Source, items_of
from flows.pool.run_file import Done, terms_of
from flows.progress import Track
from schemas.endpoint import Endpoint, Endpoints
from schemas.errors import ConfigError

__all__ = ["Source", "run_suite"]

#: Items whose pictures are in memory at once.
BLOCK_ITEMS = 200
UNREADABLE = "unreadable_image"


def run_suite(
    source: Source,
    out: Path,
    config: Endpoints,
    *,
    model: str,
    ledger: Path | None,
    decoding: tuple[float, int],
) -> Done:
    """Ask a model all items of a source. ``decoding``: temperature and the longest answer in tokens.

    Raises: ConfigError when the source cannot be read, the endpoint is unknown, or the output exists.
    """
    if out.exists():
        raise ConfigError(f"{out} exists: name a new file (its ledger remembers what was paid)")
    endpoint = _endpoint(config, model)
    chosen = config.model_copy(update={"endpoints": (endpoint,)})
    faults = Faults()
    total = sum(1 for _ in items_of(source, Faults(), keep_images=False)[1])
    suite, items = items_of(source, faults, keep_images=True)
    terms = terms_of(chosen, DEADLINE_S)
    book = Ledger(ledger or out.with_name(f"{out.name}.ledger"))
    aside = out.with_name(f".{out.name}.unfinished")
    done = Done()
    try:
        with (
            Track("bench run", total, unit="items") as track,
            EndpointPool(chosen.endpoints, book, terms) as pool,
            aside.open("w", encoding="utf-8", newline="\n") as file,
        ):
            for row in _answers(items, suite, endpoint, pool, decoding, faults):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                done.rows += 1
                done.answered += row["answer"] is not None
                done.reasons.update([row["reason"]] if row["reason"] else [])
                track.advance()
            done.tallies = pool.tallies()
        aside.replace(out)
    except OSError as error:
        raise ConfigError(f"{out} cannot be written: {error.strerror}") from None
    finally:
        aside.unlink(missing_ok=True)
        book.close()
    for line in faults.lines():
        sys.stderr.write(line + "\n")
    return done


def _endpoint(config: Endpoints, model: str) -> Endpoint:
    """Find the endpoint by its name, or by the name of its model."""
    found = [one for one in config.endpoints if model in (one.name, one.model)]
    if len(found) != 1:
        names = ", ".join(one.name for one in config.endpoints)
        raise ConfigError(f"--model {model}: name one endpoint of {names}")
    return found[0]


def _answers(
    items: Iterable[Item],
    suite: Suite,
    endpoint: Endpoint,
    pool: EndpointPool,
    decoding: tuple[float, int],
    faults: Faults,
) -> Iterator[dict[str, Any]]:
    temperature, max_tokens = decoding
    logprobs = suite is Suite.QBENCH and "logprobs" in endpoint.capabilities
    rest = iter(items)
    while block := list(islice(rest, BLOCK_ITEMS)):
        requests = [
            request_of(item, suite, temperature=temperature, max_tokens=max_tokens, logprobs=logprobs) for item in block
        ]
        for item, row in zip(block, _rows(block, requests, pool, faults), strict=True):
            yield {"id": item.item_id, **row, "temperature": temperature, "max_tokens": max_tokens}


def _rows(
    items: Sequence[Item], requests: Sequence[Request | None], pool: EndpointPool, faults: Faults
) -> Iterator[dict[str, Any]]:
    outcomes = iter(pool.answer([request for request in requests if request is not None]))
    for item, request in zip(items, requests, strict=True):
        if request is None:
            faults.note(Fault.UNREADABLE_IMAGE, item.item_id)
            yield {"answer": None, "reason": UNREADABLE}
            continue
        outcome: Answer | Failure = next(outcomes)
        if isinstance(outcome, Failure):
            yield {"answer": None, "reason": outcome.reason.value, "endpoint": outcome.endpoint}
            continue
        row: dict[str, Any] = {
            "answer": outcome.text,
            "reason": None,
            "endpoint": outcome.endpoint,
            "model": outcome.model,
        }
        yield row | ({"logprobs": places} if (places := score_token(outcome.logprobs)) else {})
