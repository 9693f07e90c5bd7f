"""The board: a screen being drawn, and the truth that is written down with each stroke.

In: textures, paint and text at places. Out: pixels, items, pictograms, scan boxes.
Text is kept as stamps apart from the paint, so that a cine can change one text and leave the rest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from flows.planted.fonts import Style, draw_text, ink_of
from flows.planted.frame import Box, Colour, Pixels, Planted, inside, luma, overlaps
from schemas.region import RegionKind

_LEAST_CONTRAST = 60
#: Text that the speckle drowns identifies nobody: contrast is at least this many standard deviations of the ground.
_CLEAR_OF_NOISE = 1.5
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True)
class Tag:
    """What a text is."""

    kind: RegionKind
    role: str
    language: str
    group: int = -1


@dataclass(frozen=True)
class Job:
    """A text to place: ``at`` is (x, top of the line box), x being its left, right or centre by ``anchor``."""

    text: str
    at: tuple[int, int]
    style: Style
    tag: Tag
    anchor: str = "l"


@dataclass(frozen=True)
class Stamp:
    """A placed text: its item, its alpha uint8[h, w] at ``corner``, its colour and the job it came from."""

    item: Planted
    alpha: Pixels
    corner: tuple[int, int]
    colour: Colour
    job: Job


class Board:
    """A screen of ``width`` x ``height``; ``faint`` gives a range of contrast in place of the style's own colour."""

    def __init__(self, size: tuple[int, int], rng: Random, faint: tuple[int, int] | None = None) -> None:
        width, height = size
        self.width, self.height, self.rng, self.faint = width, height, rng, faint
        self.ground: Pixels = np.zeros((height, width, 3), np.uint8)
        self._paint: NDArray[np.float32] = np.zeros((height, width, 3), np.float32)
        self._cover: NDArray[np.float32] = np.zeros((height, width), np.float32)
        self.stamps: list[Stamp] = []
        self.pictograms: list[Box] = []
        self.scan_boxes: list[Box] = []
        self.reserved: list[Box] = []
        self.band: Box | None = None
        self._groups = 0

    def group(self) -> int:
        """Give the number of a new measurement statement."""
        self._groups += 1
        return self._groups

    def fill(self, box: Box, colour: Colour, alpha: float = 1.0) -> None:
        """Paint a box."""
        x0, y0, x1, y1 = box
        self.blend(np.full((y1 - y0, x1 - x0), alpha, np.float32), (x0, y0), colour)

    def blend(self, alpha: NDArray[np.float32], corner: tuple[int, int], colour: Colour | Pixels) -> None:
        """Paint through an alpha mask of 0-1."""
        x, y = corner
        rows, columns = slice(y, y + alpha.shape[0]), slice(x, x + alpha.shape[1])
        shade = alpha[..., None]
        self._paint[rows, columns] = np.asarray(colour, np.float32) * shade + self._paint[rows, columns] * (1 - shade)
        self._cover[rows, columns] = alpha + self._cover[rows, columns] * (1 - alpha)

    def picture(self, image: Pixels, corner: tuple[int, int]) -> Box:
        """Paint an opaque image and give its box."""
        self.blend(np.ones(image.shape[:2], np.float32), corner, image)
        return (corner[0], corner[1], corner[0] + image.shape[1], corner[1] + image.shape[0])

    def under(self, box: Box, ground: Pixels | None = None) -> Pixels:
        """Give ground and paint, without text, in a box."""
        rows, columns = slice(box[1], box[3]), slice(box[0], box[2])
        base = (self.ground if ground is None else ground)[rows, columns]
        mixed = base * (1 - self._cover[rows, columns, None]) + self._paint[rows, columns]
        return np.asarray(np.clip(np.rint(mixed), 0, 255), dtype=np.uint8)

    def render(self, ground: Pixels | None = None, stamps: Iterable[Stamp] | None = None) -> Pixels:
        """Compose the screen: ground, paint, text."""
        pixels = self.under((0, 0, self.width, self.height), ground)
        for stamp in self.stamps if stamps is None else stamps:
            draw_stamp(pixels, stamp)
        return pixels

    def is_free(self, box: Box, margin_px: int = 2) -> bool:
        """Tell whether a box lies on the screen and touches no text, pictogram or reserved place."""
        if not inside(box, (1, 1, self.width - 1, self.height - 1)):
            return False
        taken = [stamp.item.box for stamp in self.stamps] + self.pictograms + self.reserved
        return not any(overlaps(box, other, margin_px) for other in taken)

    def put(self, *jobs: Job) -> list[Stamp]:
        """Place texts together, or none of them where one does not fit or cannot be read."""
        stamps: list[Stamp] = []
        for job in jobs:
            stamp = self.stamp(job)
            if stamp is None or any(overlaps(stamp.item.box, other.item.box, 1) for other in stamps):
                return []
            stamps.append(stamp)
        self.stamps += stamps
        return stamps

    def stamp(self, job: Job, *, anywhere: bool = False) -> Stamp | None:
        """Draw a text at its place without keeping it; ``anywhere`` asks neither for a free place nor for contrast."""
        alpha, corner = _glyphs_at(job)
        if alpha.size == 0:
            return None
        ink = ink_of(alpha)
        rows, columns = np.nonzero(ink.any(axis=1))[0], np.nonzero(ink.any(axis=0))[0]
        x, y = corner
        whole = (x, y, x + alpha.shape[1], y + alpha.shape[0])
        if not inside(whole, (0, 0, self.width, self.height)) or not (anywhere or self.is_free(whole)):
            return None
        top, left, bottom, right = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
        box = (x + int(left), y + int(top), x + int(right), y + int(bottom))
        colour, contrast = self._colour(job.style.colour, box, anyhow=anywhere)
        if colour is None:
            return None
        item = Planted(
            text=job.text,
            kind=job.tag.kind,
            box=box,
            ink=ink[top:bottom, left:right].copy(),
            language=job.tag.language,
            size_px=job.style.size_px,
            contrast=contrast,
            role=job.tag.role,
            in_band=self.band is not None and inside(box, self.band),
            group=job.tag.group,
        )
        return Stamp(item, alpha, corner, colour, job)

    def _colour(self, wanted: Colour, box: Box, *, anyhow: bool) -> tuple[Colour | None, int]:
        """Give the colour that a person can read on this ground, and its contrast; ``anyhow`` asks for no more."""
        below = luma(self.under(box))
        ground, noise = float(np.median(below)), float(below.std())
        if anyhow:
            return wanted, round(float(luma(np.array(wanted, np.uint8))) - ground)
        if self.faint is not None:
            colour, contrast = _faint_colour(wanted, ground, self.rng.randint(*self.faint))
            return (colour, contrast) if contrast >= noise * _CLEAR_OF_NOISE else (None, 0)
        for colour in (wanted, _WHITE, (255, 255, 80)):
            contrast = round(float(luma(np.array(colour, np.uint8))) - ground)
            if abs(contrast) >= max(_LEAST_CONTRAST, noise * _CLEAR_OF_NOISE):
                return colour, contrast
        return None, 0


def draw_stamp(pixels: Pixels, stamp: Stamp) -> None:
    """Draw a placed text onto pixels, with its dark outline where the style asks for one."""
    x, y = stamp.corner
    height, width = stamp.alpha.shape
    if stamp.job.style.outline:
        for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1), (1, 1)):
            _blend(pixels, stamp.alpha, (x + dx, y + dy), _BLACK)
    if height and width:
        _blend(pixels, stamp.alpha, (x, y), stamp.colour)


def _blend(pixels: Pixels, alpha: Pixels, corner: tuple[int, int], colour: Colour) -> None:
    x, y = max(0, corner[0]), max(0, corner[1])
    shade = alpha[y - corner[1] :, x - corner[0] :, None].astype(np.float32) / 255
    view = pixels[y : y + shade.shape[0], x : x + shade.shape[1]]
    shade = shade[: view.shape[0], : view.shape[1]]
    view[:] = np.rint(view * (1 - shade) + np.asarray(colour, np.float32) * shade).astype(np.uint8)


def _faint_colour(wanted: Colour, ground: float, contrast: int) -> tuple[Colour | None, int]:
    """Keep a trace of the wanted hue, but only so far above the ground."""
    target = ground + contrast
    if target > 250:
        return None, 0
    hue = np.asarray(wanted, np.float64)
    hue = hue / max(1.0, float(hue @ np.array([0.299, 0.587, 0.114]))) * target
    mixed = np.clip(np.rint(0.35 * hue + 0.65 * target), 0, 255).astype(np.uint8)
    exact = round(float(luma(mixed)) - ground)
    return (int(mixed[0]), int(mixed[1]), int(mixed[2])), exact


def _glyphs_at(job: Job) -> tuple[Pixels, tuple[int, int]]:
    """Draw a job's glyphs and give the corner of their mask."""
    alpha, dx, dy, advance = draw_text(job.text, job.style)
    x, y = job.at
    if job.style.turn:
        return np.ascontiguousarray(np.rot90(alpha, 1 if job.style.turn == 90 else 3)), (x, y)
    shift = {"l": 0, "r": advance, "c": advance // 2}[job.anchor]
    return alpha, (x - shift + dx, y + dy)


def in_a_row(
    parts: Sequence[tuple[str, Tag]], at: tuple[int, int], style: Style, gap_px: int = 0
) -> tuple[list[Job], int]:
    """Set texts one after the other; give the jobs and the width of the row in px."""
    jobs, x = [], at[0]
    for text, tag in parts:
        jobs.append(Job(text, (x, at[1]), style, tag))
        x += draw_text(text, style).advance + gap_px
    return jobs, x - at[0] - gap_px
