"""What a reviewer cannot overrule: known PHI, parts of a hospital's name, identifiers; in any view of the box."""

import numpy as np
import pytest

from curation.image.known import KnownPhi
from flows.masks.review.second_look import look_again
from flows.masks.review.sources import Pair
from schemas.region import TextRegion
from schemas.review import ReviewOutcome

KNOWN = {"names": ["ZHANG WEI", "欧阳小明"], "ids": ["ZY00031288"], "dates": ["1990-02-03"]}
PLACES = ("Quillmoor General Hospital", "青澜市第三人民医院")
BOX = (20, 20, 60, 36)


class Says:
    """Reads one text, but only in pictures that fit (a view, a turn); remembers what it was shown."""

    def __init__(self, text, fits=lambda pixels: True):
        self.text, self.fits, self.shown = text, fits, []

    def read(self, pixels):
        self.shown.append(pixels)
        rows, cols = pixels.shape[:2]
        return [TextRegion((0, 0, cols, rows), self.text if self.fits(pixels) else "", 0.5)]


class SaysLines(Says):
    """The same behind the port of an engine that reads given lines."""

    def detect(self, pixels, **_):
        raise AssertionError("detection is done by read")

    def read_boxes(self, pixels, boxes):
        assert boxes == [(0, 0, pixels.shape[1], pixels.shape[0])]
        return self.read(pixels)


def pair():
    source = np.random.default_rng(0).integers(60, 200, (80, 100, 3), dtype=np.uint8)
    return Pair({}, source, source, KnownPhi(KNOWN), PLACES)


@pytest.mark.parametrize("engine", [Says, SaysLines])
@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("Zhang, W", "refused_known_phi"),
        ("ZHANGWEl", "refused_known_phi"),
        ("欧阳小明", "refused_known_phi"),
        ("ZY0003128", "refused_known_phi"),
        ("03/02/1990", "refused_known_phi"),
        ("Quillmoor Gen", "refused_known_phi"),
        ("*Quilmoor General*", "refused_known_phi"),
        ("第三人民", "refused_known_phi"),
        ("2024-03-05", "refused_identifier"),
        ("14:35:53", "refused_identifier"),
        ("No 4471203", "refused_identifier"),
        ("女 93岁", "refused_identifier"),
        ("M/093", "refused_identifier"),
        ("092Y F", "refused_identifier"),
        ("女 70岁", None),
        ("070Y F", None),
        ("Sag Liver L-M", None),
        ("IVSd 1.2 cm", None),
        ("HR 95 bpm", None),
        ("V 93.5 cm/s", None),
        ("3点钟", None),
        ("", None),
    ],
)
def test_what_is_read_decides(text, outcome, engine):
    assert look_again(pair(), BOX, engine(text)) == (ReviewOutcome(outcome) if outcome else None)


def test_one_view_that_reads_it_is_enough():
    for scale in (1, 2, 3):
        engine = Says("ZHANG WEI", lambda pixels, scale=scale: pixels.shape[0] == 28 * scale)
        assert look_again(pair(), BOX, engine) is ReviewOutcome.REFUSED_KNOWN_PHI


@pytest.mark.parametrize("engine", [Says, SaysLines])
def test_tall_boxes_are_read_both_ways(engine):
    source = pair().source.copy()
    source[10:70, 10:26] = 0
    source[12:16, 10:26] = 255  # a mark at the upper end
    tall = Pair({}, source, source, KnownPhi(KNOWN), PLACES)
    for mark in (slice(0, 20), slice(-20, None)):
        seen = engine("ZHANG WEI", lambda pixels, mark=mark: pixels.shape[1] > 50 and pixels[:, mark].max() > 200)
        assert look_again(tall, (10, 10, 26, 70), seen) is ReviewOutcome.REFUSED_KNOWN_PHI


def test_only_the_pixels_of_the_box_are_read():
    engine = Says("")
    look_again(pair(), BOX, engine)
    plain = engine.shown[0]
    assert plain.shape == (28, 52, 3)
    assert (plain[6:-6, 6:-6] == pair().source[20:36, 20:60]).all()
    inside = np.zeros(plain.shape[:2], dtype=bool)
    inside[6:-6, 6:-6] = True
    assert (plain[~inside] == 0).all()
