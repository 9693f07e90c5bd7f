import sqlite3
import threading

import pytest

from curation.generate.request import Answer, Message, Request
from curation.pool.ledger import Ledger
from curation.pool.terms import External
from schemas.errors import ConfigError
from schemas.instruction import Tier

REQUEST = Request((Message("user", "zebra"),), 8, 0.5, 7, "prompt-hash", params={"top_p": 0.9})


def answer(text="t", key="key", **more):
    return Answer(key, text, "a", "m", Tier.DEMO, "stop", 3, 2, **more)


def test_the_first_recorded_answer_stands_for_all_threads(tmp_path):
    ledgers = [Ledger(tmp_path / "l.db") for _ in range(3)]
    stands = []

    def write(number):
        stands.append(ledgers[number % 3].record([(REQUEST, answer(f"text {number}"))])[0].text)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stands) == 12
    assert len(set(stands)) == 1


def test_nothing_is_changed_or_taken_out(tmp_path):
    ledger = Ledger(tmp_path / "l.db")
    ledger.record([(REQUEST, answer())])
    ledger.spend("key", "a", "EMPTY_ANSWER", (1, None), 0.25)
    with sqlite3.connect(tmp_path / "l.db") as raw:
        for statement in ("DELETE FROM answers", "UPDATE answers SET text = ''", "DELETE FROM spent"):
            with pytest.raises(sqlite3.DatabaseError, match="append-only"):
                raw.execute(statement)


def test_costs_add_up_and_provenance_has_everything_but_texts(tmp_path):
    ledger = Ledger(tmp_path / "l.db")
    ledger.record([(REQUEST, answer(cost_usd=0.5, attempts=2, sent_at="2026-01-01T00:00:00.000+00:00"))])
    ledger.spend("key", "a", "EMPTY_ANSWER", (1, None), 0.25)
    assert ledger.spent_usd() == 0.75
    found = ledger.provenance("key")
    assert found["prompt_sha256"] == "prompt-hash"
    assert '"seed": 7' in found["parameters"] and '"top_p": 0.9' in found["parameters"]
    assert found["attempts"] == 2
    assert "zebra" not in str(found)
    assert b"zebra" not in (tmp_path / "l.db").read_bytes() + (tmp_path / "l.db-wal").read_bytes()
    assert ledger.provenance("other") is None


def test_a_ledger_of_an_older_version_is_read_and_written(tmp_path):
    with sqlite3.connect(tmp_path / "l.db") as raw:
        raw.execute(
            "CREATE TABLE answers (request_key TEXT PRIMARY KEY, text TEXT NOT NULL, endpoint TEXT NOT NULL, model TEXT NOT NULL,"
            " tier TEXT NOT NULL, finish_reason TEXT NOT NULL, prompt_tokens INTEGER, completion_tokens INTEGER, attempts"
            " INTEGER NOT NULL, recorded_at TEXT NOT NULL DEFAULT (strftime('%Y', 'now'))) WITHOUT ROWID"
        )
        raw.execute("INSERT INTO answers VALUES ('old', 't', 'a', 'm', 'demo', 'stop', 1, 1, 1, '2025')")
    ledger = Ledger(tmp_path / "l.db")
    assert ledger.find(["old"])["old"].cost_usd == 0
    assert ledger.record([(REQUEST, answer(key="new"))])[0].request_key == "new"


def test_batches_are_open_until_they_are_collected(tmp_path):
    ledger = Ledger(tmp_path / "l.db")
    ledger.note_batch("b1", "a", ["k1", "k2"], "created")
    ledger.note_batch("b2", "a", ["k3"], "created")
    ledger.note_batch("b1", "a", [], "collected")
    assert ledger.open_batches("a") == {"b2": ["k3"]}
    assert ledger.all_batches("a") == {"b1", "b2"}


def test_what_left_the_machine_is_written_down(tmp_path):
    ledger = Ledger(tmp_path / "l.db")
    ledger.note_externals([External("far", "llm.example.org", "DPA-1")])
    with sqlite3.connect(tmp_path / "l.db") as raw:
        assert raw.execute("SELECT endpoint, host, agreement FROM externals").fetchall() == [
            ("far", "llm.example.org", "DPA-1")
        ]


def test_a_file_that_is_no_ledger_is_told(tmp_path):
    (tmp_path / "l.db").write_text("this is not a database, and long enough to be seen as none" * 20)
    with pytest.raises(ConfigError, match="ledger"):
        Ledger(tmp_path / "l.db")
    with pytest.raises(ConfigError, match="ledger"):
        Ledger(tmp_path)
