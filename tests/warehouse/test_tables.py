"""Commits happen exactly once, journals resume, catalogs read while writers write."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable, write_deltalake

from schemas.errors import ChunkError, ConfigError
from schemas.instruction import KEPT
from schemas.reject import REJECT
from schemas.shelf import shelved
from warehouse.catalog import query, rebuild
from warehouse.journal import Journal
from warehouse.tables import Commit, Shelf


def kept(*ids):
    return pa.Table.from_pylist(
        [{"instance_id": row_id, "case_id": "c", "site": "s", "exempt": False, "text": row_id} for row_id in ids],
        schema=KEPT,
    )


def rejects(*ids):
    return pa.Table.from_pylist(
        [
            {"stage": "deduplicate", "unit": "pair", "id": row_id, "site": "s", "reason": "DUPLICATE_EXACT"}
            for row_id in ids
        ],
        schema=REJECT,
    )


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path)


def commit(chunk="k1", epoch=0):
    return Commit("deduplicate", epoch, "f1", chunk)


def test_the_same_commit_changes_nothing(shelf):
    assert shelf.append("dedup_pool", kept("a", "b"), commit())
    assert not shelf.append("dedup_pool", kept("a", "b"), commit())
    assert shelf.read("dedup_pool")["instance_id"].to_pylist() == ["a", "b"]


def test_two_compactions_at_once_double_nothing(shelf):
    for n in range(12):
        shelf.append("dedup_pool", kept(f"{n}"), commit(f"k{n}"))
    together = threading.Barrier(4)

    def compact():
        together.wait()
        done.append(shelf.compact("dedup_pool"))

    done, workers = [], [threading.Thread(target=compact) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert any(done)
    assert sorted(shelf.read("dedup_pool")["instance_id"].to_pylist()) == sorted(str(n) for n in range(12))
    assert len(shelf.files("dedup_pool")) == 1


def test_concurrent_writers_lose_nothing(shelf):
    def write(worker):
        for n in range(8):
            shelf.append("dedup_pool", kept(f"{worker}-{n}"), commit(f"{worker}-{n}"))

    workers = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(shelf.read("dedup_pool", ["instance_id"])["instance_id"].to_pylist()) == sorted(
        f"{worker}-{n}" for worker in range(4) for n in range(8)
    )


def test_rows_of_another_schema_are_refused_without_their_content(shelf):
    rows = pa.table({"instance_id": ["secret"]})
    with pytest.raises(ChunkError) as error:
        shelf.append("dedup_pool", rows, commit())
    assert "secret" not in str(error.value)


def test_a_table_of_an_older_schema_gets_the_new_columns(shelf):
    old = pa.schema([field for field in shelved("dedup_pool") if field.name != "twin_of"])
    DeltaTable.create(shelf.uri("dedup_pool"), schema=old)
    before = {"instance_id": "a", "case_id": "c", "site": "s", "exempt": False, "text": "a", "stage_epoch": 0}
    rows = pa.Table.from_pylist([{**before, "fingerprint": "f0", "chunk_id": "k0"}], schema=old)
    write_deltalake(shelf.uri("dedup_pool"), rows, mode="append")
    assert shelf.append("dedup_pool", kept("b"), commit())
    found = {row["instance_id"]: row["twin_of"] for row in shelf.read("dedup_pool").to_pylist()}
    assert found == {"a": None, "b": None}
    rebuild(shelf)
    assert query(shelf.root, "SELECT count(twin_of) AS n FROM dedup_pool").to_pylist() == [{"n": 0}]


def test_absent_tables_read_as_no_rows(shelf):
    assert shelf.read("cases").num_rows == 0
    assert shelf.files("cases") == []
    assert shelf.version("cases") is None


@pytest.mark.slow
def test_a_process_that_ends_right_after_reading_ends_well(shelf):
    """Reading through delta-rs's own file system aborted about one such process in ten (exit code 134)."""
    shelf.append("dedup_pool", kept("a"), commit())
    code = "import sys; from pathlib import Path; from warehouse.tables import Shelf; "
    code += "sys.exit(Shelf(Path(sys.argv[1])).read('dedup_pool').num_rows - 1)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", code, str(shelf.root)]

    def end(_):
        return subprocess.run(command, env=environment, capture_output=True, check=False).returncode

    with ThreadPoolExecutor(3) as together:
        assert list(together.map(end, range(20))) == [0] * 20


def test_only_the_current_version_is_read_and_always_in_the_declared_schema(shelf):
    assert shelf.read("dedup_pool").schema == shelved("dedup_pool")
    shelf.open("dedup_pool")
    assert shelf.read("dedup_pool", ["text", "site"]).schema.names == ["text", "site"]
    shelf.append("dedup_pool", kept("a", "b"), commit())
    shelf.delete("dedup_pool", "instance_id = 'a'")
    found = shelf.read("dedup_pool")
    assert found["instance_id"].to_pylist() == ["b"]
    assert found.schema.equals(shelved("dedup_pool"), check_metadata=True)
    assert len(list((shelf.tables / "dedup_pool").glob("*.parquet"))) == 2  # the old version keeps its file


def test_a_file_that_is_older_than_a_column_gives_nulls(shelf):
    older = pa.schema([field for field in shelved("dedup_pool") if field.name != "text"])
    shelf.tables.mkdir()
    table = DeltaTable.create(shelf.uri("dedup_pool"), schema=older)
    rows = kept("a").drop_columns("text")
    for name, value in (("stage_epoch", 0), ("fingerprint", "f"), ("chunk_id", "k")):
        rows = rows.append_column(older.field(name), pa.array([value], older.field(name).type))
    write_deltalake(table, rows.cast(older), mode="append")
    assert shelf.read("dedup_pool")["text"].to_pylist() == [None]


def test_filters_find_rows_in_files_that_a_delete_has_rewritten(shelf):
    for chunk, ids in (("k1", ["a", "b"]), ("k2", [f"c{n}" for n in range(9)])):
        shelf.append("dedup_pool", kept(*ids), commit(chunk))
    shelf.delete("dedup_pool", "instance_id IN ('a', 'c3')")
    shelf.append("dedup_pool", kept("c3"), commit("k3"))
    key = pc.field("instance_id")
    for where, found in ((key == "c3", ["c3"]), (key.isin(["b", "c5"]), ["b", "c5"]), (key > "c7", ["c8"])):
        assert sorted(shelf.read("dedup_pool", ["instance_id"], where)["instance_id"].to_pylist()) == found


def test_a_root_may_have_spaces_and_chinese_in_its_name(tmp_path):
    shelf = Shelf(tmp_path / "data 数据")
    shelf.append("dedup_pool", kept("a"), commit())
    rebuild(shelf)
    assert shelf.read("dedup_pool").num_rows == 1
    assert query(shelf.root, "SELECT count(*) AS n FROM dedup_pool").to_pylist() == [{"n": 1}]


def journal(shelf, fingerprint="f1"):
    return Journal(shelf, "deduplicate", fingerprint, ("dedup_pool", "duplicates"))


def test_a_plan_survives_and_new_ids_come_after_it(shelf):
    first = journal(shelf).plan(["b", "d", "f"], 2)
    assert [chunk.ids for chunk in first] == [("b", "d"), ("f",)]
    journal(shelf).commit(first[0], {"dedup_pool": kept("b", "d")}, rejects())
    resumed = journal(shelf).plan(["a", "b", "c", "d", "f"], 2)
    assert [chunk.ids for chunk in resumed] == [("f",), ("a", "c")]


def test_a_chunk_cut_down_between_its_commits_is_finished_once(shelf):
    (chunk,) = journal(shelf).plan(["a", "b"], 9)
    shelf.append("dedup_pool", kept("a"), chunk.commit)  # killed here
    (again,) = journal(shelf).plan(["a", "b"], 9)
    assert journal(shelf).commit(again, {"dedup_pool": kept("a")}, rejects("b")) == (1, 1)
    assert not journal(shelf).pending(["a", "b"])
    assert shelf.read("dedup_pool").num_rows == 1
    assert shelf.read("rejects").num_rows == 1


def test_another_configuration_retires_the_rows_of_the_old_one_and_may_come_back(shelf):
    for fingerprint in ("f1", "f2", "f1"):
        (chunk,) = journal(shelf, fingerprint).plan(["a"], 9)
        journal(shelf, fingerprint).commit(chunk, {"dedup_pool": kept("a")}, rejects("r"))
        rows = shelf.read("dedup_pool").to_pylist()
        assert [row["fingerprint"] for row in rows] == [fingerprint]
        assert shelf.read("rejects").num_rows == 1


def test_only_who_plans_begins_anew(shelf):
    with pytest.raises(ChunkError, match="changed since the run began"):
        Journal(shelf, "deduplicate", "f1", ("dedup_pool",), begin=False)
    (chunk,) = journal(shelf).plan(["a"], 9)
    journal(shelf).commit(chunk, {"dedup_pool": kept("a")}, rejects())
    assert Journal(shelf, "deduplicate", "f1", ("dedup_pool",), begin=False).chunk(chunk.commit.chunk_id) == chunk
    with pytest.raises(ChunkError, match="changed since the run began"):
        Journal(shelf, "deduplicate", "f2", ("dedup_pool",), begin=False)
    assert shelf.read("dedup_pool").num_rows == 1
    with pytest.raises(ChunkError, match="chunk other is not planned"):
        journal(shelf).chunk("other")


def test_the_catalog_shows_all_tables_and_only_reads(shelf):
    shelf.append("dedup_pool", kept("a"), commit())
    rebuild(shelf)
    assert query(shelf.root, "SELECT instance_id FROM dedup_pool").to_pylist() == [{"instance_id": "a"}]
    assert query(shelf.root, "SELECT count(*) AS n FROM cases").to_pylist() == [{"n": 0}]
    assert query(shelf.root, "SELECT outcome FROM mask_reviews").to_pylist() == []
    funnel = query(shelf.root, "SELECT stage, unit, rows_in, kept, rejected FROM funnel").to_pylist()
    assert {"stage": "deduplicate", "unit": "pair", "rows_in": 1, "kept": 1, "rejected": 0} in funnel
    for statement in (
        "CREATE TABLE x (i INT)",
        "DELETE FROM cases",
        "SELECT 1; SELECT 2",
        "COPY cases TO 'x.csv'",
        "SELEC 1",
    ):
        with pytest.raises(ConfigError, match="sql"):
            query(shelf.root, statement)


def test_a_reader_keeps_its_catalog_while_it_is_rebuilt(shelf):
    import duckdb

    shelf.append("dedup_pool", kept("a"), commit("k1"))
    path = rebuild(shelf)
    with duckdb.connect(str(path), read_only=True) as reader:
        shelf.append("dedup_pool", kept("b"), commit("k2"))
        rebuild(shelf)
        assert reader.execute("SELECT count(*) FROM dedup_pool").fetchone() == (1,)
    assert query(shelf.root, "SELECT count(*) AS n FROM dedup_pool").to_pylist() == [{"n": 2}]


def test_a_query_without_a_catalog_says_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match="sonocurate run"):
        query(tmp_path, "SELECT 1")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{root}/tables/x.csv'",
        "SELECT * FROM read_blob('{root}/key')",
        "SELECT * FROM read_blob('{root}/tables/../key')",
        "SELECT * FROM '{root}/key'",
        "SET enable_external_access = true",
        "ATTACH '{root}/other.duckdb'",
    ],
)
def test_queries_read_the_warehouse_and_nothing_else(shelf, statement):
    shelf.append("dedup_pool", kept("a"), commit())
    (shelf.root / "key").write_text("secret")
    rebuild(shelf)
    with pytest.raises(ConfigError) as error:
        query(shelf.root, statement.format(root=shelf.root))
    assert "secret" not in str(error.value)
    assert not list(shelf.root.rglob("x.csv"))


def test_a_failed_query_names_no_value_and_columns_of_one_name_are_numbered(shelf):
    shelf.append("dedup_pool", kept("Okafor"), commit())
    rebuild(shelf)
    with pytest.raises(ConfigError) as error:
        query(shelf.root, "SELECT cast(text AS int) FROM dedup_pool")
    assert "Okafor" not in str(error.value)
    assert query(shelf.root, "SELECT 1 AS a, 2 AS a").to_pylist() == [{"a": 1, "a_1": 2}]


def test_a_damaged_catalog_is_a_config_error(shelf):
    (shelf.root / "catalog.duckdb").write_bytes(b"x" * 5000)
    with pytest.raises(ConfigError):
        query(shelf.root, "SELECT 1")
