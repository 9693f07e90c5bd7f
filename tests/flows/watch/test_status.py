"""What failed and why; what has no warehouse."""

import pytest

from flows.alone import alone
from flows.stage import STAGES
from flows.watch.log import MAX_TEXT, Log, read
from flows.watch.metrics import registry_of
from flows.watch.status import states_of
from schemas.errors import ConfigError
from schemas.reject import REJECT
from warehouse.journal import Journal
from warehouse.tables import Shelf


def planned(root, ids):
    journal = Journal(Shelf(root), "scrub", "f", STAGES["scrub"].tables)
    return journal, journal.plan(ids, 1)


def state(root):
    return next(one for one in states_of(root) if one.stage == "scrub")


def test_a_failed_chunk_has_a_reason_until_it_is_done(tmp_path):
    journal, chunks = planned(tmp_path, ["a", "b"])
    name = chunks[0].commit.chunk_id
    Log(tmp_path).write("chunk.failed", stage="scrub", chunk=name, error="ChunkError", message="scrub: no room")
    assert (state(tmp_path).failed, state(tmp_path).waiting, state(tmp_path).why) == (1, 1, "scrub: no room")
    tables = {table: Shelf(tmp_path).read(table) for table in STAGES["scrub"].tables}
    empty = {table: rows.select(rows.column_names[:-3]) for table, rows in tables.items()}
    journal.commit(chunks[0], empty, REJECT.empty_table())
    Log(tmp_path).write("chunk.done", stage="scrub", chunk=name, rows=1, kept=0, rejected=0, cpu_s=0.5)
    assert (state(tmp_path).failed, state(tmp_path).waiting, state(tmp_path).done) == (0, 1, 1)


def test_only_chunks_that_somebody_works_on_are_doing(tmp_path):
    _, chunks = planned(tmp_path, ["a", "b", "c"])
    names = [chunk.commit.chunk_id for chunk in chunks]
    log = Log(tmp_path)
    log.write("run.started", flow="scrub")
    log.write("chunk.started", stage="scrub", chunk=names[0])  # this run was killed
    with alone(tmp_path):
        log.write("run.started", flow="scrub")
        assert (state(tmp_path).doing, state(tmp_path).waiting) == (0, 3)
        log.write("chunk.started", stage="scrub", chunk=names[1])
        assert (state(tmp_path).doing, state(tmp_path).waiting) == (1, 2)
        log.write("chunk.failed", stage="scrub", chunk=names[1], error="ChunkError", message="no room")
        assert (state(tmp_path).doing, state(tmp_path).waiting, state(tmp_path).failed) == (0, 2, 1)
        log.write("chunk.started", stage="scrub", chunk=names[1])  # tried again
        assert (state(tmp_path).doing, state(tmp_path).failed) == (1, 0)
    assert (state(tmp_path).doing, state(tmp_path).waiting, state(tmp_path).failed) == (0, 2, 1)


def test_a_line_that_a_kill_cut_short_is_left_out(tmp_path):
    log = Log(tmp_path)
    log.write("run.started", flow="curate")
    with (tmp_path / "logs/runs.jsonl").open("a") as file:
        file.write('{"event": "chunk.do\n')
    log.write("run.completed", flow="x" * 1000 + "\nline")
    assert [line["event"] for line in read(tmp_path)] == ["run.started", "run.completed"]
    assert len(list(read(tmp_path))[1]["flow"]) == MAX_TEXT


def test_metrics_without_a_warehouse_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="sonocurate run"):
        registry_of(tmp_path)
