"""What every stage shares: its place in the pipeline, its configuration fingerprint, its journal, its chunks.

A stage's fingerprint covers its own settings, its version, and the fingerprints of the stages it reads from, so that a
change recomputes what depends on it and nothing else.
"""

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from curation.dedup.stored import rule_name
from curation.generate.template import GROUNDED, library
from curation.pseudonym import Pseudonymizer
from curation.quality.suspension import Suspension
from curation.step import StepResult
from flows.annotations import Annotated
from flows.export import Export
from flows.key import load_key
from flows.quality.audit import suspensions_of
from flows.watch.log import Log
from schemas.config import Pipeline
from schemas.errors import ChunkError, CurationError
from schemas.load import load
from schemas.reject import Unit
from warehouse.journal import Journal
from warehouse.tables import Shelf

#: What chunks use up, apart from processors.
OCR, ENDPOINTS = "ocr", "endpoints"
#: All that is written belongs to the user alone.
UMASK = 0o077


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what it counts, which tables it writes (kept rows first), which stages it reads from."""

    name: str
    unit: Unit
    tables: tuple[str, ...]
    after: tuple[str, ...]
    version: int  # raise it when the code gives other results for the same input and settings
    resource: str = "cpu"  # tag of its chunks, to which a concurrency limit of Prefect may be set


STAGES = {
    stage.name: stage
    for stage in (
        Stage("intake", Unit.CASE, ("cases",), (), 1),
        Stage("desensitize", Unit.IMAGE, ("images", "text_regions"), ("intake",), 3, OCR),
        Stage("annotate", Unit.ANNOTATION, ("annotations",), ("desensitize",), 2),
        Stage("rate", Unit.IMAGE, ("frame_quality",), ("desensitize",), 1, ENDPOINTS),
        Stage("scrub", Unit.REPORT, ("reports",), ("intake",), 1),
        Stage("tag", Unit.REPORT, ("findings",), ("scrub",), 1),
        Stage(
            "generate",
            Unit.PAIR,
            ("instruction_pairs", "generations", "twin_frames"),
            ("desensitize", "scrub"),
            6,
            ENDPOINTS,
        ),
        Stage("verify", Unit.PAIR, ("verdicts", "broken_rules"), ("generate",), 2),
        Stage("deduplicate", Unit.PAIR, ("dedup_pool", "duplicates"), ("verify",), 3),
        Stage("prescreen", Unit.PAIR, ("prescreens", "judgements"), ("deduplicate",), 1, ENDPOINTS),
        Stage("ground", Unit.GROUNDED_PAIR, ("grounded_pairs",), ("annotate", "scrub"), 2, ENDPOINTS),
    )
}


@dataclass(frozen=True)
class Receipt:
    """What a chunk or a stage did, in counts and seconds; all that Prefect ever sees of it.

    ``cpu_s`` is processor time of the thread that worked, ``step_s`` the wall time of the step without its commit.
    """

    stage: str
    chunks: int
    kept: int
    rejected: int
    seconds: float = 0.0
    step_s: float = 0.0
    cpu_s: float = 0.0

    def __add__(self, other: "Receipt") -> "Receipt":
        summed = (getattr(self, name) + getattr(other, name) for name in _SUMMED)
        return Receipt(self.stage, **dict(zip(_SUMMED, summed, strict=True)))


_SUMMED = ("chunks", "kept", "rejected", "seconds", "step_s", "cpu_s")


class Context:
    """Everything a task needs, found again from the path of the config."""

    def __init__(self, config: Pipeline) -> None:
        self.config = config
        self.shelf = Shelf(config.warehouse.root)
        self.coder = Pseudonymizer(load_key(config))

    @cached_property
    def export(self) -> Export:
        """The identified input, opened at first use."""
        return Export(self.config, self.coder)

    @cached_property
    def annotated(self) -> Annotated:
        """The annotated pictures of the export, found at first use."""
        return Annotated(self.config, self.export, self.coder)

    @cached_property
    def suspensions(self) -> list[Suspension]:
        """The strategies that make no more pairs, read at first use."""
        return suspensions_of(self.shelf)

    def reopen(self) -> None:
        """Read the input and the suspensions anew at their next use: others may have changed them."""
        for name in ("export", "annotated", "suspensions"):
            self.__dict__.pop(name, None)

    def fingerprint(self, name: str) -> str:
        """Hash everything that a stage's result depends on."""
        stage = STAGES[name]
        own = [name, str(stage.version), getattr(self.config, name).fingerprint()]
        if name == "intake":
            own += [self.coder.key_id, self.config.input.fingerprint()]
        if name == "tag":
            own += [digest for path, digest in sorted(library().sha256.items()) if path.startswith("vocabulary/")]
        if name == "annotate" and self.config.annotations:
            own.append(self.export.annotations.fingerprint)
        if name in ("ground", "rate"):
            own += [library().sha256[GROUNDED], *(endpoint.fingerprint() for endpoint in self.config.endpoints)]
            own.append(self.config.generate.tier.value)
        if name == "generate":
            own += sorted(digest for path, digest in library().sha256.items() if path != GROUNDED)
            own += [endpoint.fingerprint() for endpoint in self.config.endpoints]
            own += [one.mark for one in self.suspensions]
        if name == "deduplicate":
            own.append(rule_name(self.config.deduplicate))  # versions of tokens and hashes
        own += [self.fingerprint(earlier) for earlier in stage.after]
        return hashlib.sha256("|".join(own).encode()).hexdigest()[:16]

    def journal(self, name: str, *, begin: bool = True) -> Journal:
        """Open the journal of a stage; only who plans may ``begin`` under settings or annotations that are new.

        Raises: ChunkError without ``begin``, where the stage was planned under others.
        """
        return Journal(self.shelf, name, self.fingerprint(name), STAGES[name].tables, begin=begin)


def context_of(config_path: str) -> Context:
    """Load the context of a config file once per process (again when the file or the key variable changes)."""
    path = Path(config_path)
    stamp = path.stat().st_mtime_ns if path.exists() else 0
    return _context(config_path, stamp, os.environ.get("SONOCURATE_KEY", ""))


@lru_cache(maxsize=2)
def _context(config_path: str, stamp: int, key: str) -> Context:
    return Context(load(Path(config_path)))


def forget_contexts() -> None:
    """Open configs and exports anew at their next use (a long-lived worker starts a new run)."""
    _context.cache_clear()


def _planned(config_path: str, stage: str) -> tuple[Context, Journal]:
    """Open the journal that a chunk was planned in; a worker of an earlier run looks at the input anew first.

    Raises: ChunkError when config or input have changed since the run began.
    """
    try:
        context = context_of(config_path)
        return context, context.journal(stage, begin=False)
    except ChunkError:
        forget_contexts()
        context = context_of(config_path)
        return context, context.journal(stage, begin=False)


def commit_chunk(
    config_path: str, stage: str, chunk_id: str, work: Callable[[Context, Sequence[str]], StepResult]
) -> Receipt:
    """Read a planned chunk, do its work, commit it exactly once.

    Raises: ChunkError without any row content, whatever went wrong.
    """
    began, cpu = time.monotonic(), time.thread_time()
    os.umask(UMASK)  # a worker of a cluster was not started by our command line
    context, journal = _planned(config_path, stage)
    chunk = journal.chunk(chunk_id)
    Log(context.shelf.root).write("chunk.started", stage=stage, chunk=chunk_id)
    try:
        result = work(context, chunk.ids)
    except CurationError:
        raise
    except Exception as error:  # noqa: BLE001 - its message may hold row content
        raise ChunkError(f"{stage}: chunk {chunk_id} failed with {type(error).__name__}; run again") from None
    step_s = time.monotonic() - began
    first, *others = STAGES[stage].tables
    tables = {first: result.kept, **{name: result.byproducts[name] for name in others}}
    kept, rejected = journal.commit(chunk, tables, result.rejected)
    return Receipt(stage, 1, kept, rejected, time.monotonic() - began, step_s, time.thread_time() - cpu)
