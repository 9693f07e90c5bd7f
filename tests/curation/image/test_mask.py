import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.image.mask import clip, core, cut_out, mask, mask_lines, widen
from tests.curation.image.fakes import LAYOUTS

boxes = st.lists(st.tuples(*[st.integers(-300, 300)] * 4), max_size=6)
sizes = st.tuples(st.integers(1, 64), st.integers(1, 64))


def frame(size):
    return np.random.default_rng(1).integers(1, 256, (*size, 3), dtype=np.uint8)


def covered(size, boxes):
    inside = np.zeros(size, dtype=bool)
    for x0, y0, x1, y1 in boxes:
        rows, cols = np.mgrid[: size[0], : size[1]]
        inside |= (rows >= y0) & (rows < y1) & (cols >= x0) & (cols < x1)
    return inside


@given(sizes, boxes)
def test_mask_fills_boxes_and_nothing_else(size, boxes):
    pixels = frame(size)
    source = pixels.copy()
    masked = mask(pixels, boxes)
    inside = covered(size, boxes)
    assert (masked[inside] == 0).all()
    assert (masked[~inside] == source[~inside]).all()
    assert (pixels == source).all()


@given(sizes, boxes, boxes, st.integers(2, 8))
def test_mask_lines_always_fills_the_core_and_stays_in_the_margin(size, lines, spare, margin):
    source = frame(size)
    masked = mask_lines(source, lines, margin_px=margin, spare=spare)
    assert (masked[covered(size, [core(b) for b in lines])] == 0).all()
    outside = ~covered(size, [widen(b, margin) for b in lines] + [core(b) for b in lines])
    assert (masked[outside] == source[outside]).all()


@given(st.tuples(*[st.integers(-300, 300)] * 4), sizes)
def test_clip_stays_in_the_frame(box, size):
    x0, y0, x1, y1 = clip(box, *size)
    assert 0 <= x0 <= x1 <= size[1]
    assert 0 <= y0 <= y1 <= size[0]


def test_neighbouring_kept_line_stays_whole():
    source = np.full((60, 100, 3), 200, dtype=np.uint8)
    masked = mask_lines(source, [(10, 10, 90, 30)], margin_px=3, spare=[(10, 29, 90, 49)])
    assert (masked[12:28, 10:90] == 0).all()
    assert (masked[31:49, 10:90] == 200).all()


@given(
    st.tuples(*[st.integers(-20, 40)] * 4).map(
        lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
    ),
    boxes,
)
def test_cut_out_covers_the_rest_exactly_once(box, holes):
    holes = [(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in holes]
    pieces = cut_out(box, holes)
    size = (48, 48)
    counted = sum((covered(size, [piece]).astype(int) for piece in pieces), np.zeros(size, dtype=int))
    assert (counted == (covered(size, [box]) & ~covered(size, holes))).all()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (33, 70)])
def test_the_kernel_takes_any_strides(layout, size):
    source = np.random.default_rng(1).integers(1, 256, (*size, 3), dtype=np.uint8)
    lines, spare = [(3, 5, 30, 20), (-5, -5, 2, 2), (60, 30, 2**40, 2**40)], [(10, 19, 40, 30)]
    masked = mask_lines(LAYOUTS[layout](source), lines, margin_px=3, spare=spare)
    assert (masked == mask_lines(source, lines, margin_px=3, spare=spare)).all()
    assert masked.flags.owndata


def test_the_kernel_at_the_largest_size():
    source = np.broadcast_to(np.uint8(7), (8192, 8192, 3))
    masked = mask_lines(source, [(8000, 8100, 8300, 8150)], margin_px=3)
    assert not masked[8100:8150, 8000:].any()
    assert int(np.count_nonzero(masked == 0)) == 3 * (8192 - 7997) * 56
