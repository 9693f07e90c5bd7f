"""`sonocurate dedup`: a JSONL file of texts becomes a JSONL file of decisions, line by line, in order.

Flows in: rows {"id", "text"}, with "systems" or "case_id" where the scope needs it. Flows out: rows {"id", "keep",
"reason": null | "exact" | "rouge_l" | "simhash", "duplicate_of", "score"}. The output appears when it is whole.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from curation.dedup.decide import BATCH, Decider, Text, batches, rule_of
from curation.dedup.engine import must_compile, new_engine
from curation.dedup.kept import LocalPool, Pool
from curation.dedup.rows import NONE, REASON_NAMES, Found, Rows
from flows.dedup.lines import Id, Lines, dump
from flows.dedup.shards import ShardedPool
from flows.progress import Track
from schemas.config import Deduplicate
from schemas.errors import ConfigError

if TYPE_CHECKING:
    from flows.dedup.pool_table import KeptTable

T = TypeVar("T")


@dataclass
class Decided:
    """How many texts were decided, and why some were dropped."""

    texts: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    spared: int = 0

    def lines(self) -> Iterator[str]:
        """Say it in plain words."""
        yield f"{self.texts} texts, {self.texts - self.reasons.total()} kept"
        for reason in REASON_NAMES:
            if self.reasons[reason]:
                yield f"  {self.reasons[reason]} duplicates: {reason}"
        if self.spared:
            yield f"  {self.spared} kept because their clinical facts differ"


@dataclass(frozen=True, slots=True)
class Runners:
    """How many threads share the kept texts, or how many processes divide them; no result depends on it."""

    threads: int = 1
    workers: int = 1

    @property
    def together(self) -> int:
        """How many work at a time."""
        return self.threads * self.workers


def dedup_file(
    source: Path,
    target: Path,
    *,
    config: Deduplicate,
    pool: Path | None = None,
    rebuild: bool = False,
    runners: Runners = Runners(),
) -> Decided:
    """Decide about the texts of a file; with ``pool`` also against what was kept of earlier files.

    Raises: ConfigError when the input cannot be read, a line is bad, the output exists, or the pool has another rule.
    """
    if target.exists():
        raise ConfigError(f"{target} exists: name a new file")
    if rebuild and pool is None:
        raise ConfigError("--rebuild starts a pool anew: name it with --pool")
    lines = Lines(source, config.scope)
    ids = lines.ids()
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        with _opened(pool, source, config, rebuild=rebuild) as table, unfinished.open("wb") as out:
            run = _Run(ids, config, table, runners)
            with Track("dedup", len(ids), unit="texts") as track:
                for block in run.decisions(lines):
                    out.write(b"".join(block))
                    track.advance(len(block))
            if table is not None:
                table.commit(run.decided.reasons.total())
        unfinished.replace(target)
    except OSError as error:
        raise ConfigError(f"cannot write {target}: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return run.decided


@contextmanager
def _opened(pool: Path | None, source: Path, config: Deduplicate, *, rebuild: bool) -> Iterator["KeptTable | None"]:
    if pool is None:
        yield None
        return
    from flows.dedup.pool_table import opened  # noqa: PLC0415 - tables are slow to import

    with opened(pool, source, config, rebuild=rebuild) as table:
        yield table


def _read(lines: Lines, decider: Decider) -> Iterator[tuple[Rows, Sequence[Text]]]:
    """Prepare the texts of a file, batch by batch."""
    texts = (Text(text, scope) for text, scope in lines.texts())
    while batch := list(islice(texts, BATCH)):
        for part in batches(batch):
            yield decider.read(batch[part]), batch[part]


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Give items in order; the next one is made in a thread of its own meanwhile."""
    with ThreadPoolExecutor(1) as maker:
        coming = maker.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = maker.submit(next, items, None)
            yield item


class _Run:
    """One pass over a file."""

    def __init__(self, ids: list[Id], config: Deduplicate, table: "KeptTable | None", runners: Runners) -> None:
        self.decided = Decided()
        self._rule, self._table, self._runners = rule_of(config), table, runners
        known = table.ids() if table is not None else []
        self._ids: list[Id] = known + ids
        if must_compile(len(self._ids)):
            sys.stderr.write("compiling the search, once for this machine (about a minute)\n")
        self._engine = new_engine(len(self._ids))

    def decisions(self, lines: Lines) -> Iterator[list[bytes]]:
        """Give the lines of the output, block by block."""
        with self._pool() as pool:
            decider = Decider(self._rule, self._engine, pool)
            if self._table is not None:
                self._table.load(decider, pool, self._engine)
            read = _read(lines, decider)
            for rows, texts in ahead(read) if self._runners.together > 1 else read:
                found = decider.decide(rows)
                self._keep(rows, found, texts)
                yield self._written(int(rows.arrival[0]), found)

    @contextmanager
    def _pool(self) -> Iterator[Pool]:
        if self._runners.workers == 1:
            yield LocalPool(self._engine, self._rule, self._runners.threads)
            return
        with ShardedPool(self._rule, self._runners.workers, len(self._ids)) as pool:
            yield pool

    def _keep(self, rows: Rows, found: Found, texts: Sequence[Text]) -> None:
        kept = np.flatnonzero(found.best == NONE)
        if self._table is not None and len(kept):
            ids = [self._ids[arrival] for arrival in rows.arrival[kept].tolist()]
            self._table.keep(rows.take(kept), ids, [texts[at].group for at in kept.tolist()], self._engine)

    def _written(self, first: int, found: Found) -> list[bytes]:
        block = []
        columns = (column.tolist() for column in (found.best, found.reason, found.score, found.spared))
        for at, (best, reason, score, spared) in enumerate(zip(*columns, strict=True), first):
            kept = best == NONE
            name = None if kept else REASON_NAMES[reason]
            match = (None, None) if kept else (self._ids[best], score)
            row = {"id": self._ids[at], "keep": kept, "reason": name, "duplicate_of": match[0], "score": match[1]}
            block.append(dump(row))
            self.decided.texts += 1
            self.decided.spared += kept and spared
            self.decided.reasons.update([name] if name else [])
        return block
