import math

import numpy as np
import pytest
from PIL import Image, ImageDraw

from curation.image.decision import Decision
from curation.image.glyphs import count_glyphs
from curation.image.graphics import spare_graphics, without_specks
from schemas.region import RegionAction, RegionKind, TextRegion
from tests.curation.image.consoles import load_font


def canvas():
    image = Image.new("RGB", (200, 100))
    return image, ImageDraw.Draw(image)


def masked(box, text, score=0.3, rule="default_deny"):
    return Decision(TextRegion(box, text, score), RegionKind.UNKNOWN, RegionAction.MASK, rule)


def rules(decisions, image):
    return [d.rule for d in spare_graphics(decisions, np.asarray(image).copy(), math.inf)]


def test_a_caliper_a_bar_and_a_trace_are_graphics():
    image, draw = canvas()
    draw.line((20, 30, 32, 30), fill="white", width=2)
    draw.line((26, 24, 26, 36), fill="white", width=2)
    draw.rectangle((60, 20, 70, 80), fill="white")
    draw.line((100, 50, 199, 60), fill="white", width=2)
    found = [masked((17, 21, 36, 40), "十"), masked((57, 17, 74, 84), "", 0.0), masked((120, 45, 150, 65), "I")]
    assert rules(found, image) == ["graphic"] * 3


@pytest.mark.parametrize("text", ["王伟", "Li", "ZW"])
def test_two_letters_are_never_a_graphic_however_badly_they_are_read(text):
    image, draw = canvas()
    draw.text((40, 40), text, font=load_font(16, True), fill="white")
    x0, y0, x1, y1 = (int(v) for v in draw.textbbox((40, 40), text, font=load_font(16, True)))
    assert count_glyphs(np.asarray(image).copy(), (x0 - 3, y0 - 3, x1 + 3, y1 + 3)) >= 2
    assert rules([masked((x0 - 3, y0 - 3, x1 + 3, y1 + 3), "玉", 0.2)], image) == ["default_deny"]


def test_one_letter_beside_other_doubtful_text_may_be_part_of_a_name():
    image, draw = canvas()
    draw.text((40, 40), "王", font=load_font(16, True), fill="white")
    draw.text((66, 40), "伟", font=load_font(16, True), fill="white")
    found = [masked((38, 42, 58, 62), "王", 0.4), masked((64, 42, 84, 62), "伟", 0.9)]
    assert rules(found, image) == ["default_deny"] * 2


def test_what_a_second_look_finds_letter_by_letter_is_texture_and_words_are_not():
    speck, word, tall = (
        masked((10, 10, 26, 28), "A"),
        masked((80, 10, 140, 28), "Li Wei"),
        masked((10, 60, 90, 76), "I"),
    )
    assert without_specks([speck, word, tall], []) == [word, tall]
    assert without_specks([speck], [(30, 8, 90, 30)]) == [speck]  # the end of a line that is masked
    beside = [masked((10, 10, 26, 28), "王"), masked((30, 10, 46, 28), "伟")]
    assert without_specks(beside, []) == beside
