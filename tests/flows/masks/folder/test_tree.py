"""`sonocurate desensitize IN_DIR OUT_DIR` by the real engine: what is published, what is quarantined, what is left alone."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from curation.image.mask import widen
from flows.key import init_key
from flows.masks.folder.tree import desensitize_folder
from schemas.config import Desensitize, Masking, Pseudonym
from schemas.errors import ConfigError
from schemas.load import load_masking
from schemas.region import RegionAction, RegionKind
from schemas.reject import RejectReason
from tests.curation.image.consoles import load_font
from tests.curation.image.test_decode import write_dicom

pytestmark = pytest.mark.slow
NAME, VALUE = "ZHANG WEI", "RI 0.65"
SIZE = (400, 300)
NAME_BOX, VALUE_BOX = (6, 4, 130, 24), (20, 250, 130, 276)
MARGIN_PX = 3


def screen(seed):
    """A small console: the patient's name in the header, a value below, tissue between."""
    rng = np.random.default_rng(seed)
    pixels = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    pixels[60:230, 60:340] = rng.integers(20, 120, (170, 280, 1), dtype=np.uint8)
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    draw.text((8, 3), NAME, font=load_font(16, zh=False), fill=(230, 230, 230))
    draw.text((22, 250), VALUE, font=load_font(18, zh=False), fill=(230, 230, 230))
    return np.asarray(image)


def fill(folder):
    """Everything that a hospital's folder may hold."""
    for below in ("week 1", NAME, "more"):
        (folder / below).mkdir(parents=True)
    Image.fromarray(screen(1)).save(folder / "still.png")
    Image.fromarray(screen(2)).save(folder / "week 1" / "still.jpg", quality=90)
    cine = np.stack([screen(3), screen(4), screen(5)])
    write_dicom(
        folder / "week 1" / "cine.dcm",
        pixels=cine[0],
        NumberOfFrames=3,
        PatientName="ZHANG^WEI",
        PixelData=cine.tobytes(),
    )
    Image.fromarray(screen(6)).save(folder / "pages.tiff", save_all=True, append_images=[Image.fromarray(screen(7))])
    (folder / "notes.txt").write_text(f"seen today: {NAME}\n", encoding="utf-8")
    Image.fromarray(screen(8)).save(folder / NAME / "still.png")
    whole = write_dicom(folder / "more" / "broken.dcm", pixels=screen(9), PatientName="OKAFOR^ADA").read_bytes()
    (folder / "more" / "broken.dcm").write_bytes(whole[:-5000])
    (folder / "more" / "OKAFOR 1.dcm").write_bytes(whole[:-5000])  # only its own header knows this name


def hashes(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Done:
    """One run over the folder."""

    def __init__(self, base):
        self.source, self.out, self.known = base / "in", base / "out", base / "known.jsonl"
        self.key = base / "key"
        fill(self.source)
        init_key(self.key)
        known = [
            {"image": name, "known_phi": {"patient_name": NAME}}
            for name in ("still.png", "week 1/still.jpg", "pages.tiff", f"{NAME}/still.png", "nowhere.png")
        ]
        self.known.write_text("\n".join(json.dumps(row) for row in known), encoding="utf-8")
        before = hashes(self.source)
        self.config = Masking(pseudonym=Pseudonym(key_file=self.key), desensitize=Desensitize(margin_px=MARGIN_PX))
        self.summary = desensitize_folder(self.source, self.out, known_phi=self.known, config=self.config)
        assert hashes(self.source) == before
        self.regions = {(row["image"], row["frame"]): row["regions"] for row in rows(self.out / "regions.jsonl")}
        self.quarantine = {row["image"]: row["reason"] for row in rows(self.out / "quarantine.jsonl")}
        self.pictures = sorted(path.relative_to(self.out).as_posix() for path in self.out.rglob("*.png"))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return Done(tmp_path_factory.mktemp("folder"))


def hashed_folder(done):
    (found,) = {Path(name).parent.as_posix() for name in done.pictures} - {".", "week 1"}
    return found


def test_stills_get_one_picture_and_frames_are_numbered(done):
    assert done.pictures == sorted(
        [
            "still.png.png",
            "week 1/still.jpg.png",
            *(f"week 1/cine.dcm.{number:03d}.png" for number in range(3)),
            *(f"pages.tiff.{number:03d}.png" for number in range(2)),
            f"{hashed_folder(done)}/still.png.png",
        ]
    )
    files = {path.name for path in done.out.iterdir()}
    assert files == {
        "still.png.png", "pages.tiff.000.png", "pages.tiff.001.png", "week 1", hashed_folder(done), "regions.jsonl",
        "quarantine.jsonl",
    }  # fmt: skip


def test_everything_else_is_in_quarantine_with_a_reason(done):
    named = {image: reason for image, reason in done.quarantine.items() if "OKAFOR" not in image}
    assert named.pop("notes.txt") == RejectReason.UNREADABLE_IMAGE
    assert named.pop("more/broken.dcm") == RejectReason.UNREADABLE_IMAGE
    ((image, reason),) = named.items()  # a name that only the broken file's own header tells
    assert (len(done.quarantine), reason) == (3, RejectReason.UNREADABLE_IMAGE)
    assert image.startswith("more/")
    assert len(image.rpartition("/")[2]) == 32


def test_no_name_is_in_any_file_or_path(done):
    for path in done.out.rglob("*"):
        assert "zhang" not in path.relative_to(done.out).as_posix().lower()
    text = "".join((done.out / name).read_text() for name in ("regions.jsonl", "quarantine.jsonl")).lower()
    assert not [name for name in ("zhang", "okafor", "0.65") if name in text]


def frames_of(done, name):
    """Source frames of a published image."""
    path = done.source / name
    if path.suffix == ".dcm":
        return [screen(3), screen(4), screen(5)]
    image = Image.open(path)
    found = []
    for page in range(getattr(image, "n_frames", 1)):
        image.seek(page)
        found.append(np.asarray(image.convert("RGB")))
    return found


@pytest.mark.parametrize("name", ["still.png", "week 1/still.jpg", "week 1/cine.dcm", "pages.tiff"])
def test_the_name_is_gone_the_value_stays_and_no_pixel_changes_outside_the_listed_boxes(done, name):
    sources = frames_of(done, name)
    for number, source in enumerate(sources):
        place = name if len(sources) == 1 else f"{name}.{number:03d}"
        published = np.asarray(Image.open(done.out / f"{place}.png"))
        masked = np.zeros(published.shape[:2], bool)
        for region in done.regions[name, number]:
            if region["action"] == RegionAction.MASK:
                x0, y0, x1, y1 = widen(region["box"], MARGIN_PX)
                masked[max(0, y0) : y1, max(0, x0) : x1] = True
        changed = (published != source).any(axis=2)
        assert not changed[~masked].any()
        assert not published[changed].any()  # solid black
        x0, y0, x1, y1 = NAME_BOX
        assert source[y0:y1, x0:x1].max() > 200
        assert published[y0:y1, x0:x1].max() < 60
        x0, y0, x1, y1 = VALUE_BOX
        assert (published[y0:y1, x0:x1] == source[y0:y1, x0:x1]).all()


def test_regions_say_what_was_done_and_never_what_was_read(done):
    for regions in done.regions.values():
        for region in regions:
            assert set(region) == {"box", "kind", "action", "rule"}
            assert region["kind"] in set(RegionKind)
            assert len(region["box"]) == 4
    kept = [region for region in done.regions["still.png", 0] if region["action"] == RegionAction.KEEP]
    assert [region["kind"] for region in kept] == [RegionKind.MEASUREMENT]
    assert len(done.regions) == 8


def test_the_summary_counts_and_speaks_plainly(done):
    summary = done.summary
    assert (summary.images, summary.pictures, summary.hashed, summary.unused_known) == (8, 8, 2, 1)
    assert list(summary.lines()) == [
        "8 images: 5 published as 8 pictures, 3 in quarantine",
        "  3 UNREADABLE_IMAGE",
        "1 rows of --known-phi name no image in the folder",
    ]


def small(folder):
    """Two images that are rejected before anything is read, one below a path with a name."""
    (folder / NAME).mkdir(parents=True)
    for place in (NAME, "."):
        (folder / place / "empty.png").touch()
    return folder


def run(base, source, out, key=None):
    known = base / "known.jsonl"
    known.write_text(json.dumps({"image": f"{NAME}/empty.png", "known_phi": {"names": [NAME]}}), encoding="utf-8")
    config = Masking(
        pseudonym=Pseudonym(key_file=key, key_env="SONOCURATE_TEST_NO_KEY"), desensitize=Desensitize(workers=1)
    )
    summary = desensitize_folder(source, out, known_phi=known, config=config)
    return summary, {row["image"]: row["reason"] for row in rows(out / "quarantine.jsonl")}


@pytest.mark.slow
def test_the_same_key_gives_the_same_hashed_paths_and_no_key_gives_new_ones(tmp_path):
    source = small(tmp_path / "in")
    for name in ("one", "other"):
        init_key(tmp_path / f"{name}.key")
    first, second, other = (
        run(tmp_path, source, tmp_path / f"out-{number}", tmp_path / f"{key}.key")[1]
        for number, key in enumerate(("one", "one", "other"))
    )
    assert first == second
    assert set(first) & set(other) == {"empty.png"}
    assert set(first.values()) == {RejectReason.EMPTY_FILE}
    (hashed,) = set(first) - {"empty.png"}
    assert len(hashed) == 32 + len("/empty.png")
    summary, without = run(tmp_path, source, tmp_path / "out-3")
    assert set(without) & {*first, *other} == {"empty.png"}
    assert "hashed with a key of this run only" in "\n".join(summary.lines())


def test_folders_that_cannot_be_are_refused_before_anything_is_written(tmp_path):
    source = small(tmp_path / "in")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x", encoding="utf-8")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "link").symlink_to(source)
    before = sorted(tmp_path.rglob("*"))
    for out, says in (
        (tmp_path / "full", "not empty"),
        (tmp_path / "file", "not empty"),
        (tmp_path / "file" / "below", "cannot be made"),
        (source, "only read"),
        (source / "out", "only read"),
        (tmp_path / "link" / "out", "only read"),
    ):
        with pytest.raises(ConfigError, match=says):
            desensitize_folder(source, out, known_phi=None, config=Masking())
    with pytest.raises(ConfigError, match="not a folder"):
        desensitize_folder(tmp_path / "nowhere", tmp_path / "out", known_phi=None, config=Masking())
    assert sorted(tmp_path.rglob("*")) == before


def test_masking_takes_its_part_of_a_pipeline_toml(tmp_path):
    (tmp_path / "p.toml").write_text(
        '[input]\ntable = "t"\nimages = "i"\n[pseudonym]\nkey_file = "k"\n[desensitize]\nmargin_px = 4\n',
        encoding="utf-8",
    )
    config = load_masking(tmp_path / "p.toml")
    assert config.pseudonym.key_file == tmp_path / "k"
    assert config.desensitize.margin_px == 4
    (tmp_path / "p.toml").write_text("[desensitize]\nmargin = 4\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"desensitize\.margin: unknown key"):
        load_masking(tmp_path / "p.toml")
