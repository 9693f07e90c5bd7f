"""Glyphs: text in, coverage of pixels out; the same on each machine.

In: a text and its style. Out: a cropped alpha mask and where it stands in its line box.
Fonts: Pillow's built-in vector and bitmap fonts, OpenCV's built-in font, Noto Sans/Serif SC (pylopdf-fonts-zh-cn).
"""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from flows.planted.frame import Colour, Pixels
from flows.sample.fonts import NOTO, font_bytes

#: The baseline stands this part of the font size below the top of the line box.
_BASELINE = 0.82
_LATIN_1 = 0x100


@dataclass(frozen=True)
class Style:
    """How a text is drawn. ``turn`` is 0, 90 (reads upwards) or 270 (reads downwards)."""

    font: str
    size_px: int
    colour: Colour
    mono: bool = False
    crisp: bool = False
    outline: bool = False
    turn: int = 0


class Glyphs(NamedTuple):
    """A drawn text: alpha uint8[h, w], its offset in the line box and the advance, in px."""

    alpha: Pixels
    dx: int
    dy: int
    advance: int


def draw_text(text: str, style: Style) -> Glyphs:
    """Draw a text as coverage, 0-255; scripts that a font lacks fall back to Noto Sans."""
    font = style.font
    if any(ord(char) >= _LATIN_1 for char in text) and font not in NOTO:
        font = "sans"
    line, pen = _line(text, font, style)
    if style.crisp or font == "bitmap":
        line = np.where(line >= 110, 255, 0).astype(np.uint8)
    else:
        line = np.clip(line.astype(np.int32) * 4 // 3, 0, 255).astype(np.uint8)
    rows, columns = np.nonzero(line.max(axis=1))[0], np.nonzero(line.max(axis=0))[0]
    if len(rows) == 0:
        return Glyphs(np.zeros((0, 0), np.uint8), 0, 0, pen)
    pad = style.size_px
    alpha = line[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Glyphs(np.ascontiguousarray(alpha), int(columns[0]) - pad, int(rows[0]) - pad, pen)


def line_height(style: Style) -> int:
    """Give the height of a line box in px."""
    return round(style.size_px * 1.25)


def _line(text: str, font: str, style: Style) -> tuple[Pixels, int]:
    """Draw one line on a roomy sheet whose origin is (size, size)."""
    size = style.size_px
    if font == "bitmap":
        return _bitmap(text, size)
    if not style.mono:
        return _sheet([(0, text)], _width(text, font, size), font, size)
    cell = max(1, round(size * 0.6))
    places, pen = [], 0
    for char in text:
        wide = ord(char) >= 0x2E80
        width = _width(char, font, size)
        places.append((pen + ((2 * cell if wide else cell) - width) // 2, char))
        pen += 2 * cell if wide else max(cell, width)
    return _sheet(places, pen, font, size)


def _sheet(places: list[tuple[int, str]], advance: int, font: str, size: int) -> tuple[Pixels, int]:
    width, height, base = advance + 2 * size, 3 * size, size + round(size * _BASELINE)
    if font.startswith("rubik"):
        sheet = np.zeros((height, width), np.uint8)
        for x, part in places:
            cv2.putText(sheet, part, (size + x, base), _rubik(font), _rubik_scale(size), 255, 1, cv2.LINE_AA)
        return sheet, advance
    image = Image.new("L", (width, height))
    pen = ImageDraw.Draw(image)
    for x, part in places:
        pen.text((size + x, base), part, font=_truetype(font, size), fill=255, anchor="ls")
    return np.asarray(image), advance


def _width(text: str, font: str, size: int) -> int:
    if font.startswith("rubik"):
        return int(cv2.getTextSize(text, _rubik(font), _rubik_scale(size), 1)[0][0])
    return round(_truetype(font, size).getlength(text))


def _rubik(font: str) -> int:
    return int(cv2.FONT_HERSHEY_DUPLEX if font == "rubik_bold" else cv2.FONT_HERSHEY_SIMPLEX)


def _rubik_scale(size: int) -> float:
    return size / 30


def _bitmap(text: str, size: int) -> tuple[Pixels, int]:
    """Draw Pillow's 11-pixel bitmap font, doubled for large sizes."""
    font = ImageFont.load_default_imagefont()
    mask = font.getmask(text)
    glyphs = (np.array(mask).reshape(mask.size[1], mask.size[0]) > 0).astype(np.uint8) * 255
    factor = max(1, round(size / 11))
    glyphs = glyphs.repeat(factor, axis=0).repeat(factor, axis=1)
    sheet = np.zeros((glyphs.shape[0] + 2 * size, glyphs.shape[1] + 2 * size), np.uint8)
    sheet[size : size + glyphs.shape[0], size : size + glyphs.shape[1]] = glyphs
    return sheet, int(glyphs.shape[1])


@lru_cache(maxsize=64)
def _truetype(font: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(BytesIO(font_bytes(font)), size, layout_engine=ImageFont.Layout.BASIC)


def ink_of(alpha: Pixels) -> NDArray[np.bool_]:
    """Give the pixels a glyph covers by half or more; a hairline that covers none by half gives its strongest."""
    return alpha >= min(128, max(1, int(alpha.max(initial=0)) // 2 + 1))
