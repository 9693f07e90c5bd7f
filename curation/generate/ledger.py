"""The answers that were paid for: an append-only SQLite file, keyed by what was asked.

In: an ``Answer``. Out: the same answer, in any later run. Holds no request text, only answers.
WAL lets several threads and processes read while one writes. ``synchronous=FULL`` syncs the log at every commit, so
an answer that was returned survives kill -9 and a power cut; one sync (ms) per answer (100s of ms) costs nothing.
"""

import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path

from curation.generate.request import Answer
from schemas.errors import ConfigError
from schemas.instruction import Tier

_COLUMNS = "request_key, text, endpoint, model, tier, finish_reason, prompt_tokens, completion_tokens, attempts"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    request_key TEXT PRIMARY KEY, text TEXT NOT NULL, endpoint TEXT NOT NULL, model TEXT NOT NULL, tier TEXT NOT NULL,
    finish_reason TEXT NOT NULL, prompt_tokens INTEGER, completion_tokens INTEGER, attempts INTEGER NOT NULL,
    recorded_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS answers_no_update BEFORE UPDATE ON answers BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS answers_no_delete BEFORE DELETE ON answers BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""
_BUSY_TIMEOUT_S = 60.0
_KEYS_PER_QUERY = 500


class Ledger:
    """The ledger file. One object may be used from several threads, one file from several processes."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(f"ledger {path} cannot be opened: {error}") from None

    def find(self, keys: Iterable[str]) -> dict[str, Answer]:
        """Read the recorded answers among these keys."""
        wanted = sorted(set(keys))
        rows: list[tuple[str, str, str, str, str, str, int | None, int | None, int]] = []
        with self._lock:
            for first in range(0, len(wanted), _KEYS_PER_QUERY):
                part = wanted[first : first + _KEYS_PER_QUERY]
                marks = ",".join("?" * len(part))
                query = f"SELECT {_COLUMNS} FROM answers WHERE request_key IN ({marks})"  # noqa: S608 - marks only
                rows += self._connection.execute(query, part).fetchall()
        return {row[0]: Answer(row[0], row[1], row[2], row[3], Tier(row[4]), *row[5:]) for row in rows}

    def record(self, answer: Answer) -> Answer:
        """Append an answer and return the one that stands: the first that was recorded for the key."""
        values = (
            answer.request_key,
            answer.text,
            answer.endpoint,
            answer.model,
            answer.tier.value,
            answer.finish_reason,
            answer.prompt_tokens,
            answer.completion_tokens,
            answer.attempts,
        )
        with self._lock, self._connection:
            self._connection.execute(
                f"INSERT OR IGNORE INTO answers ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)",  # noqa: S608 - constant
                values,
            )
        return self.find([answer.request_key])[answer.request_key]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
