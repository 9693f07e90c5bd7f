"""The answers that were paid for: an append-only SQLite file, keyed by what was asked.

In: answers, with the parameters of their requests. Out: the same answers, in any later run. Holds no request text.
WAL lets several threads and processes read while one writes. ``synchronous=FULL`` syncs the log at every commit, so
an answer that was returned survives kill -9 and a power cut; answers that come in together are committed together.

Tables: ``answers`` (one per key, the first stands), ``spent`` (paid completions that were not usable), ``sends`` (calls
to endpoints with limits, so that a new run keeps them too), ``batches`` (Batch API jobs), ``externals`` (which run was
allowed to send data off this machine, and under which agreement).
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from curation.generate.request import Answer, Request
from curation.pool.terms import External
from schemas.errors import ConfigError
from schemas.instruction import Tier

_ANSWER = [field.name for field in fields(Answer)]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    request_key TEXT PRIMARY KEY, text TEXT NOT NULL, endpoint TEXT NOT NULL, model TEXT NOT NULL, tier TEXT NOT NULL,
    finish_reason TEXT NOT NULL, prompt_tokens INTEGER, completion_tokens INTEGER, attempts INTEGER NOT NULL,
    recorded_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spent (
    request_key TEXT NOT NULL, endpoint TEXT NOT NULL, reason TEXT NOT NULL, prompt_tokens INTEGER,
    completion_tokens INTEGER, cost_usd REAL NOT NULL, recorded_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS sends (
    endpoint TEXT NOT NULL, sent_at REAL NOT NULL, tokens_in REAL NOT NULL, tokens_out REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS batches (
    batch_id TEXT NOT NULL, endpoint TEXT NOT NULL, request_keys TEXT NOT NULL, state TEXT NOT NULL,
    recorded_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS externals (
    endpoint TEXT NOT NULL, host TEXT NOT NULL, agreement TEXT NOT NULL, recorded_at TEXT NOT NULL
);
"""
#: Columns that ledgers of older versions do not have.
_LATER = {
    "system_fingerprint": "TEXT",
    "cost_usd": "REAL NOT NULL DEFAULT 0",
    "sent_at": "TEXT",
    "purpose": "TEXT",
    "prompt_sha256": "TEXT",
    "parameters": "TEXT",
    "logprobs": "TEXT",
}
_APPEND_ONLY = (
    "CREATE TRIGGER IF NOT EXISTS {table}_no_{act} BEFORE {act} ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
)
_BUSY_TIMEOUT_S = 60.0
_KEYS_PER_QUERY = 500


class Ledger:
    """The ledger file; without a path it is kept in memory and gone with the process.

    One object may be used from several threads, one file from several processes.
    Raises: ConfigError when the file cannot be opened.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch(mode=0o600)
            place = str(path) if path is not None else ":memory:"
            self._connection = sqlite3.connect(place, timeout=_BUSY_TIMEOUT_S, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(f"ledger {path} cannot be opened: {error}") from None

    def _prepare(self) -> None:
        self._connection.executescript(_SCHEMA)
        known = {row[1] for row in self._connection.execute("PRAGMA table_info(answers)")}
        with self._connection:
            for name, kind in _LATER.items():
                if name not in known:
                    self._connection.execute(f"ALTER TABLE answers ADD COLUMN {name} {kind}")
            for table in ("answers", "spent", "sends", "batches", "externals"):
                for act in ("UPDATE", "DELETE"):
                    self._connection.execute(_APPEND_ONLY.format(table=table, act=act))

    def find(self, keys: Iterable[str]) -> dict[str, Answer]:
        """Read the recorded answers among these keys."""
        wanted = sorted(set(keys))
        rows: list[tuple[Any, ...]] = []
        with self._lock:
            for first in range(0, len(wanted), _KEYS_PER_QUERY):
                part = wanted[first : first + _KEYS_PER_QUERY]
                marks = ",".join("?" * len(part))
                query = f"SELECT {', '.join(_ANSWER)} FROM answers WHERE request_key IN ({marks})"  # noqa: S608 - marks only
                rows += self._connection.execute(query, part).fetchall()
        found = (dict(zip(_ANSWER, row, strict=True)) for row in rows)
        return {row["request_key"]: Answer(**row | {"tier": Tier(row["tier"])}) for row in found}

    def record(self, answers: Sequence[tuple[Request, Answer]]) -> list[Answer]:
        """Append answers in one commit and return those that stand: the first that was recorded for each key."""
        columns = [*_ANSWER, "purpose", "prompt_sha256", "parameters"]
        statement = f"INSERT OR IGNORE INTO answers ({', '.join(columns)}) VALUES ({','.join('?' * len(columns))})"  # noqa: S608 - constants
        rows = [
            (
                *(getattr(answer, name) for name in _ANSWER),
                request.purpose,
                request.prompt_sha256,
                json.dumps(request.parameters(), sort_keys=True),
            )
            for request, answer in answers
        ]
        with self._lock, self._connection:
            before = self._connection.total_changes
            self._connection.executemany(statement, rows)
            n_new = self._connection.total_changes - before
        if n_new == len(answers):
            return [answer for _, answer in answers]
        standing = self.find(answer.request_key for _, answer in answers)
        return [standing[answer.request_key] for _, answer in answers]

    def spend(
        self, key: str, endpoint: str, reason: str, tokens: tuple[int | None, int | None], cost_usd: float
    ) -> None:
        """Note a completion that was paid for and is not usable."""
        self._append("spent", (key, endpoint, reason, *tokens, cost_usd, _now()))

    def spent_usd(self) -> float:
        """Sum what everything in this ledger has cost."""
        query = "SELECT (SELECT total(cost_usd) FROM answers) + (SELECT total(cost_usd) FROM spent)"
        with self._lock:
            return float(self._connection.execute(query).fetchone()[0])

    def sending(self, endpoint: str, at_s: float, tokens_in: float, tokens_out: float) -> None:
        """Note a call before it goes to an endpoint with limits (``at_s``: seconds since the epoch)."""
        self._append("sends", (endpoint, at_s, tokens_in, tokens_out))

    def sends_since(self, endpoint: str, at_s: float) -> list[tuple[float, float, float]]:
        """Read calls since a time: when, tokens in, tokens out."""
        query = "SELECT sent_at, tokens_in, tokens_out FROM sends WHERE endpoint = ? AND sent_at > ?"
        with self._lock:
            return self._connection.execute(query, (endpoint, at_s)).fetchall()

    def note_batch(self, batch_id: str, endpoint: str, keys: Sequence[str], state: str) -> None:
        """Note what became of a batch."""
        self._append("batches", (batch_id, endpoint, json.dumps(list(keys)), state, _now()))

    def open_batches(self, endpoint: str) -> dict[str, list[str]]:
        """Read the batches of an endpoint that were created and not collected: keys of requests by batch id."""
        query = "SELECT batch_id, request_keys, state FROM batches WHERE endpoint = ? ORDER BY rowid"
        found: dict[str, list[str]] = {}
        with self._lock:
            for batch_id, keys, state in self._connection.execute(query, (endpoint,)):
                found[batch_id] = json.loads(keys)
                if state != "created":
                    del found[batch_id]
        return found

    def all_batches(self, endpoint: str) -> set[str]:
        """Read the ids of all batches that were ever noted of an endpoint."""
        with self._lock:
            rows = self._connection.execute("SELECT batch_id FROM batches WHERE endpoint = ?", (endpoint,))
            return {row[0] for row in rows}

    def note_externals(self, externals: Iterable[External]) -> None:
        """Note which endpoints off this machine this run was allowed to use."""
        for one in externals:
            self._append("externals", (one.endpoint, one.host, one.agreement, _now()))

    def provenance(self, key: str) -> dict[str, Any] | None:
        """Read everything that is known about an answer but its text."""
        columns = [name for name in _ANSWER if name not in ("text", "logprobs")]
        columns += ["purpose", "prompt_sha256", "parameters", "recorded_at"]
        query = f"SELECT {', '.join(columns)} FROM answers WHERE request_key = ?"  # noqa: S608 - constants
        with self._lock:
            row = self._connection.execute(query, (key,)).fetchone()
        return dict(zip(columns, row, strict=True)) if row else None

    def forget(self, keys: Iterable[str]) -> int:
        """Erase answers and what was spent on them: the one exception to append-only. Gives the rows that went.

        Deleted pages are overwritten and the log is folded in, so that no text stays in the files.
        """
        marks = [(key,) for key in sorted(set(keys))]
        with self._lock:
            self._connection.execute("PRAGMA secure_delete = ON")
            with self._connection:
                before = self._connection.total_changes
                for table in ("answers", "spent"):
                    self._connection.execute(f"DROP TRIGGER IF EXISTS {table}_no_DELETE")
                    self._connection.executemany(f"DELETE FROM {table} WHERE request_key = ?", marks)  # noqa: S608 - constants
                    self._connection.execute(_APPEND_ONLY.format(table=table, act="DELETE"))
                gone = self._connection.total_changes - before
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _append(self, table: str, values: Sequence[object]) -> None:
        marks = ",".join("?" * len(values))
        with self._lock, self._connection:
            self._connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 - our own names


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
