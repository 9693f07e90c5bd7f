"""A small release made through the warehouse, a tiny base, and settings that fit both. Torch is imported by fixtures only."""

import pytest

from flows.releases.against import HeldOut
from flows.releases.hashes import hash_frames
from flows.releases.invented import Plan, fill
from flows.releases.select import select_rows
from schemas.publishing import Release
from schemas.shelf import TABLES
from warehouse.release import write_release
from warehouse.snapshot import Snapshot
from warehouse.tables import Shelf


def make_release(root, plan):
    shelf, config = Shelf(root), Release(name="small")
    fill(shelf, plan)
    hash_frames(shelf)
    snapshot = Snapshot.take(shelf, TABLES)
    selection = select_rows(snapshot, config, HeldOut())
    return write_release(snapshot, config, selection.chosen, {"anonymity": {"k": config.k}}, lambda *_: None).folder


@pytest.fixture(scope="session")
def release(tmp_path_factory):
    """Give the folder of a release: 60 patients, two frames each."""
    return make_release(tmp_path_factory.mktemp("training"), Plan(cases=60, frames_per_case=2, side_px=64))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory, release):
    """Give the folder of a tiny base whose tokenizer knows the release's words."""
    import pyarrow.parquet as pq

    from training.tiny import write_tiny

    texts = pq.read_table(sorted((release / "stage1").glob("train-*"))[0])["answer"].to_pylist()
    return write_tiny(tmp_path_factory.mktemp("base"), texts)
