"""Twins of pairs that can be read off the screen: a run over the sample hospital with `shortcut_twins`."""

import csv
import io
import json
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from curation.generate.visible import is_visible
from tests.flows.conftest import CONFIG, ENDPOINT
from warehouse.catalog import query

LENGTH = re.compile(r"(\d+\.\d) cm$")
FINDINGS = {"en": "The liver measures {size} mm in the midclavicular line.", "zh": "肝脏切面大小约{size}mm，回声均匀。"}

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Twins:
    """The run, what the screens of each image show, and what was asked for."""

    root: Path
    config: Path
    truth: dict
    planted: list

    @property
    def release(self):
        return self.root / "releases/first"

    def rows(self, component):
        """Rows of the release, each with its split."""
        paths = sorted((self.release / component).glob("*.parquet"))
        return [
            {**row, "split": path.name.partition("-")[0]} for path in paths for row in pq.read_table(path).to_pylist()
        ]

    def values(self, frame_id):
        sql = f"SELECT box_px, value_text FROM text_regions WHERE frame_id = '{frame_id}' AND value_text IS NOT NULL"
        return query(self.root, sql).to_pylist()


@pytest.fixture(scope="module")
def twins(site, model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("twins")
    lines = (site.hospital.parent / "truth/boxes.jsonl").read_text(encoding="utf-8").splitlines()
    truth = {(row["image"], row["frame"]): row["items"] for row in map(json.loads, lines)}
    table = write_table(site, folder / "cases.csv", truth)
    text = CONFIG.format(hospital=site.hospital, key=site.key).replace(f"{site.hospital}/cases.csv", str(table))
    text = text.replace("[generate]", "[generate]\nshortcut_twins = true").replace(
        "open_per_case = 1", "open_per_case = 0"
    )
    config = folder / "pipeline.toml"
    config.write_text(text + ENDPOINT.format(url=model.url), encoding="utf-8")
    done = site.cli("run", "--config", config)
    assert done.returncode == 0, done.stderr
    return Twins(folder / "warehouse", config, truth, site.planted)


def write_table(site, path, truth):
    """Take the first case of each language; its report says in mm a length that its screens show in cm."""
    with (site.hospital / "cases.csv").open(encoding="utf-8-sig", newline="") as file:
        first_rows = {row["language"]: row for row in reversed(list(csv.DictReader(file)))}
    rows = [first_rows[language] for language in FINDINGS]
    for row in rows:
        first = row["images"].split(";")[0]
        size = next(match[1] for item in truth[first, 0] if (match := LENGTH.search(item["text"])))
        row["findings"] = FINDINGS[row["language"]].format(size=round(float(size) * 10))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def picture(row):
    return np.asarray(Image.open(io.BytesIO(row["image"]["bytes"])))


def test_visible_pairs_have_one_twin_each_in_the_same_split(twins):
    pairs = {row["instance_id"]: row for row in twins.rows("pairs")}
    visible = {row_id for row_id, row in pairs.items() if row["answer_visible_in_image"]}
    assert {pairs[row_id]["language"] for row_id in visible if pairs[row_id]["task"] == "report"} == {"en", "zh"}
    copies = {row_id: row for row_id, row in pairs.items() if row["twin_of"] is not None}
    assert sorted(row["twin_of"] for row in copies.values()) == sorted(visible)
    frames = {row["frame_id"]: row["split"] for row in twins.rows("images")}
    for row_id, twin in copies.items():
        original = pairs[twin["twin_of"]]
        assert row_id == original["instance_id"] + "/twin"
        own = {"instance_id", "twin_of", "frame_ids", "answer_visible_in_image"}
        assert {name for name in twin if twin[name] != original[name]} == own
        assert twin["answer_visible_in_image"] is False
        assert [frame_id.removesuffix("/v") for frame_id in twin["frame_ids"]] == original["frame_ids"]
        assert {frames[frame_id] for frame_id in twin["frame_ids"]} == {original["split"]}


def test_the_column_says_what_stands_on_the_frames(twins):
    for pair in twins.rows("pairs"):
        if pair["twin_of"] is None:
            texts = [value["value_text"] for frame_id in pair["frame_ids"] for value in twins.values(frame_id)]
            assert pair["answer_visible_in_image"] is is_visible(pair["answer"], texts)


def test_a_twin_picture_differs_only_in_its_measurements_and_shows_none_of_them(twins, site):
    from flows.stage import context_of

    export = context_of(str(twins.config)).export
    images = {row["frame_id"]: row for row in twins.rows("images")}
    hidden = [frame_id for frame_id in images if frame_id.endswith("/v")]
    assert hidden
    margin = context_of(str(twins.config)).config.desensitize.margin_px
    for frame_id in hidden:
        twin, parent = images[frame_id], images[frame_id.removesuffix("/v")]
        before, after = picture(parent), picture(twin)
        differs = (before != after).any(axis=2)
        assert differs.any()
        for value in twins.values(parent["frame_id"]):
            x0, y0, x1, y1 = value["box_px"]
            differs[max(0, y0 - margin) : y1 + margin, max(0, x0 - margin) : x1 + margin] = False
        assert not differs.any()
        path = export.path_of(twin["image_id"]).relative_to(site.hospital / "images").as_posix()
        written = [item for item in twins.truth[path, twin["frame"]] if item["kind"] == "measurement"]
        assert written
        for x0, y0, x1, y1 in (item["box"] for item in written):
            assert (after[y0:y1, x0:x1] == 0).all(), (frame_id, path)


def test_text_is_recorded_of_kept_measurements_only(twins):
    rows = query(twins.root, "SELECT kind, action, value_text FROM text_regions").to_pylist()
    recorded = [row for row in rows if row["value_text"] is not None]
    assert recorded
    assert {(row["kind"], row["action"]) for row in recorded} == {("measurement", "keep")}
    texts = "\n".join(row["value_text"] for row in recorded)
    assert [string for string in twins.planted if string in texts] == []


def test_twins_are_counted_in_the_funnel_the_manifest_and_the_card(twins):
    funnel = {(row["stage"], row["unit"]): row for row in query(twins.root, "SELECT * FROM funnel").to_pylist()}
    assert all(row["rows_in"] == row["kept"] + row["rejected"] for row in funnel.values())
    stages = ["generate", "verify", "deduplicate", "release first"]
    for earlier, later in pairwise(stages):
        assert funnel[later, "pair"]["rows_in"] == funnel[earlier, "pair"]["kept"]
    pairs = twins.rows("pairs")
    copies = sum(row["twin_of"] is not None for row in pairs)
    assert funnel["release first", "pair"]["kept"] == len(pairs)
    frames = query(twins.root, "SELECT (SELECT count(*) FROM images) + (SELECT count(*) FROM twin_frames) AS n")
    assert funnel["release first", "image"]["rows_in"] == frames["n"][0].as_py()
    manifest = json.loads((twins.release / "release.json").read_text(encoding="utf-8"))
    assert (manifest["visible_pairs"], manifest["twin_pairs"]) == (copies, copies)
    card = (twins.release / "README.md").read_text(encoding="utf-8")
    assert f"`answer_visible_in_image` is true for {copies} of {len(pairs)} pairs" in card
    assert f"`twin_of` is set for {copies} pairs" in card


def test_datasets_loads_the_shards(twins, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    def load(component):
        files = str(twins.release / component / "*.parquet")
        return datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path), split="train")

    pairs, images = load("pairs"), load("images")
    assert pairs.features["answer_visible_in_image"].dtype == "bool"
    assert pairs.features["twin_of"].dtype == "string"
    twin = next(row for row in pairs if row["twin_of"])
    shown = next(row for row in images if row["frame_id"] in twin["frame_ids"])
    assert isinstance(shown["image"], Image.Image)


def test_without_the_option_there_are_no_twins(finished):
    rows = query(finished.root, "SELECT answer_visible_in_image AS visible, twin_of FROM instruction_pairs").to_pylist()
    assert all(row["twin_of"] is None and row["visible"] is not None for row in rows)
    assert query(finished.root, "SELECT * FROM twin_frames").num_rows == 0
