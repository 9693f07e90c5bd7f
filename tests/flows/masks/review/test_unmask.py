"""Decisions only unmask, exactly once, and never known PHI."""

import hashlib
import json
import logging
import shutil
import time

import pyarrow as pa
import pytest
from PIL import Image

from flows.masks.review import unmask
from flows.masks.review.review import apply_decisions, export_queue, read_decisions
from flows.masks.review.unmask import Applied
from flows.stage import context_of, forget_contexts
from schemas.errors import ChunkError, ConfigError
from schemas.review import MASK_REVIEW, ReviewOutcome
from tests.flows.masks.review.queue_site import (
    BOXES,
    NAME,
    REGIONS,
    STATE,
    apply,
    decide,
    log,
    queue_rows,
    source_frame,
    write_rows,
)
from tests.flows.phi_scan import scan
from warehouse.catalog import query
from warehouse.tables import Commit


def check_unmasked(site, shown):
    """See that of each frame exactly these boxes show the source, and all else is as it was published."""
    for frame_id, source in site.sources.items():
        expected = source.copy()
        for box, _, _, action, _ in REGIONS:
            if action == "mask":
                x0, y0, x1, y1 = box
                expected[y0 - 3 : y1 + 3, x0 - 3 : x1 + 3] = 0
        for frame, (x0, y0, x1, y1) in shown:
            if frame == frame_id:
                expected[y0:y1, x0:x1] = source[y0:y1, x0:x1]
        assert (site.pixels(frame_id) == expected).all()
    for place, (kind, action, rule) in site.regions().items():
        before = next(region[2:] for region in REGIONS if region[0] == place[1])
        assert (kind, action, rule) == (("unknown", "keep", "reviewed") if place in shown else before)


def test_a_kept_box_shows_the_source_and_everything_else_stays(site, out):
    release = site.shelf.root / "releases" / "first"
    release.mkdir(parents=True)
    (release / "images.parquet").write_bytes(b"published")
    frame_id = next(iter(site.sources))
    before = site.images()
    decide(out, {"low_score": "keep"}, frame_id=frame_id)
    decide(out, {"collision": "mask"}, reviewer="r2")
    done = apply(site, out)
    assert done == Applied({ReviewOutcome.APPLIED: 1, ReviewOutcome.STAYS_MASKED: 2}, 1)
    check_unmasked(site, {(frame_id, BOXES["low_score"])})
    row = site.images()[frame_id]
    assert row["sha256"] == hashlib.sha256(row["image"]["bytes"]).hexdigest()
    changed = {"sha256", "image"}
    assert {k: v for k, v in row.items() if k not in changed} == {
        k: v for k, v in before[frame_id].items() if k not in changed
    }
    rows = log(site)
    assert all(set(MASK_REVIEW.names) <= set(row) for row in rows)
    kept = next(row for row in rows if row["decision"] == "keep")
    assert (kept["frame_id"], tuple(kept["box_px"]), kept["rule"]) == (frame_id, BOXES["low_score"], "low_score")
    assert (kept["reviewer"], kept["outcome"], kept["site"]) == ("r1", "applied", "site-1")
    assert abs(kept["decided_at"].timestamp() - time.time()) < 60
    sql = "SELECT count(*) AS n FROM text_regions WHERE rule = 'reviewed' AND action = 'keep'"
    assert query(site.shelf.root, sql).to_pylist() == [{"n": 1}]
    assert (release / "images.parquet").read_bytes() == b"published"


def test_applying_again_changes_nothing_and_more_decisions_add_to_it(site, out):
    first, second = site.sources
    decide(out, {"low_score": "keep"}, frame_id=first)
    done = apply(site, out)
    versions = {name: site.shelf.version(name) for name in ("images", "text_regions", "mask_reviews")}
    assert apply(site, out) == done
    rows = queue_rows(out)
    write_rows(out, rows[::-1], encoding="utf-16", delimiter="\t")  # saved by another program
    assert apply(site, out) == done
    assert {name: site.shelf.version(name) for name in versions} == versions
    write_rows(out, rows)
    decide(out, {"low_score": "keep"}, frame_id=second)
    assert apply(site, out) == Applied({ReviewOutcome.APPLIED: 1}, 1)
    check_unmasked(site, {(frame, BOXES["low_score"]) for frame in (first, second)})
    assert len(log(site)) == 2


def test_decided_boxes_are_not_offered_again(site, out, tmp_path):
    decide(out, {"low_score": "keep", "collision": "mask"})
    apply(site, out)
    export_queue(site.config, tmp_path / "next")
    assert {row["rule"] for row in queue_rows(tmp_path / "next")} == {"after_cue"}


@pytest.mark.parametrize("calls", range(5))
def test_a_kill_at_any_moment_is_finished_by_the_next_call(site, out, monkeypatch, calls):
    """Commits of one application: log, images, text_regions; killed before, between and after them."""
    done = []

    def dying(function):
        def call(*args, **kwargs):
            if len(done) == calls:
                raise KeyboardInterrupt
            done.append(function.__name__)
            return function(*args, **kwargs)

        return call

    decide(out, {"low_score": "keep", "collision": "keep", "after_cue": "mask"})
    with monkeypatch.context() as patch:
        for name in ("log_reviews", "replace_rows", "rebuild"):
            patch.setattr(unmask, name, dying(getattr(unmask, name)))
        try:
            apply(site, out)
        except KeyboardInterrupt:
            assert len(done) == calls
    shown = {(frame, BOXES["low_score"]) for frame in site.sources}
    visible = [place for place, region in site.regions().items() if region[1:] == ("keep", "reviewed")]
    logged = {(row["frame_id"], tuple(row["box_px"])) for row in log(site) if row["outcome"] == "applied"}
    assert set(visible) <= logged  # nothing is shown that the log does not name
    expected = {ReviewOutcome.APPLIED: 2, ReviewOutcome.STAYS_MASKED: 2, ReviewOutcome.REFUSED_KNOWN_PHI: 2}
    assert apply(site, out) == Applied(expected, 2)
    check_unmasked(site, shown)
    assert len(log(site)) == 6
    query(site.shelf.root, "SELECT count(*) FROM images")


def test_a_killed_application_is_finished_even_when_the_sheet_has_changed_since(site, out, monkeypatch):
    decide(out, {"low_score": "keep"})

    def die(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(unmask, "replace_rows", die)
        with pytest.raises(KeyboardInterrupt):
            apply(site, out)
    decide(out, {"collision": "mask"})
    assert apply(site, out) == Applied({ReviewOutcome.STAYS_MASKED: 2}, 0)
    check_unmasked(site, {(frame, BOXES["low_score"]) for frame in site.sources})


def test_known_phi_and_identifiers_stay_masked_whatever_the_reviewer_says(site, out):
    decide(out, {"collision": "keep", "after_cue": "keep"})
    done = apply(site, out)
    assert done.outcomes == {ReviewOutcome.REFUSED_KNOWN_PHI: 2, ReviewOutcome.REFUSED_IDENTIFIER: 2}
    check_unmasked(site, set())
    assert {row["outcome"] for row in log(site)} == {"refused_known_phi", "refused_identifier"}


@pytest.mark.slow
def test_known_phi_is_read_by_the_real_engine(site, out):
    """The patient's name as drawn letters in the box that is said to be a value."""
    import cv2

    x0, y0, x1, y1 = BOXES["low_score"]
    for number, text in enumerate(("ZhangWei", "RI 0.65")):
        pixels = site.sources[list(site.sources)[number]].copy()
        pixels[y0:y1, x0:x1] = 0
        cv2.putText(pixels, text, (x0 + 2, y1 - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (230, 230, 230), 1, cv2.LINE_AA)
        Image.fromarray(pixels).save(site.folder / "images" / f"{number}.png")
    forget_contexts()
    decide(out, {"low_score": "keep"})
    done = apply_decisions(site.config, out)
    assert done.outcomes == {ReviewOutcome.APPLIED: 1, ReviewOutcome.REFUSED_KNOWN_PHI: 1}
    assert {row["frame_id"] for row in log(site) if row["outcome"] == "applied"} == {list(site.sources)[1]}


def test_a_box_that_touches_identity_or_a_box_left_masked_stays_masked(site, out):
    frames = list(site.sources)
    x0, y0, x1, y1 = BOXES["low_score"]
    rows = [row for row in site.shelf.read("text_regions").to_pylist() if row["frame_id"] == frames[0]]
    other_frame = {**rows[0], "frame_id": frames[0][:-3] + "001", "kind": "phi", "rule": "identity"}
    site.shelf.append("text_regions", table({**other_frame, "box_px": [x1 - 1, y1 - 1, x1 + 9, y1 + 9]}), commit("a"))
    beside = {**rows[0], "frame_id": frames[1], "rule": "collision", "box_px": [x0 - 9, y0, x0 + 1, y1]}
    site.shelf.append("text_regions", table(beside), commit("b"))
    shutil.rmtree(out)
    found = export_queue(site.config, out)
    assert (found.offered, found.withheld) == (6, 3)
    decide(out, {"low_score": "keep", "collision": "mask"})
    assert apply(site, out).outcomes[ReviewOutcome.REFUSED_BESIDE_PHI] == 1
    assert not [place for place, region in site.regions().items() if region[2] == "reviewed"]


def test_identity_that_was_found_after_the_export_is_respected(site, out):
    x0, _, x1, y1 = BOXES["low_score"]
    row = next(row for row in site.shelf.read("text_regions").to_pylist() if row["rule"] == "identity")
    site.shelf.append("text_regions", table({**row, "box_px": [x0, y1 - 1, x1, y1 + 20]}), commit("late"))
    decide(out, {"low_score": "keep"}, frame_id=row["frame_id"])
    assert apply(site, out).outcomes == {ReviewOutcome.REFUSED_BESIDE_PHI: 1}


def commit(chunk):
    return Commit(*STATE, chunk)


def table(row):
    from schemas.region import TEXT_REGION

    return pa.Table.from_pylist([row], schema=TEXT_REGION)


def test_a_source_that_is_another_picture_now_is_never_shown(site, out):
    decide(out, {"low_score": "keep"})
    Image.fromarray(source_frame(9)).save(site.folder / "images" / "0.png")
    (site.folder / "images" / "1.png").unlink()
    forget_contexts()
    assert apply(site, out).outcomes == {ReviewOutcome.REFUSED_SOURCE_CHANGED: 2}
    check_unmasked(site, set())


def test_a_reader_that_fails_shows_nothing_and_says_nothing_of_the_text(site, out):
    class Failing:
        def read(self, pixels):
            raise RuntimeError(NAME)

    decide(out, {"low_score": "keep"})
    with pytest.raises(ChunkError) as error:
        apply_decisions(site.config, out, ocr=Failing())
    assert NAME not in str(error.value)
    assert log(site) == []
    check_unmasked(site, set())


def test_masking_what_was_shown_needs_another_run_and_is_on_record(site, out):
    decide(out, {"low_score": "keep"})
    apply(site, out)
    decide(out, {"low_score": "mask"})
    assert apply(site, out).outcomes == {ReviewOutcome.ALREADY_VISIBLE: 2}
    assert len(log(site)) == 4


@pytest.mark.parametrize("change", [{"x0": 99}, {"rule": "header_band"}, {"frame_id": "x/i000/f000"}])
def test_offers_that_nobody_made_are_refused(site, out, change):
    """Whoever changes both the sheet and the list of offers still lacks the key."""
    decide(out, {"low_score": "keep"})
    rows = queue_rows(out)
    place = next(n for n, row in enumerate(rows) if row["rule"] == "low_score")
    rows[place] |= change
    write_rows(out, rows)
    facts = json.loads((out / "offers.json").read_text())
    columns = ("review_id", "frame_id", "x0", "y0", "x1", "y1", "rule")
    facts["offers"][place] = [change.get(name, old) for name, old in zip(columns, facts["offers"][place], strict=True)]
    (out / "offers.json").write_text(json.dumps(facts))
    assert len(read_decisions(out)) == 6
    with pytest.raises(ConfigError, match="was changed or made under another key"):
        apply(site, out)
    assert log(site) == []


def test_a_queue_under_another_key_or_of_an_empty_warehouse_is_refused(site, out, monkeypatch):
    decide(out, {"low_score": "keep"})
    with monkeypatch.context() as patch:
        patch.setenv("SONOCURATE_KEY", "cd" * 32)
        with pytest.raises(ConfigError, match="another key"):
            apply(site, out)
    context_of(str(site.config)).shelf.delete("images", "stage_epoch = 0")
    with pytest.raises(ConfigError, match="no frame is published"):
        apply(site, out)
    assert log(site) == []


def test_frames_that_were_masked_anew_need_a_new_queue(site, out):
    decide(out, {"low_score": "keep"})
    rows = site.shelf.read("images").drop_columns(["stage_epoch", "fingerprint", "chunk_id"])
    site.shelf.append("images", rows, Commit("desensitize", 1, "other", "k"))
    site.shelf.delete("images", "stage_epoch < 1")
    with pytest.raises(ConfigError, match="export a new one"):
        apply(site, out)


def test_no_phi_in_the_queue_the_warehouse_or_the_log(site, out, capsys, caplog):
    caplog.set_level(logging.DEBUG)
    decide(out, dict.fromkeys(("low_score", "collision", "after_cue"), "keep"))
    lines = "\n".join([*apply(site, out).lines(), *export_queue(site.config, out.with_name("more")).lines()])
    shown = capsys.readouterr()
    for text in (lines, shown.out, shown.err, caplog.text):
        assert not [word for word in (NAME, "ZHANG", "2024-03-05") if word in text]
    assert scan([out, out.with_name("more"), site.shelf.root], [NAME, "ZHANGWEl", "2024-03-05"]) == []
