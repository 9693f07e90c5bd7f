"""The card: figures from the shards, a header that `datasets` reads, a page that loads nothing, nothing below k."""

import datasets
import pytest

from flows.releases.against import HeldOut
from flows.releases.hashes import hash_frames
from flows.releases.invented import Plan, fill
from flows.releases.select import select_rows
from schemas.publishing import Release
from schemas.shelf import TABLES
from warehouse.card.blocks import Rows, Section, markdown, page
from warehouse.release import write_release
from warehouse.snapshot import Snapshot
from warehouse.tables import Shelf


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    shelf = Shelf(tmp_path_factory.mktemp("card"))
    fill(shelf, Plan(cases=60))
    hash_frames(shelf)
    snapshot, config = Snapshot.take(shelf, TABLES), Release(name="card", k=8, system_weights={"vessel": 2})
    selection = select_rows(snapshot, config, HeldOut())
    funnel = [{"stage": "intake", "unit": "case", "rows_in": 70, "kept": 60, "rejected": 10}]
    facts = {"anonymity": {"k": 8}, "funnel": funnel, "templates": {"templates": 21, "reviewed": 0}}
    return write_release(snapshot, config, selection.chosen, facts, lambda *_: None).folder


def test_the_header_is_read_by_datasets(folder, tmp_path):
    found = datasets.load_dataset(str(folder), "pairs", cache_dir=str(tmp_path))
    assert {split: rows.num_rows for split, rows in found.items()}.keys() == {"train", "validation", "test"}
    assert sum(rows.num_rows for rows in found.values()) == 120
    assert (
        datasets.load_dataset(str(folder), "stage1", cache_dir=str(tmp_path), split="train")[0]["task"] == "alignment"
    )


def test_the_card_tells_what_the_shards_hold(folder):
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "60 cases, 60 key frames, 120 pairs" in text
    assert "0 of 21 few-shot templates were signed" in text
    assert "vessel x 2" in text
    assert "no bound on what still leaks is known" in text
    assert "| < 8 |" in text  # splits of a few patients
    assert text.count("![") == len(list((folder / "charts").glob("*.svg"))) >= 3


def test_the_page_loads_nothing_and_shows_the_charts(folder):
    html = (folder / "card.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert "default-src 'none'" in html
    assert html.count("<svg") == len(list((folder / "charts").glob("*.svg")))


def test_cells_cannot_break_out_of_their_table():
    sections = [Section("T", [Rows([{"a": "x|y<script>", "n": 1234, "l": ["p", "q"], "z": None}])])]
    assert "| x\\|y<script> | 1,234 | p, q | – |" in markdown("t", sections)
    assert "x|y&lt;script&gt;" in page("t", sections)
