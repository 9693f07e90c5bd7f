"""What holds for every frame, whatever an engine says: the invariant of masking.

1. The output is uint8[H, W, 3] of the source's size; a pixel is the source's, or black.
2. A pixel that differs lies in a masked line's box widened by the margin (or in the core of a box, or in the band).
3. The core of every masked line is black (its rim and margin give way to kept lines), and so is the whole band.
4. The core of every kept line is the source's, bit for bit, but where the core of a masked line clips a quarter of it.
"""

import warnings
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from curation.image.desensitize import desensitize
from curation.image.errors import DecodeError
from curation.image.mask import area, clip, core, widen
from curation.image.overlay import Tools, masked_frames
from schemas.config import Desensitize
from schemas.region import TextRegion
from schemas.reject import RejectReason
from tests.curation.image.fakes import LAYOUTS, MemoryImage, Pixels
from tests.curation.image.test_desensitize import rows

CONFIG = Desensitize(single_region_only=False)
SECRET = "Quentin Zarathustra"
KNOWN = {"names": [SECRET]}
SCREENED = {RejectReason.BLANK_IMAGE, RejectReason.DOCUMENT_SCREEN, RejectReason.RESIDUAL_PHI}
TEXTS = (
    *(
        "",
        "   ",
        "+",
        "1",
        "a",
        "10",
        "20",
        "30",
        "-12",
        "12",
        "120",
        "LIVER",
        "GB",
        "RT KIDNEY SAG",
        "RI 0.65",
        "MI 1.2",
    ),
    *(
        "D1 23.1 mm",
        "左乳 3点",
        "姓名: 张伟",
        "Name:",
        SECRET,
        "2024-01-01",
        "SMITH, ANN RT KIDNEY",
        "RT KIDNEY LONG 1.2 cm",
    ),
    *("x" * 5000, "1 " * 2000, "\x00\x01", "٣٤", "Ⅷ²", "🙂", "ﬁ"),
)


def quick(max_examples):
    """The same examples in every run."""
    every = list(HealthCheck)
    return settings(max_examples=max_examples, derandomize=True, deadline=None, suppress_health_check=every)


class View(MemoryImage):
    """Frames that come with the strides that they have."""

    def frame(self, index):
        return self.frames[index]


@dataclass
class Scripted:
    """Answers one after the other, whatever it is shown; may fail at a call."""

    answers: list
    fails_at: int | None = None
    calls: int = field(default=0, init=False)

    def read(self, pixels):
        assert pixels.dtype == np.uint8
        self.calls += 1
        if self.fails_at is not None and self.calls > self.fails_at:
            raise RuntimeError(f"failed at {SECRET}")
        return list(self.answers[self.calls % len(self.answers)])


class ScriptedLines(Scripted):
    """The same with detection and reading apart."""

    def detect(self, pixels, **_):
        return [region.box_px for region in self.read(pixels)]

    def read_boxes(self, pixels, boxes):
        said = self.read(pixels) or [TextRegion((0, 0, 0, 0), "", 0.0)]
        return [TextRegion(box, said[i % len(said)].text, said[i % len(said)].score) for i, box in enumerate(boxes)]


texts = st.one_of(st.sampled_from(TEXTS), st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
scores = st.floats(0, 1)
far = st.integers(-300, 600) | st.sampled_from([-(2**40), -(2**31), 2**31, 2**40, 10**9])
anywhere = st.one_of(
    st.tuples(far, far, far, far),
    st.tuples(st.integers(-20, 260), st.integers(-20, 460), st.integers(0, 150), st.integers(0, 30)).map(
        lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
    ),
)


@st.composite
def stacks(draw):
    """Lines right above each other, which may overlap by a few pixels."""
    x, y = draw(st.integers(0, 60)), draw(st.integers(0, 60))
    lines = []
    for text in draw(st.lists(st.sampled_from(TEXTS), min_size=2, max_size=5)):
        height, shift = draw(st.integers(10, 44)), draw(st.integers(0, 20))
        lines.append(TextRegion((x + shift, y, x + shift + draw(st.integers(20, 150)), y + height), text, draw(scores)))
        y += height - draw(st.integers(-6, 9))
    return lines


regions = st.lists(st.builds(TextRegion, anywhere, texts, scores), max_size=10) | stacks()
answers_of = st.lists(regions, min_size=1, max_size=3)
usual_sides = st.integers(24, 120) | st.integers(400, 430)


@st.composite
def frames_of(draw, sides=usual_sides):
    """One to three frames of one size: noise, with a plain top or faint, that may change from one to the next."""
    rows_px, cols_px = draw(sides), draw(st.integers(24, 200))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    first = rng.integers(0, 256, (rows_px, cols_px, 3), dtype=np.uint8)
    first[: draw(st.sampled_from([0, rows_px // 6]))] = 30
    first //= draw(st.sampled_from([1, 1, 9]))
    frames = [first]
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        other = frames[-1].copy()
        y, x = int(rng.integers(rows_px)), int(rng.integers(cols_px))
        other[y : y + 20, x : x + 60 : 3] = 255 - other[y : y + 20, x : x + 60 : 3]
        frames.append(other)
    layout = LAYOUTS[draw(st.sampled_from(sorted(LAYOUTS)))]
    return draw(st.sampled_from([View, MemoryImage]))([layout(frame) for frame in frames])


def area_of(shape, boxes):
    inside = np.zeros(shape, dtype=bool)
    for box in boxes:
        x0, y0, x1, y1 = clip(box, *shape)
        inside[y0:y1, x0:x1] = True
    return inside


def check_masking(source, pixels, decisions, margin=CONFIG.margin_px):
    """The invariant; see the top of this file."""
    assert pixels.dtype == np.uint8
    assert pixels.shape == source.shape
    shape = source.shape[:2]
    band = [d.region.box_px for d in decisions if d.rule == "header_geometry"]
    lines = [d for d in decisions if not d.kept and d.rule != "header_geometry"]
    hidden = [core(d.region.box_px) for d in lines]
    reach = [box for d in lines for box in (widen(d.region.box_px, margin), core(d.region.box_px))]
    kept = [core(d.region.box_px) for d in decisions if d.kept]
    changed = (pixels != source).any(axis=2)
    assert not pixels[changed].any()
    assert not (changed & ~area_of(shape, [*reach, *band])).any()
    assert not pixels[area_of(shape, [*hidden, *band])].any()
    assert not changed[area_of(shape, kept) & ~area_of(shape, hidden)].any()


def check_image(image, ocr):
    """Mask all frames; every one must hold the invariant, and all must share their decisions."""
    before = [frame.copy() for frame in image.frames]
    out = list(masked_frames(image, range(image.n_frames), KNOWN, Tools(ocr, CONFIG)))
    assert [frame.index for frame in out] == list(range(image.n_frames))
    for source, frame in zip(before, out, strict=True):
        assert frame.decisions == out[0].decisions
        check_masking(source, frame.pixels, frame.decisions)
    assert all((frame == then).all() for frame, then in zip(image.frames, before, strict=True))
    return out


def within(answers, image):
    """Clip all boxes, and drop what lies outside, as engines do; small frames are read at twice the size."""
    rows_px, cols_px = image.frames[0].shape[:2]
    scale = 1 if rows_px >= CONFIG.upscale_below_px else 2
    clipped = [[replace(r, box_px=clip(r.box_px, rows_px * scale, cols_px * scale)) for r in a] for a in answers]
    return [[r for r in a if area(r.box_px)] for a in clipped]


def check_engine(image, answers, reader):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            out = check_image(image, reader(within(answers, image)))
        except DecodeError as error:
            event(error.reason)
            assert error.reason in SCREENED
        else:
            event("published")
            return out
    return None


readers = st.sampled_from([Scripted, ScriptedLines])


@quick(100)
@given(frames_of(), answers_of, readers)
def test_whatever_an_engine_reads_the_core_of_masked_lines_is_black_and_nothing_else_changes(
    capfd, caplog, image, answers, reader
):
    check_engine(image, answers, reader)
    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""


@pytest.mark.chaos
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(frames_of(), answers_of, readers)
def test_chaos_of_engines(image, answers, reader):
    check_engine(image, answers, reader)


@quick(50)
@given(frames_of(st.integers(1, 40) | st.integers(400, 410)), answers_of, readers)
def test_boxes_beyond_the_frame_and_tiny_frames_are_masked_or_give_nothing(image, answers, reader):
    given_out = masked_frames(image, range(image.n_frames), KNOWN, Tools(reader(answers), CONFIG))
    try:
        first = next(given_out)
    except Exception:  # noqa: BLE001 - the step rejects the image, whatever failed
        assert list(given_out) == []
    else:
        check_masking(image.frames[0], first.pixels, first.decisions)


@quick(40)
@given(frames_of(), answers_of, readers, st.integers(0, 4))
def test_an_engine_that_fails_at_any_call_gives_no_output(capfd, caplog, image, answers, reader, calls):
    ocr = reader(within(answers, image), fails_at=calls)
    result = desensitize(rows("a", known=KNOWN), config=CONFIG, ocr=ocr, pixels=Pixels({"a": image}))
    if ocr.calls > calls:
        assert result.kept.num_rows == result.byproducts["text_regions"].num_rows == 0
        assert result.rejected["reason"].to_pylist() == ["OCR_FAILED"]
    assert "arathustra" not in str([result.rejected.to_pylist(), result.byproducts["text_regions"].to_pylist()])
    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""


@quick(25)
@given(frames_of())
def test_an_engine_that_finds_nothing_never_fails(image):
    out = check_engine(image, [[]], Scripted)
    assert out or all(frame[..., :3].mean(axis=2).std() < 2 for frame in image.frames)
    for frame in out or ():
        assert {d.rule for d in frame.decisions} <= {"header_geometry"}


NAMES = [TextRegion((10, 10, 40, 20), SECRET, 0.9), TextRegion((70, 12, 120, 22), "RI 0.65", 0.9)]


def bars(rows_px, cols_px):
    """A cheap picture of any size."""
    frame = np.zeros((rows_px, cols_px, 3), dtype=np.uint8)
    frame[rows_px // 3 :, :: max(1, cols_px // 40)] = 90
    return frame


@pytest.mark.parametrize("size", [(6, 6), (7, 300), (300, 7), (64, 3000), (4000, 48), (1024, 1500)])
def test_sizes(size):
    assert len(check_image(MemoryImage([bars(*size)]), Scripted([NAMES]))) == 1


@pytest.mark.chaos
@pytest.mark.parametrize("size", [(8192, 8192), (64, 8192), (8192, 64)])
def test_chaos_of_sizes(size):
    assert len(check_image(MemoryImage([bars(*size)]), Scripted([NAMES]))) == 1
