"""Decide in order of arrival: each text against the earlier ones.

A batch is first compared with the pool as it stands (read-only, in parallel), then with itself in order. That equals
the sequential loop, because what is earlier than a text is the pool and the earlier ones of its batch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from curation.dedup.engine import Engine
from curation.dedup.kept import Pool
from curation.dedup.rows import LENGTH_BITS, NONE, Found, Int64, Rows, Rule, han_counts
from curation.dedup.slots import slots_key
from schemas.config import Deduplicate

#: Texts and characters that are decided together.
BATCH, BATCH_CHARS = 4096, 1 << 20
DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Text:
    """One text; texts of different groups are never compared, nor is a text with the one of arrival ``twin``."""

    text: str
    group: str = ""
    twin: int = -1
    joins: bool = True


def rule_of(config: Deduplicate) -> Rule:
    """Read the rule from the settings."""
    return Rule(float(config.rouge_threshold), config.simhash_distance, config.protect, config.against == "all")


class Decider:
    """Takes texts in order and says which are duplicates of which."""

    def __init__(self, rule: Rule, engine: Engine, pool: Pool, arrivals: int = 0) -> None:
        """``arrivals`` is the number that the next text gets."""
        self.rule, self._engine, self._pool = rule, engine, pool
        self.arrivals = arrivals
        self._groups: dict[str, int] = {}

    def group(self, name: str) -> int:
        """Number a group."""
        return self._groups.setdefault(name, len(self._groups))

    def read(self, texts: Sequence[Text]) -> Rows:
        """Prepare texts and give them their arrivals."""
        tokens, start, simhash = self._engine.read([text.text for text in texts])
        n, first = len(texts), self.arrivals
        self.arrivals += n
        groups = np.fromiter((self.group(text.group) for text in texts), np.int64, n)
        slots = [slots_key(text.text) for text in texts] if self.rule.protect else [0] * n
        return Rows(
            np.arange(first, first + n),
            groups << LENGTH_BITS | np.diff(start),
            np.fromiter((text.twin for text in texts), np.int64, n),
            han_counts(self._engine.keys(tokens), start),
            self._engine.bitmaps(tokens, start),
            simhash,
            np.array(slots, np.uint64),
            digests(texts),
            start,
            tokens,
        )

    def decide(self, rows: Rows, joins: NDArray[np.bool_] | None = None) -> Found:
        """Decide about texts in their order, and keep those that later ones are compared with."""
        joins = np.ones(rows.size, np.bool_) if joins is None else joins
        found = self._pool.search(rows) if self._pool.size else Found.nothing(rows.size)
        some: Int64 = np.flatnonzero((found.best == NONE) | self.rule.against_all)
        inside = found.take(some)
        rest = rows if len(some) == rows.size else rows.take(some)
        self._engine.greedy(rest, joins[some], self.rule, inside)
        found.put(some, inside)
        self._pool.add(rows.take(np.flatnonzero(joins & (self.rule.against_all | (found.best == NONE)))))
        return found


def digests(texts: Sequence[Text]) -> NDArray[np.uint64]:
    """Hash every text with its group. Shapes: -> uint64[2, n]."""
    parts = [
        blake2b(f"{len(text.group)} {text.group}{text.text}".encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES)
        for text in texts
    ]
    halves = np.frombuffer(b"".join(part.digest() for part in parts), np.dtype("<u8"))
    return np.ascontiguousarray(halves.astype(np.uint64).reshape(-1, 2).T)


def batches(texts: Sequence[Text]) -> Iterator[slice]:
    """Split texts into batches of a bounded number of texts and characters."""
    start, chars = 0, 0
    for at, text in enumerate(texts):
        if at > start and (at - start == BATCH or chars + len(text.text) > BATCH_CHARS):
            yield slice(start, at)
            start, chars = at, 0
        chars += len(text.text)
    if start < len(texts):
        yield slice(start, len(texts))
