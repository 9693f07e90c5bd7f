"""Grounded pairs with a rationale are reviewed beside the annotations drawn over their frame."""

import csv

import numpy as np
import pyarrow as pa
from PIL import Image

from flows.quality.report import write_report
from flows.quality.reviewed import reviews_of
from flows.review.record import record
from flows.review.sample import draw_sample, tasks_of
from flows.review.sheets import export_sheets, import_sheet
from schemas.config import Review
from schemas.grounding import GROUNDED_PAIR
from tests.flows.releases.test_release import create, glob
from warehouse.tables import Commit


def explain(hospital, why="dark and oval"):
    """Give every diagnosis pair a rationale, as a model would have."""
    shelf = hospital.shelf
    rows = [row for row in shelf.read("grounded_pairs").to_pylist() if row["task"] == "diagnosis"]
    written = [{**row, "rationale": why, "rationale_source": "m", "answer": f"Benign. {why}"} for row in rows]
    shelf.delete("grounded_pairs", "task = 'diagnosis'")
    table = pa.Table.from_pylist([{n: row[n] for n in GROUNDED_PAIR.names} for row in written], schema=GROUNDED_PAIR)
    shelf.append("grounded_pairs", table, Commit("ground", 0, "f", why))
    return [row["instance_id"] for row in written]


def test_an_accepted_rationale_is_verified_by_its_reviewer(annotated, tmp_path):
    names = explain(annotated)
    context = annotated.context
    drawn = draw_sample(context, "s", Review(scope="open", attention_share=0, double_share=0))
    assert set(names) <= set(tasks_of(context.shelf, "s")["instance_id"].to_pylist())
    export_sheets(context, "s", tmp_path / "sheets")
    with (tmp_path / "sheets" / "review-1.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    shown = [row["frames"].split("; ") for row in rows if "overlay" in row["frames"]]
    assert len(shown) == len(names)
    plain, over = shown[0]
    assert over.endswith("_overlay.jpg")
    pictures = [np.asarray(Image.open(tmp_path / "sheets" / name), np.int16) for name in (plain, over)]
    assert pictures[0].shape == pictures[1].shape and np.abs(pictures[0] - pictures[1]).max() > 60
    found = accept(context, rows, tmp_path / "filled.csv")
    assert (found.new, found.unknown) == (drawn.pairs, 0)
    assert record(context, []).new == 0
    published = glob(create(annotated).folder, "grounded").to_pylist()
    assert {row["rationale_verified_by"] for row in published if row["task"] == "diagnosis"} == {"r7"}
    assert {row["rationale_verified_by"] for row in published if row["task"] != "diagnosis"} == {None}
    counts = reviews_of(context.shelf)
    assert (counts.grounded, counts.gone) == (len(names), 0)
    assert f"{len(names)} reviews left out: they are about grounded pairs" in "\n".join(counts.lines())


def accept(context, rows, path, reviewer="r7"):
    """Fill a sheet in and import it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows({**row, "verdict": "accept", "reviewer": reviewer} for row in rows)
    return import_sheet(context, path)


def sheet_of(context, sample, folder):
    exported = export_sheets(context, sample, folder)
    with (folder / "review-1.csv").open(encoding="utf-8-sig", newline="") as file:
        return exported, list(csv.DictReader(file))


def verifiers(hospital, name):
    published = glob(create(hospital, name=name).folder, "grounded").to_pylist()
    return {row["rationale_verified_by"] for row in published if row["task"] == "diagnosis"}


def test_an_accepted_text_says_nothing_about_another_one(annotated, tmp_path):
    names = explain(annotated)
    context, config = annotated.context, Review(scope="open", attention_share=0, double_share=0)
    draw_sample(context, "s", config)
    _, rows = sheet_of(context, "s", tmp_path / "first")
    accept(context, rows, tmp_path / "filled.csv")
    assert verifiers(annotated, "a") == {"r7"}
    explain(annotated, "bright and round")
    assert verifiers(annotated, "b") == {None}
    exported, rows = sheet_of(context, "s", tmp_path / "again")  # the task asked about what is no more
    assert exported.left == len(names) and not any("overlay" in row["frames"] for row in rows)
    assert draw_sample(context, "t", config).pairs == len(names)
    _, rows = sheet_of(context, "t", tmp_path / "second")
    assert all("bright" in row["answer"] for row in rows)
    accept(context, rows, tmp_path / "more.csv", "r8")
    assert verifiers(annotated, "c") == {"r8"}


def test_the_quality_report_shows_annotated_frames(annotated, tmp_path):
    write_report(annotated.shelf.root, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Annotations over masked frames" in text and text.count("data:image/jpeg;base64,") == 12
    assert "breast_lesion" in text and "24 frames have annotated objects" in text
