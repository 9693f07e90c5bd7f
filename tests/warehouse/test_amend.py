"""Amending published rows: exactly once, only the rows that are named, the log before everything else."""

import threading
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.case import IMAGE
from schemas.errors import ChunkError
from schemas.review import MASK_REVIEW
from schemas.shelf import shelved
from warehouse.amend import REVIEWS, is_committed, log_reviews, read_reviews, replace_rows
from warehouse.tables import Commit, Shelf

NAMES = [f"c{number}/i000/f000" for number in range(6)]


def image(name, data=b"before"):
    case_id, _, _ = name.partition("/")
    fixed = {"site": "s", "frame": 0, "width_px": 1, "height_px": 1, "sha256": data.decode()}
    picture = {"bytes": data, "path": f"{case_id}.png"}
    return {"frame_id": name, "image_id": name[:-5], "case_id": case_id, **fixed, "image": picture}


def review(name, outcome="applied"):
    return {
        "frame_id": name,
        "case_id": "c",
        "site": "s",
        "box_px": [1, 2, 3, 4],
        "rule": "low_score",
        "decision": "keep",
        "reviewer": "r1",
        "decided_at": datetime(2026, 1, 2, tzinfo=UTC),
        "outcome": outcome,
    }


def reviews(*names):
    return pa.Table.from_pylist([review(name) for name in names], schema=MASK_REVIEW)


@pytest.fixture
def shelf(tmp_path):
    shelf = Shelf(tmp_path)
    for start in (0, 3):
        rows = [image(name) for name in NAMES[start : start + 3]]
        shelf.append("images", pa.Table.from_pylist(rows, schema=IMAGE), Commit("desensitize", 2, "f", f"k{start}"))
    return shelf


def batch(chunk="b1"):
    return Commit("mask_review", 2, "f", chunk)


def amended(shelf, *names, data=b"after"):
    rows = [row for row in shelf.read("images").to_pylist() if row["frame_id"] in names]
    changed = [{**row, "sha256": data.decode(), "image": {**row["image"], "bytes": data}} for row in rows]
    return pa.Table.from_pylist(changed, schema=shelved("images"))


def test_rows_are_replaced_once_and_all_others_stay(shelf):
    before = {row["frame_id"]: row for row in shelf.read("images").to_pylist()}
    rows = amended(shelf, NAMES[1], NAMES[4])
    assert replace_rows(shelf, "images", "frame_id", rows, batch())
    version = shelf.version("images")
    assert is_committed(shelf, "images", batch())
    assert not replace_rows(shelf, "images", "frame_id", amended(shelf, NAMES[1], data=b"again"), batch())
    assert shelf.version("images") == version
    after = {row["frame_id"]: row for row in shelf.read("images").to_pylist()}
    assert sorted(after) == NAMES
    for name in NAMES:
        changed = {"sha256": "after", "image": {**before[name]["image"], "bytes": b"after"}}
        assert after[name] == {**before[name], **(changed if name in (NAMES[1], NAMES[4]) else {})}
    assert {row["stage_epoch"] for row in after.values()} == {2}
    for path in shelf.files("images"):
        assert pq.ParquetFile(path).metadata.row_group(0).column(8).compression == "UNCOMPRESSED"


def test_parts_of_a_batch_are_commits_of_their_own(shelf):
    assert replace_rows(shelf, "images", "frame_id", amended(shelf, NAMES[0]), batch(), "/0000")
    assert not is_committed(shelf, "images", batch(), "/0001")
    assert replace_rows(shelf, "images", "frame_id", amended(shelf, NAMES[1]), batch(), "/0001")
    assert [row["sha256"] for row in shelf.read("images").sort_by("frame_id").to_pylist()][:3] == [
        "after",
        "after",
        "before",
    ]


def test_rows_that_are_not_there_or_not_whole_are_refused(shelf):
    unknown = pa.Table.from_pylist([{**amended(shelf, NAMES[0]).to_pylist()[0], "frame_id": "it's"}], rows_schema())
    for rows in (unknown, rows_schema().empty_table()):
        with pytest.raises(ChunkError, match="has changed"):
            replace_rows(shelf, "images", "frame_id", rows, batch())
    with pytest.raises(ChunkError, match="do not fit") as error:
        replace_rows(shelf, "images", "frame_id", pa.table({"frame_id": ["secret"]}), batch())
    assert "secret" not in str(error.value)
    assert shelf.read("images").num_rows == len(NAMES)


def rows_schema():
    return shelved("images")


def test_appends_of_other_chunks_lose_nothing_while_rows_are_replaced(shelf):
    def append():
        for number in range(6):
            rows = pa.Table.from_pylist([image(f"n{number}/i000/f000")], schema=IMAGE)
            shelf.append("images", rows, Commit("desensitize", 2, "f", f"n{number}"))

    writer = threading.Thread(target=append)
    writer.start()
    for number, name in enumerate(NAMES):
        replace_rows(shelf, "images", "frame_id", amended(shelf, name), batch(), f"/{number:04d}")
    writer.join()
    rows = shelf.read("images").to_pylist()
    assert len(rows) == len({row["frame_id"] for row in rows}) == len(NAMES) + 6
    assert {row["sha256"] for row in rows if row["frame_id"] in NAMES} == {"after"}


def test_the_log_is_written_once_and_read_by_batch(shelf):
    assert read_reviews(shelf).num_rows == 0
    assert read_reviews(shelf, batch()).schema == shelved(REVIEWS)
    assert not is_committed(shelf, REVIEWS, batch())
    assert log_reviews(shelf, reviews(*NAMES[:2]), batch())
    assert not log_reviews(shelf, reviews(*NAMES[:2]), batch())
    assert log_reviews(shelf, reviews(NAMES[2]), batch("b2"))
    assert not log_reviews(shelf, reviews(), batch("b3"))
    assert read_reviews(shelf).num_rows == 3
    assert read_reviews(shelf, batch("b2"))["frame_id"].to_pylist() == [NAMES[2]]
    assert read_reviews(shelf)["decided_at"][0].as_py() == datetime(2026, 1, 2, tzinfo=UTC)
    with pytest.raises(ChunkError, match="do not fit"):
        log_reviews(shelf, pa.table({"frame_id": ["x"]}), batch("b4"))
