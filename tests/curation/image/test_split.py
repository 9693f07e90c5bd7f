import numpy as np
import pytest
from PIL import Image, ImageDraw

from curation.image.split import split_lines
from schemas.region import TextRegion
from tests.curation.image.consoles import load_font


def parts(engine, text, read=None):
    image = Image.new("RGB", (640, 60))
    draw = ImageDraw.Draw(image)
    draw.text((20, 20), text, font=load_font(18, True), fill=(230, 230, 230))
    x0, y0, x1, y1 = (int(v) for v in draw.textbbox((20, 20), text, font=load_font(18, True)))
    line = TextRegion((x0 - 4, y0 - 4, x1 + 4, y1 + 4), read or text, 0.99)
    return [piece.text.replace(" ", "") for piece in split_lines(np.asarray(image).copy(), [line], engine)]


@pytest.mark.parametrize(
    ("text", "free"),
    [("LI WEI  RT KIDNEY SAG", "RTKIDNEYSAG"), ("5848333391足底", "足底"), ("右肾纵切 ZHANG WEI", "右肾纵切")],
)
def test_a_landmark_is_cut_off_from_identity(engine, text, free):
    assert free in parts(engine, text)


@pytest.mark.parametrize(
    "text",
    [
        "8328C411",
        "Kidney Care Clinic",
        "EDC 20 Apr 20",
        "Dec 17, 2017 16:30:20",
        "Aug 08, 2019 17:28:01",
        "St. Ann Heart Center",
    ],
)
def test_what_could_be_part_of_identity_is_not_cut_off(engine, text):
    assert len(parts(engine, text)) == 1
