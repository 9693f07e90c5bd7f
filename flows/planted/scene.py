"""A scene: one console in front of one patient, while it is being drawn.

In: a random source, a console and a language. Out: a ``Scene``, which the layouts fill piece by piece.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from flows.planted.board import Board, Tag
from flows.planted.fonts import Style
from flows.planted.frame import Box, Colour, Pixels
from flows.planted.identity import Identity, invent, script
from schemas.region import RegionKind

WHITE, BRIGHT, GREY = (255, 255, 255), (226, 230, 232), (176, 182, 186)
YELLOW, AMBER, CYAN, GREEN = (250, 240, 90), (255, 178, 60), (110, 226, 240), (120, 238, 120)
BLUE, BLACK = (150, 190, 255), (16, 16, 18)
SYSTEMS = ("abdomen", "kidney", "thyroid", "vessel", "heart", "breast", "gynaecology", "obstetrics", "msk")
WOMEN_ONLY = ("gynaecology", "obstetrics")
#: Contrast of faint screens, in grey levels.
FAINT = (25, 60)


@dataclass(frozen=True)
class Look:
    """Fonts, sizes (px) and colours of one console."""

    font: str
    header_px: int
    result_px: int
    setting_px: int
    note_px: int
    header: Colour = WHITE
    result: Colour = WHITE
    setting: Colour = GREY
    note: Colour = WHITE
    mono: bool = False
    crisp: bool = False
    outline: bool = False


@dataclass(frozen=True)
class Console:
    """A console: screen size (px), family of settings, and how its screen is laid out."""

    layout: Callable[["Scene"], None]
    size: tuple[int, int]
    family: str
    fonts: tuple[str, ...]
    px: tuple[int, int]
    languages: tuple[str, ...] = ("en", "pinyin")
    systems: tuple[str, ...] = SYSTEMS


@dataclass
class Scene:
    """A console screen that is being drawn; ``shots`` are the moving textures and their corners."""

    board: Board
    rng: Random
    language: str
    system: str
    family: str
    look: Look
    identity: Identity
    frames: int = 1
    canvases: list[str] = field(default_factory=list)
    shots: list[tuple[tuple[int, int], Pixels]] = field(default_factory=list)

    def style(self, part: str, **changes: object) -> Style:
        """Give the style of ``header``, ``result``, ``setting`` or ``note``; changes override it."""
        look = self.look
        wanted: dict[str, object] = {
            "font": look.font,
            "size_px": getattr(look, f"{part}_px"),
            "colour": getattr(look, part),
            "mono": look.mono,
            "crisp": look.crisp,
            "outline": look.outline and part == "note",
            **changes,
        }
        return Style(**wanted)  # type: ignore[arg-type]

    def tag(self, kind: RegionKind, role: str, text: str, group: int = -1) -> Tag:
        """Say what a text is."""
        return Tag(kind, role, script(text, self.language, role), group)

    def chance(self, share: float) -> bool:
        """Decide by lot."""
        return self.rng.random() < share

    def show(self, shots: Pixels, corner: tuple[int, int], canvas: str) -> Box:
        """Put tissue on the ground; give the box of what the probe sees."""
        self.canvases.append(canvas)
        self.shots.append((corner, shots))
        x, y = corner
        height, width = shots.shape[1:3]
        self.board.ground[y : y + height, x : x + width] = shots[0]
        seen = shots[0].max(axis=2) > 0
        rows, columns = seen.any(axis=1).nonzero()[0], seen.any(axis=0).nonzero()[0]
        box = (x + int(columns[0]), y + int(rows[0]), x + int(columns[-1]) + 1, y + int(rows[-1]) + 1)
        self.board.scan_boxes.append(box)
        return box


def open_scene(console: Console, rng: Random, language: str, *, stress: bool, frames: int = 1) -> Scene:
    """Switch the console on: no texture and no text yet."""
    system = rng.choice(console.systems)
    faint = (rng.randint(FAINT[0], 38), rng.randint(40, FAINT[1])) if stress else None
    return Scene(
        board=Board(console.size, rng, faint),
        rng=rng,
        language=language,
        system=system,
        family=_family(console.family, language, rng),
        look=_look(console, rng, stress=stress),
        identity=invent(rng, language, female=system in WOMEN_ONLY),
        frames=frames,
    )


def _family(family: str, language: str, rng: Random) -> str:
    return "chinese" if language == "zh" and rng.random() < 0.65 else family


def _look(console: Console, rng: Random, *, stress: bool) -> Look:
    low, high = (9, 11) if stress else console.px
    font = rng.choice(console.fonts)
    base = rng.randint(low, high)
    sizes = (
        min(high, base + rng.randrange(2)),
        base,
        max(low, round(base * rng.uniform(0.8, 1.0))),
        min(high, base + 2),
    )
    header_px, result_px, setting_px, note_px = sizes if font != "bitmap" else ((11, 22)[base > 17],) * 4
    return Look(
        font=font,
        header_px=header_px,
        result_px=result_px,
        setting_px=setting_px,
        note_px=note_px,
        header=_dimmed(rng.choice((WHITE, WHITE, BRIGHT, YELLOW, CYAN, AMBER)), rng),
        result=_dimmed(rng.choice((WHITE, BRIGHT, YELLOW, CYAN, GREEN)), rng),
        setting=_dimmed(rng.choice((GREY, GREY, BRIGHT, CYAN, AMBER, BLUE)), rng),
        note=_dimmed(rng.choice((WHITE, YELLOW, YELLOW, GREEN, CYAN, AMBER)), rng),
        mono=font != "bitmap" and rng.random() < 0.25,
        crisp=not stress and rng.random() < 0.2,
        outline=not stress and rng.random() < 0.3,
    )


def _dimmed(colour: Colour, rng: Random) -> Colour:
    """Turn the brightness of an overlay down, as many users do."""
    part = rng.choice((1.0, 1.0, 1.0, rng.uniform(0.4, 0.9), rng.uniform(0.35, 0.6)))
    return (round(colour[0] * part), round(colour[1] * part), round(colour[2] * part))
