"""The screen of an ultrasound console: pixels, and every line of text at a known box.

In: drawing calls of a layout. Out: frames as uint8[H, W, 3] RGB and their text items (tight ink boxes).
Fonts: Noto Sans SC / Noto Serif SC (package ``pylopdf_fonts_zh_cn``) and Pillow's own; basic layout only, so that every
machine draws the same pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from flows.sample.canvas import Pixels, fit
from flows.sample.fonts import font_bytes
from schemas.region import RegionKind

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]

WHITE: Colour = (240, 240, 240)
PHI, MEASUREMENT = RegionKind.PHI, RegionKind.MEASUREMENT
LANDMARK, DEVICE = RegionKind.LANDMARK, RegionKind.DEVICE
#: Below this value an antialiased pixel is not ink.
_INK = 48
_ALWAYS = (0, 10_000)


@dataclass(frozen=True)
class Item:
    """One line of text as it stands on one frame; ``box`` is xyxy px, half-open."""

    text: str = field(repr=False)
    kind: RegionKind
    box: Box

    def as_row(self) -> dict[str, object]:
        """Give the ground-truth form."""
        return {"text": self.text, "kind": self.kind.value, "box": list(self.box)}


@dataclass(frozen=True)
class _Line:
    item: Item
    glyphs: Image.Image
    colour: Colour
    frames: tuple[int, int]


class Screen:
    """A console screen: chrome below, the scan in its box, graphics and text on top."""

    def __init__(self, width_px: int, height_px: int, *, font: str = "sans", ground: Colour = (0, 0, 0)) -> None:
        self.width_px, self.height_px, self.font = width_px, height_px, font
        self.scan_boxes: list[Box] = []
        self._ground = Image.new("RGB", (width_px, height_px), ground)
        self._over: list[Callable[[ImageDraw.ImageDraw], None]] = []
        self._lines: list[_Line] = []

    def band(self, box: Box, colour: Colour) -> None:
        """Fill a part of the ground: a header band or a column."""
        ImageDraw.Draw(self._ground).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=colour)

    def picture(self, pixels: Pixels, left: int, top: int) -> None:
        """Put a small picture on the ground: a body mark or a code."""
        self._ground.paste(Image.fromarray(pixels), (left, top))

    def over(self, draw: Callable[[ImageDraw.ImageDraw], None]) -> None:
        """Draw lines on top of the scan: calipers, ticks, a colour bar."""
        self._over.append(draw)

    def text(  # noqa: PLR0913 - one argument per property of a line of text
        self,
        at: tuple[int, int],
        text: str,
        kind: RegionKind,
        *,
        size: int = 16,
        colour: Colour = WHITE,
        right: bool = False,
        frames: tuple[int, int] = _ALWAYS,
    ) -> Box:
        """Write one line with the top of its capitals at the top left (or right) of ``at``; give its ink box."""
        glyphs, drop = _glyphs(text, size, self.font)
        left = at[0] - glyphs.width if right else at[0]
        left = max(0, min(left, self.width_px - glyphs.width))
        top = max(0, min(at[1] + drop, self.height_px - glyphs.height))
        item = Item(text, kind, (left, top, left + glyphs.width, top + glyphs.height))
        self._lines.append(_Line(item, glyphs, colour, frames))
        return item.box

    def mark(self, text: str, kind: RegionKind, box: Box) -> None:
        """Record text that a picture shows (a QR code)."""
        self._lines.append(_Line(Item(text, kind, box), Image.new("L", (1, 1)), WHITE, _ALWAYS))

    def rows(
        self,
        at: tuple[int, int],
        lines: list[str],
        kind: RegionKind,
        *,
        size: int = 16,
        colour: Colour = WHITE,
        right: bool = False,
    ) -> None:
        """Write lines below each other."""
        for number, line in enumerate(lines):
            self.text(
                (at[0], at[1] + number * (size + size // 3 + 2)), line, kind, size=size, colour=colour, right=right
            )

    def table(
        self,
        at: tuple[int, int],
        pairs: list[tuple[str, str]],
        kind: RegionKind,
        *,
        gap_px: int,
        size: int = 16,
        colour: Colour = WHITE,
    ) -> None:
        """Write label | value rows as two separate columns; a row with an empty value has a label only."""
        pitch = size + size // 3 + 2
        for number, (label, value) in enumerate(pairs):
            self.text((at[0], at[1] + number * pitch), label, kind, size=size, colour=colour)
            if value:
                self.text((at[0] + gap_px, at[1] + number * pitch), value, kind, size=size, colour=colour)

    def items(self, frame: int = 0) -> list[Item]:
        """List the text of a frame."""
        return [line.item for line in self._lines if line.frames[0] <= frame < line.frames[1]]

    def render(self, scans: list[Pixels], frame: int = 0) -> Pixels:
        """Draw one frame; ``scans`` holds one scan frame per scan box."""
        image = self._ground.copy()
        for scan, box in zip(scans, self.scan_boxes, strict=True):
            image.paste(Image.fromarray(fit(scan, box[2] - box[0], box[3] - box[1])), box[:2])
        draw = ImageDraw.Draw(image)
        for lines in self._over:
            lines(draw)
        for line in self._lines:
            if line.frames[0] <= frame < line.frames[1]:
                image.paste(line.colour, line.item.box[:2], line.glyphs)
        return np.asarray(image)


@lru_cache(maxsize=4096)
def _glyphs(text: str, size: int, font: str) -> tuple[Image.Image, int]:
    """Draw text as a mask that is cut to its ink; the number is how far its ink starts below a capital's top."""
    face = _face(size, font if text.isascii() else {"plain": "sans"}.get(font, font))
    width = int(face.getlength(text)) + 2 * size
    mask = Image.new("L", (width, 3 * size))
    ImageDraw.Draw(mask).text((size, size), text, fill=255, font=face)
    mask = mask.point([0] * _INK + list(range(_INK, 256)))
    box = mask.getbbox() or (0, 0, 1, 1)
    return mask.crop(box), box[1] - size - int(face.getbbox("H")[1])


@lru_cache(maxsize=64)
def _face(size: int, font: str) -> ImageFont.FreeTypeFont:
    data = font_bytes(font)
    return ImageFont.truetype(BytesIO(data), size, layout_engine=ImageFont.Layout.BASIC)
