"""Files of a commit: what is in them, what the log says about them, and what is left of one that fails."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from schemas.case import IMAGE
from schemas.errors import ChunkError
from schemas.instruction import KEPT
from schemas.shelf import shelved
from warehouse import data_file, tables
from warehouse.data_file import write_files
from warehouse.tables import Commit, Shelf
from warehouse.upkeep import history


def kept(*ids, text="report text"):
    row = {"case_id": "c", "site": "s", "exempt": False, "text": text}
    return pa.Table.from_pylist([{**row, "instance_id": row_id} for row_id in ids], schema=KEPT)


def frames(count):
    row = dict.fromkeys(("image_id", "case_id", "site", "sha256"), "s")
    row |= {"frame": 0, "width_px": 1, "height_px": 1, "image": {"bytes": b"\x89PNG" + bytes(5000), "path": None}}
    return pa.Table.from_pylist([{**row, "frame_id": f"f{at:05d}"} for at in range(count)], schema=IMAGE)


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path)


def commit(chunk="k1"):
    return Commit("deduplicate", 0, "f1", chunk)


def logged(shelf, name):
    lines = [line for path in sorted((shelf.tables / name / "_delta_log").glob("*.json")) for line in path.open()]
    actions = [json.loads(line) for line in lines if line.strip()]
    return [action["add"] for action in actions if "add" in action]


def test_the_log_knows_ids_and_rows_and_no_text(shelf):
    shelf.append("dedup_pool", kept("b", "a", "c"), commit())
    (added,) = logged(shelf, "dedup_pool")
    said = json.loads(added["stats"])
    assert said["numRecords"] == 3
    assert (said["minValues"]["instance_id"], said["maxValues"]["instance_id"]) == ("a", "c")
    assert said["minValues"].keys() == {"instance_id", "case_id", "site", "stage_epoch"}
    assert "report text" not in json.dumps(added)
    assert added["size"] == (shelf.tables / "dedup_pool" / added["path"]).stat().st_size
    assert history(shelf, "dedup_pool").slice(0, 1).to_pylist()[0]["rows_added"] == 3


def test_pictures_lie_uncompressed_in_small_groups_without_statistics_of_their_bytes(tmp_path):
    (added,) = write_files(tmp_path, frames(150))
    file = pq.ParquetFile(tmp_path / added.path)
    group = file.metadata.row_group(0)
    columns = {group.column(at).path_in_schema: group.column(at) for at in range(group.num_columns)}
    assert [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)] == [64, 64, 22]
    assert {column.compression for column in columns.values()} == {"UNCOMPRESSED"}
    assert not columns["image.bytes"].is_stats_set
    assert columns["frame_id"].statistics.max == "f00063"
    assert "RLE_DICTIONARY" in columns["site"].encodings
    assert "RLE_DICTIONARY" not in columns["frame_id"].encodings
    assert file.metadata.serialized_size < 10_000


def test_statistics_leave_out_what_is_null_or_too_long_to_be_known(tmp_path, monkeypatch):
    monkeypatch.setattr(data_file, "TEXT_GROUP_ROWS", 2)
    columns = {
        "id": ["d", "b", "c", "a"],
        "case_id": [None, None, "y", "x"],
        "site": [None] * 4,
        "stage": ["s" * 9000] * 4,
    }
    (added,) = write_files(
        tmp_path, pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    )
    assert json.loads(added.stats) == {
        "numRecords": 4,
        "minValues": {"id": "a", "case_id": "x"},
        "maxValues": {"id": "d", "case_id": "y"},
        "nullCount": {"id": 0, "case_id": 2, "site": 4, "stage": 0},
    }


def test_large_commits_are_several_files_and_one_version(shelf, monkeypatch):
    monkeypatch.setattr(data_file, "TARGET_BYTES", 100_000)
    ids = [f"i{at:04d}" for at in range(3000)]
    assert shelf.append("dedup_pool", kept(*ids), commit())
    assert len(shelf.files("dedup_pool")) > 2
    assert shelf.version("dedup_pool") == 1
    assert sorted(shelf.read("dedup_pool")["instance_id"].to_pylist()) == ids
    assert sum(json.loads(added["stats"])["numRecords"] for added in logged(shelf, "dedup_pool")) == 3000


def test_a_file_that_cannot_be_written_is_no_part_of_the_table(shelf, monkeypatch):
    shelf.append("dedup_pool", kept("a"), commit("k1"))

    def full(_rows, path, **_settings):
        path.write_bytes(b"PAR1")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(data_file.pq, "write_table", full)
    with pytest.raises(ChunkError, match="dedup_pool could not be written") as error:
        shelf.append("dedup_pool", kept("b"), commit("k2"))
    assert "report text" not in str(error.value)
    monkeypatch.undo()
    assert len(list((shelf.tables / "dedup_pool").iterdir())) == 2  # the log and the file of k1
    assert shelf.append("dedup_pool", kept("b"), commit("k2"))
    assert sorted(shelf.read("dedup_pool")["instance_id"].to_pylist()) == ["a", "b"]


def test_a_lost_race_commits_the_same_files_once(shelf, monkeypatch):
    from deltalake.exceptions import CommitFailedError

    real, lost = DeltaTable.create_write_transaction, []

    def race(table, *arguments, **options):
        if not lost:
            lost.append(True)
            raise CommitFailedError("another writer was faster")
        return real(table, *arguments, **options)

    monkeypatch.setattr(DeltaTable, "create_write_transaction", race)
    assert shelf.append("dedup_pool", kept("a"), commit())
    assert not shelf.append("dedup_pool", kept("a"), commit())
    assert shelf.read("dedup_pool")["instance_id"].to_pylist() == ["a"]
    assert len(list((shelf.tables / "dedup_pool").glob("*.parquet"))) == 1


def test_who_committed_but_did_not_hear_of_it_commits_nothing_again(shelf, monkeypatch):
    from deltalake.exceptions import CommitFailedError

    real = DeltaTable.create_write_transaction

    def committed(table, *arguments, **options):
        real(table, *arguments, **options)
        raise CommitFailedError("after the commit")

    monkeypatch.setattr(DeltaTable, "create_write_transaction", committed)
    assert not shelf.append("dedup_pool", kept("a"), commit())
    assert shelf.read("dedup_pool")["instance_id"].to_pylist() == ["a"]


def test_nulls_of_a_required_column_are_refused(shelf):
    rows = kept("a").set_column(1, pa.field("case_id", pa.string()), pa.array([None], pa.string()))
    with pytest.raises(ChunkError, match="do not fit"):
        shelf.append("dedup_pool", rows, commit())
    assert shelf.read("dedup_pool").num_rows == 0


def test_rows_get_the_types_that_the_table_has_or_are_refused(shelf):
    schema = shelved("duplicates")
    older = schema.set(schema.get_field_index("score"), pa.field("score", pa.int32(), True))
    DeltaTable.create(shelf.uri("duplicates"), schema=older)
    row = {"instance_id": "a", "duplicate_of": "b", "site": "s", "reason": "exact"}
    rows = pa.Table.from_pylist([{**row, "score": 1.0}], schema=schema.remove_metadata()).select(schema.names[:-3])
    assert shelf.append("duplicates", rows, commit("k1"))
    assert pq.read_schema(shelf.files("duplicates")[0]).field("score").type == pa.int32()
    halves = rows.set_column(rows.column_names.index("score"), schema.field("score"), pa.array([0.5], pa.float64()))
    with pytest.raises(ChunkError, match="do not fit"):
        shelf.append("duplicates", halves, commit("k2"))


def test_checkpoints_hold_what_was_added(shelf):
    for at in range(12):
        shelf.append("dedup_pool", kept(f"i{at:02d}"), commit(f"k{at}"))
    log = shelf.tables / "dedup_pool" / "_delta_log"
    assert (log / "_last_checkpoint").is_file()
    for path in sorted(log.glob("*.json"))[:9]:
        path.unlink()
    assert shelf.read("dedup_pool").num_rows == 12
    assert not shelf.append("dedup_pool", kept("i00"), commit("k0"))


def test_files_are_joined_when_a_table_has_got_so_many_commits(shelf, monkeypatch):
    joined = []
    monkeypatch.setattr(Shelf, "compact", lambda _shelf, name: joined.append(name))
    monkeypatch.setattr(tables, "COMPACT_EVERY", 5)
    counts = []
    for at in range(11):
        shelf.append("dedup_pool", kept(f"i{at}"), commit(f"k{at}"))
        counts.append(len(joined))
    assert counts == [0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2]


def test_two_writers_of_the_same_chunk_commit_it_once(shelf, monkeypatch):
    """Both have looked before either commits: the log decides."""
    shelf.append("dedup_pool", kept("z"), commit("k0"))
    real, done = data_file.write_files, []

    def slow(folder, rows):
        if not done:
            done.append(True)
            assert Shelf(shelf.root).append("dedup_pool", kept("a"), commit())
        return real(folder, rows)

    monkeypatch.setattr(tables, "write_files", slow)
    assert not shelf.append("dedup_pool", kept("a"), commit())
    assert sorted(shelf.read("dedup_pool")["instance_id"].to_pylist()) == ["a", "z"]
