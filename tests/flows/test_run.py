"""The undisturbed run: what is published, what is counted, what never leaves."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.flows.phi_scan import scan
from warehouse.catalog import query

CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")


def test_the_funnel_conserves_rows_from_stage_to_stage(finished):
    rows = {(row["stage"], row["unit"]): row for row in query(finished.root, "SELECT * FROM funnel").to_pylist()}
    for row in rows.values():
        assert row["rows_in"] == row["kept"] + row["rejected"], row
    assert rows["desensitize", "image"]["rows_in"] == rows["intake", "image"]["kept"]
    assert rows["scrub", "report"]["rows_in"] == rows["intake", "case"]["kept"]
    assert rows["verify", "pair"]["rows_in"] == rows["generate", "pair"]["kept"]
    assert rows["deduplicate", "pair"]["rows_in"] == rows["verify", "pair"]["kept"]
    assert rows["release first", "pair"]["rows_in"] == rows["deduplicate", "pair"]["kept"]
    assert rows["release first", "pair"]["kept"] > 0


def test_every_closed_answer_is_a_span_of_its_scrubbed_report(finished):
    pairs = query(
        finished.root,
        "SELECT p.*, r.findings, r.impression FROM pairs p JOIN reports r USING (case_id) WHERE form = 'closed' AND task = 'vqa'",
    ).to_pylist()
    assert pairs
    for pair in pairs:
        assert pair[pair["source_section"]][pair["source_start"] : pair["source_end"]] == pair["answer"]


def test_no_planted_phi_anywhere(finished, site):
    places = [finished.root, finished.folder / "pipeline.toml", site.prefect_home]
    assert len(site.planted) > 50
    lasting = [text for text in site.planted if not CLOCK.fullmatch(text)]  # the run itself has a time of day
    assert scan(places, lasting) == []
    assert scan([finished.root / "releases"], site.planted) == []
    text = finished.output + finished.errors + b"\n".join(finished.requests).decode()
    decoded = "\n".join(json.dumps(json.loads(body), ensure_ascii=False) for body in finished.requests)
    assert [string for string in site.planted if string in text or string in decoded] == []
    assert finished.requests


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
@pytest.mark.parametrize("place", ["logs/run.log", "ledger.sqlite", "releases/first/note.txt"])
def test_the_scan_finds_what_was_planted(tmp_path, encoding, place):
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x00\x01" + "患者欧阳小明就诊".encode(encoding) + b"\xff")
    assert scan([tmp_path], ["欧阳小明", "not there"]) == [(place, "欧阳小明")]


def test_the_scan_finds_phi_in_file_names_parquet_and_base64(tmp_path, finished):
    shard = next((finished.root / "releases/first/reports").glob("*.parquet"))
    table = pq.read_table(shard)
    planted = table.set_column(0, "case_id", [["Okafor, Hector"] * table.num_rows])
    pq.write_table(planted, tmp_path / "shard.parquet", compression="zstd")
    (tmp_path / "Okafor, Hector.png").write_bytes(b"")
    import base64

    (tmp_path / "result").write_bytes(b'{"data": "' + base64.b64encode(b"pickle of Okafor, Hector") + b'"}')
    found = {where for where, _ in scan([tmp_path], ["Okafor, Hector"])}
    assert {"result", "name of Okafor, Hector.png"} <= found
    assert ("shard.parquet" in found) is (table.num_rows > 0)


def test_the_release_is_plain_checksummed_parquet_that_any_reader_can_glob(finished):
    import hashlib

    import duckdb

    folder = finished.root / "releases/first"
    manifest = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    for line in (folder / "checksums.sha256").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    for component, count in manifest["counts"].items():
        if component in {"annotations", "grounded"}:  # nobody annotated a picture of this hospital
            assert (count, (folder / component).exists()) == (0, False)
            continue
        rows = duckdb.sql(f"SELECT count(*) FROM '{folder}/{component}/*.parquet'").fetchall()
        assert rows == [(count,)]
    splits = duckdb.sql(
        f"SELECT case_id, count(DISTINCT regexp_extract(filename, '(train|validation|test)-')) FROM read_parquet('{folder}/pairs/*.parquet', filename=true) GROUP BY 1"
    ).fetchall()
    assert all(count == 1 for _, count in splits)


def test_the_release_loads_with_hugging_face_datasets(finished, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    folder = finished.root / "releases/first"
    images = datasets.load_dataset(
        "parquet", data_files=str(folder / "images/*.parquet"), cache_dir=str(tmp_path), split="train"
    )
    assert isinstance(images[0]["image"], Image.Image)
    pairs = datasets.load_dataset(
        "parquet", data_files=str(folder / "pairs/*.parquet"), cache_dir=str(tmp_path), split="train"
    )
    assert set(pairs[0]["frame_ids"]) <= set(images["frame_id"])


def test_published_frames_differ_from_their_source_only_in_masked_boxes(finished, site):
    from flows.stage import context_of

    context = context_of(str(finished.folder / "pipeline.toml"))
    boxes = {}
    for row in query(finished.root, "SELECT frame_id, box_px FROM text_regions WHERE action = 'mask'").to_pylist():
        boxes.setdefault(row["frame_id"], []).append(row["box_px"])
    rows = query(
        finished.root, "SELECT frame_id, image_id, frame, image FROM images ORDER BY frame_id LIMIT 6"
    ).to_pylist()
    assert rows
    for row in rows:
        after = np.asarray(Image.open(io.BytesIO(row["image"]["bytes"])))
        before = context.export.open(row["image_id"]).frame(row["frame"])
        changed = (before != after).any(axis=2)
        assert changed.any()
        margin = 16
        for x0, y0, x1, y1 in boxes.get(row["frame_id"], []):
            changed[max(0, y0 - margin) : y1 + margin, max(0, x0 - margin) : x1 + margin] = False
        assert not changed.any()


def test_running_again_does_nothing_and_asks_nothing(finished, site, model):
    before = {path: path.stat().st_mtime_ns for path in (finished.root / "tables").rglob("*") if path.is_file()}
    model.reset()
    done = site.cli("run", "--config", finished.folder / "pipeline.toml")
    assert done.returncode == 0, done.stderr
    after = {path: path.stat().st_mtime_ns for path in (finished.root / "tables").rglob("*") if path.is_file()}
    assert after == before
    assert not model.sent


def test_everything_written_is_private(finished):
    for path in [finished.root, *finished.root.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_run_shows_the_funnel_a_picture_a_reject_and_pairs(finished):
    for text in (
        "rows_in",
        "deduplicate",
        "One rejected row",
        "Three instruction pairs",
        "before_after.png",
        "make ui",
    ):
        assert text in finished.output
    assert Path(finished.folder / "before_after.png").is_file()


def test_sql_answers_in_three_formats_and_funnel_reads(finished, site):
    root = ("--root", finished.root)
    table = site.cli("sql", "select stage, kept, rejected from funnel", *root)
    assert "intake" in table.stdout
    lines = site.cli(
        "sql", "select stage, kept from funnel where stage = 'scrub'", "--format", "csv", *root
    ).stdout.splitlines()
    assert lines[0] == "stage,kept"
    row = json.loads(site.cli("sql", "select 1 as a", "--format", "json", *root).stdout)
    assert row == {"a": 1}
    assert "reason" in site.cli("funnel", *root).stdout
    bad = site.cli("sql", "drop view cases", *root)
    assert bad.returncode == 2
    assert bad.stderr.count("\n") == 1
