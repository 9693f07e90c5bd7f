import numpy as np
import pytest

from curation.image.errors import DecodeError
from curation.image.overlay import Tools, masked_frames
from schemas.config import Desensitize
from schemas.region import TextRegion
from tests.curation.image.fakes import MemoryImage, ScriptedOcr, speckle
from tests.curation.image.test_cine import tissue, write


class Counting:
    """The real engine, counting whole frames."""

    def __init__(self, engine):
        self.engine, self.frames, self.lines = engine, 0, 0

    def read(self, pixels):
        self.frames += 1
        return self.engine.read(pixels)

    def detect(self, pixels, **at_least):
        return self.engine.detect(pixels, **at_least)

    def read_boxes(self, pixels, boxes):
        self.lines += 1
        return self.engine.read_boxes(pixels, boxes)


def cine(n=12, shown=lambda index: ()):
    """Moving tissue under a dark top, with lines of text per frame."""
    frames = []
    for index in range(n):
        frame = np.zeros((480, 640, 3), dtype=np.uint8)
        frame[80:470, 60:580] = np.roll(tissue(1, 392, 520)[:390] // 2, index % 4, axis=0)
        frame = write(frame, "RT KIDNEY SAG", (240, 440), 18)
        for text, at in shown(index):
            frame = write(frame, text, at, 18)
        frames.append(frame)
    return frames


def published(frames, ocr, known=None, **config):
    image = MemoryImage(frames)
    return list(masked_frames(image, range(len(frames)), known or {}, Tools(ocr, Desensitize(**config))))


def ink(frames, index, box):
    x0, y0, x1, y1 = box
    return frames[index][y0:y1, x0:x1] > 150


@pytest.mark.slow
def test_a_still_overlay_is_read_once_and_kept_text_stays(engine):
    frames = cine()
    ocr = Counting(engine)
    out = published(frames, ocr)
    assert ocr.frames == 1
    box = (238, 438, 400, 462)
    for number, frame in enumerate(out):
        kept = ink(frames, number, box)
        assert kept.any()
        assert (frame.pixels[438:462, 238:400][kept] == frames[number][438:462, 238:400][kept]).all()


@pytest.mark.slow
@pytest.mark.parametrize("at", [(250, 20), (220, 200)], ids=["beside the scan", "on the scan"])
@pytest.mark.parametrize("when", [{5}, {7, 8, 9, 10, 11}], ids=["one frame", "from the middle on"])
def test_identity_that_appears_later_is_masked_in_every_frame(engine, at, when):
    frames = cine(shown=lambda i: [("Zhang Wei 20240309", at)] if i in when else [])
    box = (at[0], at[1], at[0] + 180, at[1] + 24)
    out = published(frames, engine)
    first = min(when)
    seen = ink(frames, first, box)
    assert seen.sum() > 100
    assert (out[first].pixels[box[1] : box[3], box[0] : box[2]][seen] == 0).mean() > 0.97


@pytest.mark.slow
@pytest.mark.parametrize("text", ["Zhang Wei", "王小明"])
def test_a_name_that_is_typed_letter_by_letter_costs_no_more_whole_frames(engine, text):
    frames = cine(shown=lambda i: [(text[: max(0, i - 1)], (250, 20))])
    ocr = Counting(engine)
    out = published(frames, ocr)
    assert ocr.frames == 1
    box = (250, 20, 250 + 16 * len(text), 44)
    for number in range(3, len(frames)):
        seen = ink(frames, number, box)
        assert seen.any()
        assert (out[number].pixels[20:44, box[0] : box[2]][seen] == 0).mean() > 0.97


@pytest.mark.slow
def test_a_landmark_that_grows_into_a_name_is_masked(engine):
    frames = cine(shown=lambda i: [("LIVER" if i < 4 else "LIVER SMITHSON", (250, 20))])
    out = published(frames, engine)
    seen = ink(frames, 8, (300, 20, 400, 44))
    assert seen.any()
    assert (out[8].pixels[20:44, 300:400][seen] == 0).mean() > 0.97


@pytest.mark.slow
def test_another_name_in_the_place_of_a_landmark_is_masked(engine):
    def shown(index):
        return [("LIVER", (300, 30))] if index < 6 else [("LI WEI", (300, 30))]

    frames = cine(shown=shown)
    out = published(frames, engine)
    seen = ink(frames, 8, (296, 26, 370, 54))
    assert (out[8].pixels[26:54, 296:370][seen] == 0).mean() > 0.97


@pytest.mark.slow
def test_a_changing_value_is_read_line_by_line_and_stays(engine):
    frames = cine(shown=lambda i: [(f"D1 2{i % 10}.{i % 7} mm", (420, 120))])
    ocr = Counting(engine)
    out = published(frames, ocr)
    assert ocr.frames == 1
    kept = [
        (frame.pixels[118:146, 418:540][ink(frames, n, (418, 118, 540, 146))] > 0).mean() > 0.99
        for n, frame in enumerate(out)
    ]
    assert all(kept)


def test_nothing_is_given_when_a_later_frame_fails():
    frames = cine(4)

    class Failing(ScriptedOcr):
        def read(self, pixels):
            raise RuntimeError("patient in a message")

    given = masked_frames(MemoryImage(frames), range(4), {}, Tools(Failing([]), Desensitize()))
    with pytest.raises(RuntimeError):
        next(given)


def test_header_band_goes_even_when_nothing_is_read():
    frame = np.zeros((480, 640, 3), dtype=np.uint8)
    frame[:36] = 40
    frame[60:, 60:580] = speckle(420, 520)
    frame[10:24, 20:200:5] = 110  # a faint name
    [out] = published([frame], ScriptedOcr([]))
    assert (out.pixels[:36] == 0).all()
    assert (out.pixels[37:] == frame[37:]).all()


def test_kept_text_in_the_band_stays_whole():
    frame = np.zeros((480, 640, 3), dtype=np.uint8)
    frame[60:, 60:580] = speckle(420, 520)
    frame[10:24, 20:200:5] = 200
    frame[10:24, 400:480:5] = 250
    [out] = published([frame], ScriptedOcr([TextRegion((398, 8, 482, 26), "MI 1.2", 0.99)]))
    assert (out.pixels[8:26, 398:482] == frame[8:26, 398:482]).all()
    assert (out.pixels[10:24, 20:200] == 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("size", [(32, 32), (33, 300), (400, 40), (65, 64)])
def test_odd_sizes_with_the_real_engine(engine, size):
    pixels = speckle(*size)
    try:
        [frame] = published([pixels], engine)
    except DecodeError:
        return
    assert frame.pixels.shape == pixels.shape
