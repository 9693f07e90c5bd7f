"""What comes late: a report after its images, an image after its report; the same by killed looks."""

import io
from functools import partial

import numpy as np
import pytest
from PIL import Image

from flows import arrivals
from flows.arrivals import come_late, would_keep
from flows.intake import intake_flow
from flows.key import init_key
from flows.parameters import StageRun
from flows.preflight import check_release_name
from flows.releases.create import create_release
from flows.stage import context_of, forget_contexts
from schemas.errors import ConfigError

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
    late = come_late(context, partial(would_keep, context))
    assert len(late) == 2
    context.journal("intake").plan([*context.export.case_ids, *late], 2)
    assert come_late(context, partial(would_keep, context)) == []
    cases, rejects = run(export)
    assert len(cases) == len(set(cases)) == 4
    assert rejects == []


def looks_of(folder):
    """Which cases are looked at anew, without noting that they were."""
    forget_contexts()
    context = context_of(str(folder / "pipeline.toml"))
    asked = []
    come_late(context, lambda case_ids: asked.extend(case_ids) or [], note=False)
    return [context.export.case_ids.index(case_id) + 1 for case_id in asked]


def test_a_rejected_case_is_looked_at_when_its_files_changed_and_not_again(export):
    """Case 3 has a sound row; case 2, whose row is rejected, needs no look at its files."""
    run(export)
    assert looks_of(export) == [3]
    run(export)
    assert looks_of(export) == []
    (export / "images" / "c.png").write_bytes(b"no picture")
    assert looks_of(export) == [3]
    cases, rejects = run(export)
    assert len(cases) == 1
    assert looks_of(export) == []
    assert run(export) == (cases, rejects)
    (export / "warehouse" / arrivals.LOOKS).unlink()
    assert looks_of(export) == [3]


def test_what_comes_late_under_other_settings_is_kept_once(export):
    """A case that only older settings rejected is planned once, not as a new case and as a further look."""
    (export / "images" / "c.png").write_bytes(picture(3))
    text = (export / "pipeline.toml").read_text()
    (export / "pipeline.toml").write_text(text + "[intake]\nmax_pixels = 1000\n")
    assert run(export)[0] == []
    (export / "pipeline.toml").write_text(text)
    cases, _ = run(export)
    assert len(cases) == len(set(cases)) == 2


def test_preflight_sees_what_came_late_to_a_published_release(export):
    run(export)
    context = context_of(str(export / "pipeline.toml"))
    create_release(context, context.config.release)
    before = sorted((export / "warehouse").rglob("*"))
    check_release_name(context)
    (export / "images" / "c.png").write_bytes(picture(3))
    forget_contexts()
    with pytest.raises(ConfigError, match="set another"):
        check_release_name(context_of(str(export / "pipeline.toml")))
    assert sorted((export / "warehouse").rglob("*")) == before
