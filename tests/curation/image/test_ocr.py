import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from curation.image.ocr import read_frame, read_part, stretch
from tests.curation.image.consoles import draw_console, font_path, visible_share
from tests.curation.image.fakes import MemoryImage, speckle
from tests.curation.image.test_cine import write
from tests.curation.image.test_desensitize import picture, rows, run


class Seen:
    def read(self, pixels):
        self.pixels = pixels
        return []


def test_faint_frames_are_read_stretched_and_others_as_they_are():
    faint = np.tile(np.arange(16, dtype=np.uint8)[:, None, None], (40, 30, 3))
    engine = Seen()
    read_frame(engine, faint, upscale_below_px=0)
    assert (engine.pixels.min(), engine.pixels.max()) == (0, 255)
    bright = faint * 16
    assert stretch(bright) is bright
    flat = np.full((8, 8, 3), 7, np.uint8)
    assert stretch(flat) is flat


@pytest.mark.slow
def test_faint_phi_is_masked_like_bright_phi(engine):
    console = draw_console(500, False)
    faint = console.pixels // 8  # 32 grey levels
    result = run(rows("a", known=console.known), engine, {"a": MemoryImage([faint])})
    [row] = result.kept.to_pylist()
    before, after = faint * 8, picture(row) * 8  # as a reader would brighten them
    shares = [(item.text, visible_share(item, before, after)) for item in console.items if item.kind == "phi"]
    assert all(visible_share(item, before, before) == 1 for item in console.items if item.kind == "phi")
    assert shares
    assert [text for text, share in shares if share > 0.1] == []
    assert engine.read(faint) != read_frame(engine, faint, upscale_below_px=0)


def test_a_part_is_read_like_the_whole_and_cut_lines_are_unreadable(engine):
    frame = np.zeros((480, 640, 3), np.uint8)
    frame = write(frame, "RT KIDNEY", (300, 200), 18)
    [whole] = read_frame(engine, frame, upscale_below_px=0)
    [part] = read_part(engine, frame, (240, 160, 500, 260), upscale_below_px=0)
    assert part.text == whole.text == "RT KIDNEY"
    assert np.abs(np.subtract(part.box_px, whole.box_px)).max() <= 4
    [cut] = read_part(engine, frame, (240, 160, 360, 260), upscale_below_px=0)
    assert (cut.score, set(cut.text)) == (0.0, {"\ufffd"})


def test_a_name_that_a_frame_strikes_through_is_masked(engine):
    font = ImageFont.truetype(str(font_path(False)), 16)
    image = Image.fromarray(speckle() // 4)
    draw = ImageDraw.Draw(image)
    draw.rectangle((80, 60, 520, 352), outline=(255, 255, 255), width=2)
    draw.text((100, 340), "LUO MEILING", font=font, fill=(230, 230, 230))
    box = draw.textbbox((100, 340), "LUO MEILING", font=font)
    source = np.asarray(image)
    result = run(rows("a"), engine, {"a": MemoryImage([source])})
    [row] = result.kept.to_pylist()
    x0, y0, x1, y1 = box
    assert (picture(row)[y0 + 3 : y1, x0:x1] == source[y0 + 3 : y1, x0:x1]).all(axis=2).mean() < 0.2
