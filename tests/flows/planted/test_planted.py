"""The generator of planted frames: the same seed gives the same frame, and the truth lies where it says."""

import numpy as np
import pytest

from flows.planted import CINE_VARIANTS, LAYOUTS, draw_cine, draw_frame, plant_on
from flows.planted.draw import CONSOLES
from schemas.region import RegionKind

PER_LAYOUT = [(number, layout) for number, layout in enumerate(LAYOUTS)]


@pytest.fixture(scope="module")
def frames():
    """One frame of every layout."""
    return {layout: draw_frame(number, layout=layout) for number, layout in PER_LAYOUT}


def same(one, other):
    return (
        (one.pixels == other.pixels).all()
        and one.known_phi == other.known_phi
        and one.items == other.items
        and all((a.ink == b.ink).all() for a, b in zip(one.items, other.items, strict=True))
    )


def check(frame):
    rows, cols = frame.pixels.shape[:2]
    assert frame.pixels.dtype == np.uint8
    for item in frame.items:
        x0, y0, x1, y1 = item.box
        assert 0 <= x0 < x1 <= cols, item.role
        assert 0 <= y0 < y1 <= rows, item.role
        assert item.ink.shape == (y1 - y0, x1 - x0), item.role
        edges = (item.ink[0], item.ink[-1], item.ink[:, 0], item.ink[:, -1])
        assert all(edge.any() for edge in edges), item.role  # the tight box of its ink
        assert item.text.strip()


def test_there_are_many_layouts_and_all_languages():
    assert len(LAYOUTS) >= 12
    assert {language for console in CONSOLES.values() for language in console.languages} == {"en", "pinyin", "zh"}


def test_the_truth_lies_where_it_says(frames):
    for layout, frame in frames.items():
        assert frame.layout == layout
        check(frame)
        kinds = [item.kind for item in frame.items]
        assert RegionKind.PHI in kinds, layout
        assert {RegionKind.MEASUREMENT, RegionKind.LANDMARK, RegionKind.DEVICE} & set(kinds), layout
        for number, one in enumerate(frame.items):
            for other in frame.items[number + 1 :]:
                x0, y0 = max(one.box[0], other.box[0]), max(one.box[1], other.box[1])
                x1, y1 = min(one.box[2], other.box[2]), min(one.box[3], other.box[3])
                if x0 < x1 and y0 < y1:  # boxes may touch in a line of text; ink may not
                    cut = [
                        item.ink[y0 - item.box[1] : y1 - item.box[1], x0 - item.box[0] : x1 - item.box[0]]
                        for item in (one, other)
                    ]
                    assert not (cut[0] & cut[1]).any(), (layout, one.role, other.role)


def test_ink_stands_out_from_the_ground_it_was_drawn_on(frames):
    for layout, frame in frames.items():
        for item in frame.items:
            x0, y0, x1, y1 = item.box
            grey = frame.pixels[y0:y1, x0:x1] @ np.array([0.299, 0.587, 0.114])
            if abs(item.contrast) >= 60 and not item.ink.all():
                assert np.sign(item.contrast) * (np.median(grey[item.ink]) - np.median(grey[~item.ink])) > 20, (
                    layout,
                    item.role,
                )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("stress", [False, True])
def test_the_same_arguments_give_the_same_frame_and_another_seed_another(language, stress):
    one, again, other = (draw_frame(seed, language=language, stress=stress) for seed in (3, 3, 4))
    assert same(one, again)
    assert one.pixels.shape != other.pixels.shape or (one.pixels != other.pixels).any()
    assert one.language == language
    scripts = {any("\u3400" <= char <= "\u9fff" for char in item.text) for item in one.items}
    assert (True in scripts) == (language == "zh")
    check(one)
    if stress:
        sized = [item for item in one.items if item.role in ("name", "dist", "landmark")]
        assert all(8 <= item.size_px <= 12 for item in sized)


def test_known_phi_is_planted_and_often_partial():
    counts = []
    for seed in range(8):
        frame = draw_frame(seed)
        roles = {item.role for item in frame.items}
        assert "patient_name" not in frame.known_phi or "name" in roles
        counts.append(len(frame.known_phi))
    assert len(set(counts)) > 1


def test_planting_on_a_given_frame_changes_only_what_was_planted():
    ground = np.zeros((360, 480, 3), np.uint8)
    ground[90:300, 120:400] = np.random.default_rng(1).integers(30, 110, (210, 280, 1), dtype=np.uint8)
    for language in ("en", "zh"):
        frame = plant_on(ground, 5, language=language)
        assert same(frame, plant_on(ground, 5, language=language))
        check(frame)
        assert {RegionKind.PHI, RegionKind.MEASUREMENT, RegionKind.LANDMARK} <= {item.kind for item in frame.items}
        assert frame.pixels.shape == ground.shape
    grey = plant_on(ground[..., 0], 5, language="en")
    assert grey.pixels.shape == ground.shape


@pytest.mark.parametrize("variant", CINE_VARIANTS)
def test_a_cine_changes_as_its_variant_says(variant):
    cine, items = draw_cine(2, 6, variant=variant)
    frames = list(cine)
    assert len(frames) == len(items) == len(cine) == 6
    assert len({frame.shape for frame in frames}) == 1
    assert any((frames[0] != frame).any() for frame in frames[1:])  # tissue moves
    again, same_items = draw_cine(2, 6, variant=variant)
    assert (again.frame(4) == frames[4]).all()
    assert same_items == items
    phi = [{item.text for item in row if item.kind is RegionKind.PHI} for row in items]
    at = cine.changes_at
    if variant in ("still", "counter"):
        assert all(texts == phi[0] for texts in phi)
    elif variant in ("appears", "typed"):
        assert phi[0] < phi[at] == phi[-1]
    elif variant == "flash":
        assert phi[0] == phi[-1] < phi[at]
    else:
        assert len({frozenset(texts) for texts in phi}) > 1
    for frame, row in zip(frames, items, strict=True):
        for item in (item for item in row if item.contrast >= 60 and not item.ink.all()):
            x0, y0, x1, y1 = item.box
            grey = frame[y0:y1, x0:x1].max(axis=2)
            assert np.median(grey[item.ink]) > np.median(grey[~item.ink]), item.role
