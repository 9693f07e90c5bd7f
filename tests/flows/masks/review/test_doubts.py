"""What is offered for review: doubts only, sealed, in a private folder outside the warehouse."""

import stat
from base64 import urlsafe_b64decode

import pytest
from PIL import Image

from flows.masks.review.review import CONTEXT_PX, export_queue, open_crop
from schemas.errors import ConfigError
from tests.flows.masks.review.queue_site import (
    BOXES,
    crop,
    offer,
    queue_rows,
    source_frame,
)

PNG_MARK = b"\x89PNG\r\n\x1a\n"  # eight bytes: shorter ones occur by chance


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
