"""A source finds rows by id, one or many, wherever they lie."""

import random
from itertools import pairwise

import pyarrow as pa
import pytest

from schemas.instruction import KEPT
from warehouse import shards
from warehouse.shards import IMAGE_ROWS_PER_GROUP, Source, write_shard
from warehouse.tables import Commit, Shelf


@pytest.fixture
def source(tmp_path):
    shelf, ids = Shelf(tmp_path), [f"i{at:04d}" for at in range(900)]
    random.Random(3).shuffle(ids)
    for start in range(0, 900, 300):
        row = {"case_id": "c", "site": "s", "exempt": False}
        rows = [{**row, "instance_id": row_id, "text": f"text of {row_id}"} for row_id in ids[start : start + 300]]
        shelf.append("dedup_pool", pa.Table.from_pylist(rows, schema=KEPT), Commit("d", 0, "f", f"k{start}"))
    return Source(shelf, "dedup_pool", "instance_id")


@pytest.mark.parametrize("searched", [0, 1, 10**9], ids=["by search", "few by search", "by hash"])
@pytest.mark.parametrize("count", [1, 3, 700])
def test_rows_are_found_however_they_are_looked_up(source, monkeypatch, searched, count):
    monkeypatch.setattr(shards, "_SEARCHED", searched)
    wanted = random.Random(count).sample(source.ids().to_pylist(), count)
    rows = source.rows(wanted, ["text", "twin_of", "instance_id"])
    assert rows["instance_id"].to_pylist() == wanted
    assert rows["text"].to_pylist() == [f"text of {row_id}" for row_id in wanted]
    assert rows.schema.names == ["text", "twin_of", "instance_id"]


@pytest.mark.parametrize("searched", [0, 10**9], ids=["by search", "by hash"])
@pytest.mark.parametrize("unknown", ["a", "i0000x", "z"])
def test_an_unknown_id_is_an_error(source, monkeypatch, searched, unknown):
    monkeypatch.setattr(shards, "_SEARCHED", searched)
    with pytest.raises(IndexError):
        source.rows([unknown], ["text"])


def test_no_ids_give_no_rows(source):
    assert source.rows([], ["text"]).num_rows == 0


def test_one_row_does_not_hold_its_row_group(source):
    before = pa.total_allocated_bytes()
    rows = source.rows(["i0001"], ["text"])
    assert pa.total_allocated_bytes() - before < 10_000
    assert rows.num_rows == 1


@pytest.mark.parametrize("pictures", [True, False])
def test_a_shard_has_the_same_bytes_in_whatever_pieces_its_rows_come(tmp_path, pictures):
    """Rows of 64 kB: a page ends within a row group."""
    rng = random.Random(5)
    cells = [rng.randbytes(32_000).hex() for _ in range(IMAGE_ROWS_PER_GROUP * 2 + 9)]
    values = [{"bytes": cell.encode(), "path": "a.png"} for cell in cells] if pictures else cells
    rows = pa.table({"id": [f"{at:05d}" for at in range(len(cells))], "image" if pictures else "text": values})
    kinds = {"image": {"_type": "Image"}}
    written = set()
    for pieces in (1, 2, 7, 60):
        cuts = [0, *sorted(rng.sample(range(1, rows.num_rows), pieces)), rows.num_rows]
        parts = [rows.slice(start, end - start) for start, end in pairwise(cuts)]
        path = tmp_path / f"{pieces}.parquet"
        write_shard(path, pa.concat_tables(parts), kinds)
        written.add(path.read_bytes())
    assert len(written) == 1
