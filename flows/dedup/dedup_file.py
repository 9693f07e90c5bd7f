"""`sonocurate dedup`: a JSONL file of texts becomes a JSONL file of decisions, line by line, in order.

Flows in: rows {"id", "text"}, with "systems" or "case_id" where the scope needs it. Flows out: rows {"id", "keep",
"reason": null | "exact" | "rouge_l" | "simhash", "duplicate_of", "score"}. The output appears when it is whole.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from curation.dedup.decide import BATCH, Decider, Text, batches, rule_of
from curation.dedup.engine import new_engine
from curation.dedup.kept import LocalPool, Pool
from curation.dedup.rows import NONE, REASON_NAMES, Found
from flows.dedup.lines import Id, Lines, dump
from flows.progress import Track
from schemas.config import Deduplicate
from schemas.errors import ConfigError


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


def dedup_file(source: Path, target: Path, *, config: Deduplicate, threads: int = 1, workers: int = 1) -> Decided:
    """Decide about the texts of a file.

    Raises: ConfigError when the input cannot be read, a line is bad, or the output exists.
    """
    if target.exists():
        raise ConfigError(f"{target} exists: name a new file")
    lines = Lines(source, config.scope)
    ids = lines.ids()
    decided = Decided()
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        with unfinished.open("wb") as out, Track("dedup", len(ids), unit="texts") as track:
            for block in _decisions(lines, ids, config, threads, decided):
                out.write(b"".join(block))
                track.advance(len(block))
        unfinished.replace(target)
    except OSError as error:
        raise ConfigError(f"cannot write {target}: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return decided


def _decisions(
    lines: Lines, ids: Sequence[Id], config: Deduplicate, threads: int, decided: Decided
) -> Iterator[list[bytes]]:
    engine, rule = new_engine(len(ids)), rule_of(config)
    pool: Pool = LocalPool(engine, rule, threads)
    decider = Decider(rule, engine, pool)
    texts = (Text(text, scope) for text, scope in lines.texts())
    while batch := list(islice(texts, BATCH)):
        for part in batches(batch):
            first = decider.arrivals
            found = decider.decide(decider.read(batch[part]))
            yield _written(ids, first, found, decided)


def _written(ids: Sequence[Id], first: int, found: Found, decided: Decided) -> list[bytes]:
    block = []
    columns = zip(found.best.tolist(), found.reason.tolist(), found.score.tolist(), found.spared.tolist(), strict=True)
    for at, (best, reason, score, spared) in enumerate(columns, first):
        kept = best == NONE
        name = None if kept else REASON_NAMES[reason]
        match = (None, None) if kept else (ids[best], score)
        block.append(dump({"id": ids[at], "keep": kept, "reason": name, "duplicate_of": match[0], "score": match[1]}))
        decided.texts += 1
        decided.spared += kept and spared
        decided.reasons.update([name] if name else [])
    return block
