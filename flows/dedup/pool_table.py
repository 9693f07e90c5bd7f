"""The kept texts of earlier files: a Delta table below a folder of its own; each file is appended exactly once.

A file is known by the hash of its bytes. The same file again is compared with what came before it, so its output is the
same again and nothing is appended; that also holds after a kill at any moment.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation.dedup.decide import Decider
from curation.dedup.engine import Engine
from curation.dedup.kept import Pool
from curation.dedup.rows import Rows
from curation.dedup.stored import PREPARED, from_table, rule_name, to_columns
from flows.alone import alone
from schemas.config import Deduplicate
from schemas.errors import ConfigError
from schemas.instruction import KEPT
from schemas.shelf import RECEIPT
from warehouse.tables import Commit, Shelf

STAGE, POOL, SITE = "dedup", "dedup_pool", "file"


class KeptTable:
    """The table, opened for one file."""

    def __init__(self, root: Path, source: Path, config: Deduplicate, *, rebuild: bool) -> None:
        """Find what came before the file.

        Raises: ConfigError when texts were kept under another rule, unless ``rebuild`` empties the table.
        """
        if config.against == "all":
            raise ConfigError("--pool holds kept texts: it goes with --against kept")
        self._shelf, self.rule = Shelf(root), rule_name(config)
        self._batch = _hash(source)
        if rebuild:
            for name in (POOL, "receipts"):
                self._shelf.delete(name, "stage_epoch >= 0")
        rules = set(self._shelf.read(POOL, ["rule"])["rule"].unique().to_pylist()) - {self.rule}
        if rules:
            raise ConfigError(
                f"pool {root} was kept under another rule ({next(iter(rules))}; now: {self.rule}): use the same "
                "options, or start it anew with --rebuild"
            )
        self._epoch, self.first = self._find()
        self._kept: list[pa.Table] = []

    def _find(self) -> tuple[int, int]:
        """Give the epoch of the table, and the place of the file's first text in it."""
        rows = self._shelf.read(POOL, ["arrival", "stage_epoch", "chunk_id"])
        mine = rows.filter(pc.field("chunk_id") == self._batch)
        epoch = pc.max(rows["stage_epoch"]).as_py() if rows.num_rows else (self._shelf.version(POOL) or 0) + 1
        if mine.num_rows:
            return epoch, pc.min(mine["arrival"]).as_py()
        done = self._shelf.read("receipts", ["ids"], pc.field("chunk_id") == self._batch)["ids"].to_pylist()
        return epoch, int(done[0][0]) if done else rows.num_rows

    def ids(self) -> list[str | int]:
        """Give the ids of the texts that were kept before the file, in their order."""
        rows = self._shelf.read(POOL, ["instance_id", "arrival"], pc.field("arrival") < self.first).sort_by("arrival")
        return [named(row_id) for row_id in rows["instance_id"].to_pylist()]

    def load(self, decider: Decider, pool: Pool, engine: Engine) -> None:
        """Show the texts that were kept before the file; their arrivals are those of ``ids``."""
        columns = [*PREPARED, "arrival"]
        rows = self._shelf.read(POOL, columns, pc.field("arrival") < self.first).sort_by("arrival")
        groups = np.array([decider.group(name) for name in rows["scope_key"].to_pylist()], np.int64)
        if rows.num_rows:
            pool.add(from_table(rows, groups, engine)._replace(arrival=np.arange(rows.num_rows)))
        decider.arrivals = rows.num_rows

    def keep(self, rows: Rows, ids: Sequence[str | int], scopes: list[str], engine: Engine) -> None:
        """Note kept texts of the file."""
        n, start = rows.size, self.first + sum(part.num_rows for part in self._kept)
        columns = to_columns(rows, scopes, engine)
        columns |= {
            "instance_id": pa.array([json.dumps(row_id) for row_id in ids], pa.string()),
            "arrival": pa.array(np.arange(start, start + n)),
            "exempt": pa.array([False] * n),
            "spared": pa.nulls(n, pa.bool_()),
            "twin_of": pa.nulls(n, pa.string()),
            "rule": pa.array([self.rule] * n, pa.string()),
            "site": pa.array([SITE] * n, pa.string()),
            **{name: pa.array([""] * n, pa.string()) for name in ("case_id", "text")},
        }
        self._kept.append(pa.table([columns[name] for name in KEPT.names], names=KEPT.names).cast(KEPT))

    def commit(self, dropped: int) -> None:
        """Append the file's kept texts, once."""
        rows = pa.concat_tables([KEPT.empty_table(), *self._kept])
        commit = Commit(STAGE, self._epoch, hashlib.sha256(self.rule.encode()).hexdigest()[:16], self._batch)
        self._shelf.append(POOL, rows, commit)
        receipt = {
            "stage": STAGE,
            "stage_epoch": self._epoch,
            "fingerprint": commit.fingerprint,
            "chunk_id": self._batch,
            "state": "done",
            "ids": [str(self.first)],
            "kept": rows.num_rows,
            "rejected": dropped,
        }
        self._shelf.append("receipts", pa.Table.from_pylist([receipt], schema=RECEIPT), commit, "/done")


def named(row_id: str) -> str | int:
    """Read an id as it stood in its file."""
    value = json.loads(row_id)
    return value if isinstance(value, int) else str(value)


@contextmanager
def opened(root: Path, source: Path, config: Deduplicate, *, rebuild: bool) -> Iterator[KeptTable]:
    """Open the table for this process alone.

    Raises: ConfigError.
    """
    with alone(root):
        yield KeptTable(root, source, config, rebuild=rebuild)


def _hash(source: Path) -> str:
    try:
        with source.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:32]
    except OSError as error:
        raise ConfigError(f"cannot read {source}: {error.strerror}") from None
