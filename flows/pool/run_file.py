"""`sonocurate pool run`: a JSONL file of requests becomes a JSONL file of answers, row by row, in order.

Flows in: a file, endpoints, a ledger. Flows out: one row per line; the file appears when it is whole. Requests are
answered in blocks, so that a file of any length fits into memory. With a ledger, a run that ended in any way is taken
up by the same command: what was answered is not asked again.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from rich.table import Table

from curation.generate.request import Answer, Failure, Request
from curation.pool.batch import BatchPool
from curation.pool.lane import Tally
from curation.pool.ledger import Ledger
from curation.pool.pool import EndpointPool
from curation.pool.terms import DEADLINE_S, Terms, check_hosts
from flows.pool.keys import keys_of
from flows.pool.rows import Reader, rejected_row, row_of
from flows.progress import Track
from schemas.endpoint import Endpoints
from schemas.errors import ConfigError
from schemas.reject import RejectReason

BLOCK_ROWS = 20_000
DAY_S = 86_400.0


class Answering(Protocol):
    """Either lane: chat completions or the Batch API."""

    def answer(
        self, requests: Sequence[Request], on_done: Callable[[Answer | Failure], None] | None = None
    ) -> list[Answer | Failure]:
        """Answer every request, in order."""
        ...

    def tallies(self) -> dict[str, Tally]:
        """Give the books by endpoint."""
        ...


@dataclass
class Done:
    """What became of a file."""

    rows: int = 0
    answered: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    tallies: dict[str, Tally] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """Say it in plain words."""
        yield f"{self.rows} requests, {self.answered} answered"
        for reason, count in sorted(self.reasons.items()):
            yield f"  {count} rejected: {reason}"
        for tally in self.tallies.values():
            for trouble, count in tally.troubles.most_common():
                yield f"  {count} x {trouble}"

    def table(self) -> Table:
        """Give the books of the endpoints."""
        table = Table("endpoint", "first choices", "answered", "of them fallbacks", "429", "failed calls", "USD")
        for name, tally in self.tallies.items():
            counts = (tally.first_choices, tally.answered, tally.fallbacks, tally.throttled, tally.troubles.total())
            table.add_row(name, *map(str, counts), f"{tally.cost_usd:.4f}")
        return table


def run_file(
    source: Path,
    target: Path,
    config: Endpoints,
    *,
    ledger: Path | None,
    deadline_s: float | None = None,
    batch: bool = False,
) -> Done:
    """Answer the requests of a file.

    Raises: ConfigError when the input cannot be read, the output exists, or an endpoint is not set up.
    """
    _check_places(source, target, ledger)
    terms = terms_of(config, deadline_s or (DAY_S if batch else DEADLINE_S))
    book = Ledger(ledger)
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        lane = _lane(config, book, terms, batch=batch)
        with lane as pool, source.open("rb") as lines, unfinished.open("w", encoding="utf-8", newline="\n") as out:
            done = _answer_lines(lines, out.write, pool)
        unfinished.replace(target)
    except KeyboardInterrupt:
        kept = "what was answered is in the ledger" if ledger else "nothing was kept, which --ledger FILE would"
        sys.stderr.write(f"sonocurate: interrupted; {kept}; run the same command again\n")
        raise
    except OSError as error:
        raise ConfigError(f"cannot read {source} or write {target}: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)
        book.close()
    return done


def terms_of(config: Endpoints, deadline_s: float) -> Terms:
    """Find the keys, and say which endpoints lie off this machine and why that is allowed.

    Raises: ConfigError.
    """
    for external in check_hosts(config.endpoints, config.allowed):
        line = f"endpoint {external.endpoint} sends to {external.host} under agreement {external.agreement}"
        sys.stderr.write(line + "\n")
    keys = keys_of(config.endpoints)
    return Terms(deadline_s, budget_usd=config.budget_usd, allowed=config.allowed, keys=keys)


def _check_places(source: Path, target: Path, ledger: Path | None) -> None:
    """An output may be written again from its ledger, in which its answers are safe; any other stays.

    Raises: ConfigError.
    """
    if target.exists() and source.exists() and target.samefile(source):
        raise ConfigError(f"{target} is the input: name another file")
    if target.is_dir() or (target.exists() and ledger is None and target.stat().st_size > 0):
        raise ConfigError(f"{target} exists: name a new file, or the --ledger that it was made with")


def _lane(config: Endpoints, book: Ledger, terms: Terms, *, batch: bool) -> Any:  # noqa: ANN401 - a context manager of Answering
    return BatchPool(config.endpoints, book, terms) if batch else EndpointPool(config.endpoints, book, terms)


def _answer_lines(lines: Any, write: Callable[[str], object], pool: Answering) -> Done:  # noqa: ANN401 - a binary file
    n_lines = sum(1 for line in lines if line.strip())
    lines.seek(0)
    done, reader = Done(), Reader()
    filled = (line for line in lines if line.strip())
    with Track("pool", n_lines, unit="requests") as track:
        while block := list(islice(filled, BLOCK_ROWS)):
            for row in _answer_block(block, reader, pool, track):
                write(json.dumps(row, ensure_ascii=False) + "\n")
                done.rows += 1
                done.answered += row["status"] == "answered"
                done.reasons.update([row["reason"]] if row["reason"] else [])
    done.tallies = pool.tallies()
    return done


def _answer_block(block: Iterable[bytes], reader: Reader, pool: Answering, track: Track) -> Iterator[dict[str, Any]]:
    read = [reader.read(line) for line in block]
    requests = [request for _, request in read if isinstance(request, Request)]
    counted = Counter({"n": 0})

    def on_done(_outcome: Answer | Failure) -> None:
        counted["n"] += 1
        track.advance()

    outcomes = iter(pool.answer(requests, on_done))
    track.advance(len(read) - counted["n"])
    for row_id, request in read:
        yield row_of(row_id, next(outcomes)) if isinstance(request, Request) else rejected_row(row_id, _reason(request))


def _reason(request: Request | RejectReason) -> RejectReason:
    if isinstance(request, Request):
        raise TypeError
    return request
