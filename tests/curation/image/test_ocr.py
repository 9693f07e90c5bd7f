import numpy as np

from curation.image.ocr import read_frame, stretch
from tests.curation.image.consoles import draw_console, visible_share
from tests.curation.image.fakes import MemoryImage
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


def test_faint_phi_is_masked_like_bright_phi(engine):
    console = draw_console(500, False)
    faint = console.pixels // 16
    result = run(rows("a", known=console.known), engine, {"a": MemoryImage([faint])})
    [row] = result.kept.to_pylist() or [None]
    if row is not None:  # a frame that the audit takes back is not published either
        shares = [(item.text, visible_share(item, faint, picture(row))) for item in console.items if item.kind == "phi"]
        assert [text for text, share in shares if share > 0.1] == []
    assert engine.read(faint) != read_frame(engine, faint, upscale_below_px=0)
