"""The review queue: sealed, expiring, private; decisions only unmask, exactly once, and never known PHI."""

import hashlib
import io
import json
import logging
import shutil
import stat
import time
from base64 import urlsafe_b64decode

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from flows.masks.review import unmask
from flows.masks.review.review import CONTEXT_PX, apply_decisions, export_queue, open_crop, purge, read_decisions
from flows.masks.review.unmask import Applied
from flows.stage import context_of, forget_contexts
from schemas.errors import ChunkError, ConfigError
from schemas.review import MASK_REVIEW, ReviewDecision, ReviewOutcome
from tests.flows.masks.review.queue_site import (
    BOXES,
    KEY,
    NAME,
    REGIONS,
    STATE,
    ColourOcr,
    build_site,
    decide,
    queue_rows,
    source_frame,
    write_rows,
)
from tests.flows.phi_scan import scan
from warehouse import amend
from warehouse.catalog import query
from warehouse.tables import Commit

HOUR = 3600
PNG_MARK = b"\x89PNG\r\n\x1a\n"  # eight bytes: shorter ones occur by chance


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SONOCURATE_KEY", KEY)
        return build_site(tmp_path_factory.mktemp("hospital") / "site")


@pytest.fixture
def site(built, tmp_path, monkeypatch):
    """A copy of the hospital for this test."""
    monkeypatch.setenv("SONOCURATE_KEY", KEY)
    forget_contexts()
    shutil.copytree(built.folder, tmp_path / "site")
    return type(built)(tmp_path / "site", tmp_path / "site" / "pipeline.toml", built.sources)


@pytest.fixture
def out(site, tmp_path):
    export_queue(site.config, tmp_path / "queue")
    return tmp_path / "queue"


def apply(site, out):
    return apply_decisions(site.config, out, ocr=ColourOcr())


def offer(out, rule, place=0):
    return [row for row in queue_rows(out) if row["rule"] == rule][place]


def crop(out, site, rule):
    return np.asarray(Image.open(io.BytesIO(open_crop(out, offer(out, rule)["review_id"], site.key))))


def log(site):
    return amend.read_reviews(site.shelf).to_pylist()


# Export


def test_doubts_are_offered_and_nothing_else(site, out, tmp_path):
    rows = queue_rows(out)
    assert sorted(row["rule"] for row in rows) == sorted(["low_score", "collision", "after_cue"] * 2)
    assert all(row["decision"] == row["reviewer"] == "" for row in rows)
    for row in rows:
        assert tuple(int(row[name]) for name in ("x0", "y0", "x1", "y1")) == BOXES[row["rule"]]
    assert {row["frame_id"] for row in rows} == set(site.sources)
    found = export_queue(site.config, tmp_path / "all", unproven=True)
    assert (found.offered, found.withheld, found.remaining) == (8, 2, 0)  # header_band touches identity
    assert {row["rule"] for row in queue_rows(tmp_path / "all")} == {*(r["rule"] for r in rows), "default_deny"}
    few = export_queue(site.config, tmp_path / "few", limit=2, unproven=True)
    assert (few.offered, len(queue_rows(tmp_path / "few"))) == (2, 2)
    assert few.remaining > 0


def test_a_crop_shows_the_box_and_of_everything_else_what_is_published(site, out):
    row = offer(out, "low_score")
    x0, y0, x1, y1 = BOXES["low_score"]
    published, source = site.pixels(row["frame_id"]), site.sources[row["frame_id"]]
    seen = crop(out, site, "low_score")
    top, left = y0 - CONTEXT_PX, x0 - CONTEXT_PX
    assert seen.shape == (y1 - y0 + 2 * CONTEXT_PX, x1 - x0 + 2 * CONTEXT_PX, 3)
    expected = published[top : y1 + CONTEXT_PX, left : x1 + CONTEXT_PX].copy()
    expected[y0 - top : y1 - top, x0 - left : x1 - left] = source[y0:y1, x0:x1]
    line = (seen == (255, 255, 0)).all(axis=2) & (expected != (255, 255, 0)).any(axis=2)
    assert line.sum() == 2 * (y1 - y0 + 4 + x1 - x0 + 4) - 4
    assert (seen[~line] == expected[~line]).all()
    assert (seen != source[top : y1 + CONTEXT_PX, left : x1 + CONTEXT_PX])[~line].any()  # the neighbour is masked


def test_the_folder_is_private_and_its_crops_are_sealed(site, out):
    assert {stat.S_IMODE(path.stat().st_mode) for path in (out, out / "crops")} == {0o700}
    files = [path for path in out.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    crops = sorted((out / "crops").iterdir())
    assert [path.stem for path in crops] == sorted(row["review_id"] for row in queue_rows(out))
    assert all(len(path.stem) == 32 and path.suffix == ".bin" for path in crops)
    for path in crops:
        assert PNG_MARK not in path.read_bytes() + urlsafe_b64decode(path.read_bytes())
        assert open_crop(out, path.stem, site.key).startswith(PNG_MARK)


def test_an_empty_folder_is_made_private(site, tmp_path):
    (tmp_path / "empty").mkdir(mode=0o755)
    export_queue(site.config, tmp_path / "empty")
    assert stat.S_IMODE((tmp_path / "empty").stat().st_mode) == 0o700


@pytest.mark.parametrize("place", ["site/warehouse/queue", "site/images/queue", "link/queue", "site"])
def test_the_folder_must_be_empty_and_outside(site, tmp_path, place):
    (tmp_path / "link").symlink_to(tmp_path / "site" / "warehouse")
    with pytest.raises(ConfigError, match="OUT_DIR"):
        export_queue(site.config, tmp_path / place)
    assert not list((tmp_path / "site").rglob("crops"))


@pytest.mark.parametrize("settings", [{"ttl_hours": 0}, {"ttl_hours": -1}, {"ttl_hours": 1e6}, {"limit": 0}])
def test_numbers_that_cannot_be_are_refused(site, tmp_path, settings):
    with pytest.raises(ConfigError):
        export_queue(site.config, tmp_path / "x", **settings)
    assert not (tmp_path / "x").exists()


def test_boxes_of_a_source_that_changed_are_not_offered(site, tmp_path):
    Image.fromarray(source_frame(9)).save(site.folder / "images" / "0.png")
    (site.folder / "images" / "1.png").unlink()
    found = export_queue(site.config, tmp_path / "x")
    assert (found.offered, found.unreadable) == (0, 6)
    assert list((tmp_path / "x" / "crops").iterdir()) == []


# Seals


def test_a_crop_expires(site, out):
    name = offer(out, "low_score")["review_id"]
    open_crop(out, name, site.key, now=int(time.time()) + 71 * HOUR)
    with pytest.raises(ConfigError, match="expired"):
        open_crop(out, name, site.key, now=int(time.time()) + 73 * HOUR)


def test_nobody_can_prolong_a_crop(site, out):
    facts = (out / "offers.json").read_text()
    assert '"ttl_s": 259200' in facts
    (out / "offers.json").write_text(facts.replace("259200", "999999999"))
    with pytest.raises(ConfigError, match="expired"):
        open_crop(out, offer(out, "low_score")["review_id"], site.key, now=int(time.time()) + 73 * HOUR)


def test_a_crop_that_was_changed_swapped_or_sealed_by_others_does_not_open(site, out):
    one, two = sorted((out / "crops").iterdir())[:2]
    good = one.read_bytes()
    with pytest.raises(ConfigError, match="another key"):
        open_crop(out, one.stem, bytes(32))
    for data in (two.read_bytes(), good[:-8], good[:40] + b"AAAA" + good[44:], b"", b"no token"):
        one.write_bytes(data)
        with pytest.raises(ConfigError, match="was changed"):
            open_crop(out, one.stem, site.key)
    one.unlink()
    with pytest.raises(ConfigError, match="not there"):
        open_crop(out, one.stem, site.key)
    for name in ("../queue.csv", "", "A" * 32, f"{two.stem}/"):
        with pytest.raises(ConfigError, match="malformed"):
            open_crop(out, name, site.key)


def test_purge_deletes_what_expired_and_what_is_no_crop(site, out):
    assert purge(out) == 0
    (out / "crops" / "x.bin").write_bytes(b"no token")
    assert purge(out, now=int(time.time()) + 71 * HOUR) == 1
    assert purge(out, now=int(time.time()) + 73 * HOUR) == 6
    assert list((out / "crops").iterdir()) == []
    assert len(read_decisions(out)) == 6
    with pytest.raises(ConfigError, match="no finished review queue"):
        purge(out / "crops")


# Decisions


def test_decisions_are_read_as_they_were_written_in_any_order_and_encoding(out):
    decide(out, {"low_score": "keep", "collision": "mask"})
    rows = queue_rows(out)[::-1]
    rows[0] |= {"decision": " MASK ", "reviewer": " r2 "}
    write_rows(out, rows[:-1], encoding="utf-16", delimiter="\t")
    found = read_decisions(out)
    assert len(found) == 6
    assert found[0].decision is None  # its row was deleted
    last = next(row for row in found if row.offer.review_id == rows[0]["review_id"])
    assert (last.decision, last.reviewer) == (ReviewDecision.MASK, "r2")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"decision": "show"}, "keep, mask or empty"),
        ({"decision": "keep", "reviewer": ""}, "needs a reviewer"),
        ({"decision": "keep", "reviewer": "Dr. Wang Fang"}, "not a name"),
        ({"review_id": "f" * 32}, "unknown"),
        ({"x0": "0"}, "only decision and reviewer"),
        ({"y1": "x"}, "only decision and reviewer"),
        ({"frame_id": "x"}, "only decision and reviewer"),
        ({"rule": "default_deny"}, "only decision and reviewer"),
    ],
)
def test_a_sheet_that_was_changed_is_refused(site, out, change, says):
    rows = queue_rows(out)
    rows[1] |= change
    write_rows(out, rows)
    with pytest.raises(ConfigError, match=rf"queue.csv, row 3: .*{says}"):
        read_decisions(out)
    with pytest.raises(ConfigError):
        apply(site, out)
    assert log(site) == []


def test_a_row_twice_is_refused_and_a_half_written_queue_is_none(out):
    rows = queue_rows(out)
    write_rows(out, [*rows, rows[0]])
    with pytest.raises(ConfigError, match=r"row 8: .*twice"):
        read_decisions(out)
    (out / "queue.csv").unlink()
    with pytest.raises(ConfigError, match="no finished review queue"):
        read_decisions(out)


# Applying


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
