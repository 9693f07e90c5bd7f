"""Which rows are trained on, and in which order: no torch needed."""

import hashlib
import json
import shutil
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.errors import ConfigError
from training.budget import fitted, fitted_one, tokens_of
from training.rows import Order, choose_rows
from warehouse.export.source import Source


class Words:
    """Tells rows by their words: a token per word."""

    def texts(self, row):
        return (row["question"] or "Report?", row["answer"])

    def count(self, row, visual):
        return visual + sum(len(text.split()) for text in self.texts(row))


def choose(folder, view="stage1", max_tokens=32_768):
    return choose_rows(Source(folder), view, 196, max_tokens, Words())


def rewritten(release, target, name, change):
    """Copy a release with one shard changed and its checksums made good: damage that no checksum shows."""
    folder = target / release.name
    shutil.copytree(release, folder)
    path = sorted((folder / name).parent.glob((folder / name).name))[0]
    table = pq.read_table(path)
    pq.write_table(pa.Table.from_pylist(change(table.to_pylist()), schema=table.schema), path)
    sums = folder / "checksums.sha256"
    lines = sums.read_text().splitlines()
    digest, name = hashlib.sha256(path.read_bytes()).hexdigest(), path.relative_to(folder).as_posix()
    sums.write_text("".join(f"{digest if line.endswith(f'  {name}') else line[:64]}{line[64:]}\n" for line in lines))
    return folder


def test_budget_is_kept_and_sides_are_whole_patches():
    rng = np.random.default_rng(0)
    width, height = rng.integers(1, 4000, 20_000), rng.integers(1, 4000, 20_000)
    w, h = fitted(width, height, 196)
    assert not (w % 28).any()
    assert not (h % 28).any()
    assert (tokens_of(w, h) <= 196).all()
    assert (w > 0).all()
    assert (h > 0).all()
    assert fitted_one(392, 392, 196) == (392, 392)
    assert fitted_one(800, 600, 196) == (448, 336)


def test_every_row_of_train_is_chosen_with_its_frames(release):
    rows = choose(release, "stage2")
    source, found = Source(release), []
    for number, row in rows.at:
        found.append(source.read(rows.groups[number], ["row_id"])["row_id"][int(row)].as_py())
    wanted = [
        row["row_id"]
        for path in sorted((release / "stage2").glob("train-*"))
        for row in pq.read_table(path).to_pylist()
    ]
    assert found == wanted
    assert len(rows.frames) == rows.starts[-1] == len(rows)  # every pair has one frame
    assert not rows.left_out


def test_only_split_train_is_read(release):
    cases = {row["case_id"] for path in (release / "cases").glob("train-*") for row in pq.read_table(path).to_pylist()}
    held_out = {
        row["case_id"]
        for split in ("validation", "test")
        for path in (release / "cases").glob(f"{split}-*")
        for row in pq.read_table(path).to_pylist()
    }
    rows = choose(release)
    source = Source(release)
    seen = {source.read(rows.groups[number], ["case_id"])["case_id"][int(row)].as_py() for number, row in rows.at}
    assert seen == cases
    assert held_out
    assert not seen & held_out


def test_long_rows_are_left_out_and_counted(release, tmp_path):
    def change(rows):
        rows[0]["answer"] = "word " * 33_000
        rows[1]["answer"] = "x" * 200_000  # many bytes, one token: only counting tells
        rows[2]["answer"] = "word " * 32_763  # with question and picture one too many
        rows[3]["answer"] = "word " * 32_758
        return rows

    folder = rewritten(release, tmp_path, "stage1/train-*", change)
    rows = choose(folder)
    assert rows.left_out == {"too_long": 2}
    assert rows.at[0].tolist() == [0, 1]
    assert rows.at[1].tolist() == [0, 3]
    assert len(rows) == len(choose(release)) - 2
    with pytest.raises(ConfigError, match=f"no row to train on .too_long: {len(choose(release))}"):
        choose(folder, max_tokens=5)


def test_text_that_would_be_a_command_is_left_out(release, tmp_path):
    def change(rows):
        rows[0]["answer"] += "<|im_end|>"
        rows[1]["answer"] += " <image>"
        rows[2]["frame_ids"] = []
        return rows

    rows = choose(rewritten(release, tmp_path, "stage1/train-*", change))
    assert rows.left_out == {"reserved_text": 2, "no_image": 1}


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_patient_in_two_splits_stops_everything(release, tmp_path, split):
    patient = pq.read_table(sorted((release / "cases").glob("train-*"))[0])["patient_key"][0].as_py()

    def change(rows):
        rows[0]["patient_key"] = patient
        return rows

    folder = rewritten(release, tmp_path, f"cases/{split}-*", change)
    with pytest.raises(ConfigError, match=f"a patient is in train and in {split}"):
        choose(folder)


def test_a_held_out_case_in_the_view_stops_everything(release, tmp_path):
    case = pq.read_table(sorted((release / "cases").glob("test-*"))[0])["case_id"][0].as_py()

    def change(rows):
        rows[3]["case_id"] = case
        return rows

    with pytest.raises(ConfigError, match="a row of train is of a case outside of train"):
        choose(rewritten(release, tmp_path, "stage1/train-*", change))


def test_a_held_out_frame_in_the_view_stops_everything(release, tmp_path):
    frame = pq.read_table(sorted((release / "images").glob("test-*"))[0])["frame_id"][0].as_py()

    def change(rows):
        rows[3]["frame_ids"] = [frame]
        return rows

    with pytest.raises(ConfigError, match="names a frame outside of train"):
        choose(rewritten(release, tmp_path, "stage1/train-*", change))


def test_a_frame_of_a_held_out_case_stops_everything(release, tmp_path):
    """The pair is of train, and so is the shard of its frame; the frame says that it is of another case."""
    case = pq.read_table(sorted((release / "cases").glob("test-*"))[0])["case_id"][0].as_py()
    frame = pq.read_table(sorted((release / "stage1").glob("train-*"))[0])["frame_ids"][3].as_py()[0]

    def change(rows):
        return [row | {"case_id": case} if row["frame_id"] == frame else row for row in rows]

    with pytest.raises(ConfigError, match="a row of train shows a case outside of train"):
        choose(rewritten(release, tmp_path, "images/train-*", change))


def test_a_view_that_is_not_there_is_said(release):
    with pytest.raises(ConfigError, match="view grounded has no row to train on"):
        choose(release, "grounded")
    assert json.loads((release / "release.json").read_text())["name"] == "small"


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_ranks_share_an_epoch_without_duplicates(ranks):
    order = Order(rows=1000, batch=4, ranks=ranks, seed=3)
    seen = Counter()
    for rank in range(ranks):
        stream = order.of_rank(rank)
        for _ in range(order.batches):
            seen.update(next(stream))
    assert max(seen.values()) == 1
    assert len(seen) == order.batches * 4 * ranks > 1000 - 4 * ranks


def test_an_order_goes_on_from_any_batch():
    order = Order(rows=1300, batch=7, ranks=2, seed=1)
    for rank in (0, 1):
        stream = order.of_rank(rank)
        whole = [next(stream) for _ in range(3 * order.batches)]
        for start in (0, 1, order.batches - 1, order.batches, 2 * order.batches + 5):
            rest = order.of_rank(rank, start)
            assert [next(rest) for _ in range(len(whole) - start)] == whole[start:]
    assert whole[: order.batches] != whole[order.batches : 2 * order.batches]


def test_an_epoch_shuffles_blocks_and_rows_in_them():
    order = Order(rows=5123, batch=1)
    epoch = order.epoch(0)
    assert sorted(epoch) == list(range(order.rows))
    assert not np.array_equal(epoch, order.epoch(1))
    assert np.array_equal(epoch, Order(rows=order.rows, batch=1).epoch(0))
    jumps = np.count_nonzero(np.diff(epoch // order.block))
    assert jumps == 10  # rows of a block stay together, so that their pictures are read once
