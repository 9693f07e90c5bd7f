"""What comes late: a report after its images, an image after its report; the same by killed looks."""

import io

import numpy as np
import pytest
from PIL import Image

from flows.arrivals import come_late
from flows.intake import intake_flow
from flows.key import init_key
from flows.parameters import StageRun
from flows.stage import context_of, forget_contexts

CONFIG = """
[input]
table = "cases.csv"
images = "images"
[pseudonym]
key_file = "pseudonym.key"
[warehouse]
root = "warehouse"
"""
HEAD = "case_id,patient_id,findings,images\n"
FIRST = "1,p1,The liver has a normal echogenicity.,a.png\n"


def picture(seed):
    sink = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (64, 64, 3), np.uint8)).save(sink, "PNG")
    return sink.getvalue()


@pytest.fixture
def export(site, tmp_path):
    """Case 1 is whole, case 2 has no report yet, case 3 no image; b.png and d.png are there."""
    (tmp_path / "images").mkdir()
    init_key(tmp_path / "pseudonym.key")
    (tmp_path / "pipeline.toml").write_text(CONFIG)
    for name, seed in (("a.png", 1), ("b.png", 2), ("d.png", 4)):
        (tmp_path / "images" / name).write_bytes(picture(seed))
    report = "Both kidneys are of normal size."
    (tmp_path / "cases.csv").write_text(f"{HEAD}{FIRST}2,p2,,b.png\n3,p3,{report},c.png\n")
    return tmp_path


def run(folder):
    forget_contexts()
    intake_flow(StageRun(config_path=str(folder / "pipeline.toml")))
    shelf = context_of(str(folder / "pipeline.toml")).shelf
    rejects = sorted((row["unit"], row["reason"]) for row in shelf.read("rejects").to_pylist())
    return shelf.read("cases", ["case_id"])["case_id"].to_pylist(), rejects


def arrive(folder):
    """The report of case 2, the image of case 3, and a row for d.png."""
    text = (folder / "cases.csv").read_text().replace("2,p2,,", "2,p2,The thyroid shows no nodule.,")
    (folder / "cases.csv").write_text(text + "4,p4,The gallbladder holds no stone.,d.png\n")
    (folder / "images" / "c.png").write_bytes(picture(3))


def test_what_comes_late_pairs_with_what_was_there(export):
    cases, rejects = run(export)
    assert len(cases) == 1
    assert ("image", "IMAGE_WITHOUT_CASE") in rejects
    assert {reason for unit, reason in rejects if unit == "case"} == {"EMPTY_REPORT", "NO_USABLE_IMAGE"}
    arrive(export)
    cases, rejects = run(export)
    assert len(cases) == len(set(cases)) == 4
    assert rejects == []
    assert run(export) == (cases, [])


def test_a_look_that_was_planned_and_killed_is_not_planned_again(export):
    run(export)
    arrive(export)
    forget_contexts()
    context = context_of(str(export / "pipeline.toml"))
    late = come_late(context)
    assert len(late) == 2
    context.journal("intake").plan([*context.export.case_ids, *late], 2)
    assert come_late(context) == []
    cases, rejects = run(export)
    assert len(cases) == len(set(cases)) == 4
    assert rejects == []
