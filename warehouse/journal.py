"""The journal of a stage: which configuration is current, which chunks are planned, which are done.

In: input ids. Out: chunks that are still to be worked on. A plan is written before its work (write-ahead), so a
killed run resumes exactly the chunks it had planned, whatever has arrived since.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import ChunkError
from schemas.shelf import RECEIPT
from warehouse.tables import Commit, Shelf


@dataclass(frozen=True, slots=True)
class Chunk:
    """One planned chunk: ids and who commits it."""

    commit: Commit
    ids: tuple[str, ...]


def planned_ids(shelf: Shelf, stage: str) -> set[str]:
    """List the ids that a stage has planned so far, under any configuration; reads only."""
    planned = (pc.field("stage") == stage) & (pc.field("state") == "planned")
    rows = shelf.read("receipts", ["ids"], planned)
    return {row_id for ids in rows["ids"].to_pylist() for row_id in ids}


def unfinished_ids(shelf: Shelf, stage: str, fingerprint: str, ids: Iterable[str]) -> list[str]:
    """List what a run of a stage would work on, without opening its journal: nothing is planned or cleared."""
    rows = shelf.read("receipts", where=pc.field("stage") == stage).to_pylist()
    epoch = max((row["stage_epoch"] for row in rows), default=-1)
    current = [row for row in rows if row["stage_epoch"] == epoch and row["fingerprint"] == fingerprint]
    done = {row["chunk_id"] for row in current if row["state"] == "done"}
    finished = {i for row in current if row["state"] == "planned" and row["chunk_id"] in done for i in row["ids"]}
    return [row_id for row_id in ids if row_id not in finished]


class Journal:
    """The receipts of one stage under one configuration fingerprint."""

    def __init__(
        self, shelf: Shelf, stage: str, fingerprint: str, tables: Sequence[str], *, begin: bool = True
    ) -> None:
        """Open the stage; rows of an older configuration are retired from its ``tables`` and from ``rejects``.

        Raises: ChunkError without ``begin``, where the stage is open under another configuration, or not at all.
        """
        self.shelf = shelf
        self.stage = stage
        self.fingerprint = fingerprint
        self.tables = tuple(tables)
        self.epoch = self._open(begin=begin)

    def plan(self, ids: Iterable[str], size: int) -> list[Chunk]:
        """Plan all ids that no chunk has yet, and return every chunk that is not done, in order."""
        for name in (*self.tables, "rejects"):
            self.shelf.open(name)  # created here, by one writer: chunks that race to create it would do so twice
        receipts = self._receipts()
        plans = sorted((row for row in receipts if row["state"] == "planned"), key=lambda row: str(row["ids"][0]))
        planned = {str(row["chunk_id"]): tuple(row["ids"]) for row in plans}
        done = {row["chunk_id"] for row in receipts if row["state"] == "done"}
        known = {row_id for chunk_ids in planned.values() for row_id in chunk_ids}
        fresh = [row_id for row_id in ids if row_id not in known]
        groups = [tuple(fresh[start : start + size]) for start in range(0, len(fresh), size)]
        new = {self._chunk_id(group): group for group in groups}
        if new:
            rows = [self._receipt(chunk_id, "planned", ids=list(group)) for chunk_id, group in new.items()]
            first = self._commit(self._chunk_id(tuple(new)))
            self.shelf.append("receipts", pa.Table.from_pylist(rows, schema=RECEIPT), first, "/plan")
        todo = {**planned, **new}
        return [Chunk(self._commit(chunk_id), group) for chunk_id, group in todo.items() if chunk_id not in done]

    def pending(self, ids: Iterable[str]) -> bool:
        """Say whether there is anything to do: ids without a chunk, or chunks that are not done."""
        receipts = self._receipts()
        done = {row["chunk_id"] for row in receipts if row["state"] == "done"}
        planned = [row for row in receipts if row["state"] == "planned"]
        known = {row_id for row in planned for row_id in row["ids"]}
        return any(row["chunk_id"] not in done for row in planned) or any(row_id not in known for row_id in ids)

    def chunk(self, chunk_id: str) -> Chunk:
        """Look a planned chunk up.

        Raises: ChunkError when it is not planned under this configuration.
        """
        for row in self._receipts():
            if row["chunk_id"] == chunk_id and row["state"] == "planned":
                return Chunk(self._commit(chunk_id), tuple(row["ids"]))
        raise ChunkError(f"{self.stage}: chunk {chunk_id} is not planned; run again")

    def commit(self, chunk: Chunk, tables: dict[str, pa.Table], rejects: pa.Table) -> tuple[int, int]:
        """Commit the tables of a chunk, then its rejects, then its receipt. Safe to repeat.

        The first table of ``tables`` is the one whose rows count as kept.
        """
        for name, rows in tables.items():
            self.shelf.append(name, rows, chunk.commit)
        self.shelf.append("rejects", rejects, chunk.commit)
        kept = next(iter(tables.values())).num_rows if tables else 0
        row = self._receipt(chunk.commit.chunk_id, "done", kept=kept, rejected=rejects.num_rows)
        self.shelf.append("receipts", pa.Table.from_pylist([row], schema=RECEIPT), chunk.commit, "/done")
        return kept, rejects.num_rows

    def _open(self, *, begin: bool) -> int:
        rows = self._all_receipts()
        epoch = max((row["stage_epoch"] for row in rows), default=-1)
        current = [row for row in rows if row["stage_epoch"] == epoch]
        if not current or current[0]["fingerprint"] != self.fingerprint:
            if not begin:
                raise ChunkError(f"{self.stage}: config or input have changed since the run began; run again")
            epoch += 1
            current = []
            self._mark(epoch, "opened")
        if not any(row["state"] == "cleared" for row in current):
            self._clear(epoch)
            self._mark(epoch, "cleared")
        return epoch

    def _clear(self, epoch: int) -> None:
        if epoch == 0:
            return
        for name in self.tables:
            self.shelf.delete(name, f"stage_epoch < {epoch}")
        self.shelf.delete("rejects", f"stage = '{self.stage}' AND stage_epoch < {epoch}")

    def _mark(self, epoch: int, state: str) -> None:
        row = {**self._receipt("", state), "stage_epoch": epoch}
        commit = Commit(self.stage, epoch, self.fingerprint, "")
        self.shelf.append("receipts", pa.Table.from_pylist([row], schema=RECEIPT), commit, f"/{state}")

    def _all_receipts(self) -> list[dict[str, Any]]:
        rows = self.shelf.read("receipts", where=pc.field("stage") == self.stage).to_pylist()
        return sorted(rows, key=lambda row: (row["stage_epoch"], row["chunk_id"]))

    def _receipts(self) -> list[dict[str, Any]]:
        return [row for row in self._all_receipts() if row["stage_epoch"] == self.epoch]

    def _receipt(
        self, chunk_id: str, state: str, *, ids: list[str] | None = None, kept: int = 0, rejected: int = 0
    ) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "stage_epoch": getattr(self, "epoch", 0),
            "fingerprint": self.fingerprint,
            "chunk_id": chunk_id,
            "state": state,
            "ids": ids or [],
            "kept": kept,
            "rejected": rejected,
        }

    def _commit(self, chunk_id: str) -> Commit:
        return Commit(self.stage, self.epoch, self.fingerprint, chunk_id)

    def _chunk_id(self, ids: tuple[str, ...]) -> str:
        text = "\n".join((self.stage, self.fingerprint, *ids))
        return f"{self.stage}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
