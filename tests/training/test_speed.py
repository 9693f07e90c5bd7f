"""The loader costs little more than reading the pictures, and its memory does not grow with the release."""

import gc
import time

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("peft")

import psutil

from schemas.training import Stage, Training
from tests.training.conftest import sealed
from training.data import batches, open_release, samples_of
from training.rows import Order

pytestmark = pytest.mark.train
FRAMES, KINDS = 400, 8


@pytest.fixture(scope="module")
def large(release, tmp_path_factory):
    """Give a release of 400 frames of 800 x 600 px, more than 400 MB, in row groups of 4; a report per 2 frames."""
    import shutil

    folder = tmp_path_factory.mktemp("large") / "small"
    shutil.copytree(release, folder)
    path = next((folder / "images").glob("train-*"))
    table = pq.read_table(path)
    rng = np.random.default_rng(0)
    pictures = []
    for _ in range(KINDS):
        coarse = rng.integers(0, 256, (60, 80, 3)).astype(np.uint8)
        smooth = cv2.resize(coarse, (800, 600), interpolation=cv2.INTER_CUBIC).astype(np.int16)
        grain = np.clip(smooth + rng.integers(-12, 13, smooth.shape), 0, 255).astype(np.uint8)
        pictures.append(cv2.imencode(".png", grain)[1].tobytes())
    first = table.slice(0, 1).to_pylist()[0] | {"width_px": 800, "height_px": 600}
    writer = pq.ParquetWriter(path, table.schema, compression="NONE")
    for start in range(0, FRAMES, 4):
        rows = [
            first | {"frame_id": f"f{number:04d}", "image": {"bytes": pictures[number % KINDS], "path": "x.png"}}
            for number in range(start, start + 4)
        ]
        writer.write_table(pa.Table.from_pylist(rows, schema=table.schema))
    writer.close()
    for view in ("stage1", "stage2"):
        path = next((folder / view).glob("train-*"))
        table = pq.read_table(path)
        row = table.slice(0, 1).to_pylist()[0]
        rows = [
            row | {"row_id": f"r{at:03d}", "frame_ids": [f"f{2 * at:04d}", f"f{2 * at + 1:04d}"]}
            for at in range(FRAMES // 2)
        ]
        pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    return sealed(folder)


@pytest.fixture(scope="module")
def samples(large, tiny):
    config = Training(model=tiny, release="small", out="run")
    return samples_of(open_release(large, allow_demo=True), config, Stage.ONE)


def test_the_loader_is_as_fast_as_reading_pictures(samples):
    """By CPU time, because the machine may be shared: pictures alone (read, decoded, scaled), and whole batches."""
    cv2.setNumThreads(1)
    order = Order(len(samples), 4, block=samples.rows.block)
    list(samples.pictures(0))
    alone, whole = [], []
    for _ in range(3):
        start = time.process_time()
        for rows in (rows for rows, _ in zip(order.of_rank(0), range(8), strict=False)):
            for number in rows:
                list(samples.pictures(number))
        alone.append(time.process_time() - start)
        start = time.process_time()
        stream = batches(samples, order)
        for _ in range(8):
            next(stream)
        whole.append(time.process_time() - start)
    assert min(alone) / min(whole) >= 0.9


def test_memory_does_not_grow_with_the_release(samples, large):
    size = sum(path.stat().st_size for path in (large / "images").glob("train-*"))
    assert size > 300e6
    process = psutil.Process()
    stream = batches(samples, Order(len(samples), 4, block=samples.rows.block))
    next(stream)
    gc.collect()
    before, most = process.memory_info().rss, 0
    for _ in range(49):
        next(stream)
        most = max(most, process.memory_info().rss)
    assert most - before < 150e6
