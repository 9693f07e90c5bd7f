"""Plant invented text on a user's own frame.

In: a frame, grey or RGB, that may hold text of its own. Out: a ``PlantedFrame`` whose items are only the planted ones.
Text goes to a header strip, to free dark ground, and over the anatomy; bright spots, where text may stand, are avoided.
"""

from collections.abc import Sequence
from random import Random

import numpy as np

from flows.planted.board import Board, Tag, in_a_row
from flows.planted.draw import to_frame
from flows.planted.fonts import Style
from flows.planted.frame import Box, Pixels, PlantedFrame, luma
from flows.planted.header import band, line
from flows.planted.identity import invent, parts_of
from flows.planted.phrase import Statement, fill, landmark, settings, statements
from flows.planted.scene import SYSTEMS, WHITE, WOMEN_ONLY, YELLOW, Look, Scene
from schemas.region import RegionKind

_DARK, _BRIGHT = 50, 225
_TRIES = 60


def plant_on(pixels: Pixels, seed: int, *, language: str) -> PlantedFrame:
    """Plant identity, measurements, settings and landmarks; the same arguments give the same frame.

    Shapes: ``pixels`` uint8[H, W] or uint8[H, W, 3] RGB; the result has the same size.
    """
    rng = Random(f"planted/on/{seed}/{language}")
    ground = np.ascontiguousarray(pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2))
    board = Board((ground.shape[1], ground.shape[0]), rng)
    board.ground = ground.copy()
    board.scan_boxes = [_anatomy(ground)]
    system = rng.choice(SYSTEMS)
    scene = Scene(
        board=board,
        rng=rng,
        language=language,
        system=system,
        family="chinese"
        if language == "zh" and rng.random() < 0.6
        else rng.choice(("ge", "philips", "siemens", "samsung")),
        look=_look(board.height, rng),
        identity=invent(rng, language, female=system in WOMEN_ONLY),
        canvases=["given"],
    )
    _header(scene)
    _on_dark_ground(scene)
    _on_anatomy(scene)
    return to_frame(scene, "given", f"given-{seed}", board.render())


def _look(height: int, rng: Random) -> Look:
    base = max(10, min(24, round(height / rng.uniform(40, 56))))
    colours = (WHITE, YELLOW, (120, 238, 120), (110, 226, 240))
    return Look(
        font=rng.choice(("plain", "sans", "rubik")),
        header_px=base,
        result_px=base,
        setting_px=max(10, base - 1),
        note_px=base,
        header=rng.choice((WHITE, WHITE, YELLOW)),
        result=rng.choice(colours),
        note=rng.choice(colours),
    )


def _anatomy(ground: Pixels) -> Box:
    """Give the box of all that is not dark, or of the whole frame."""
    seen = luma(ground) > _DARK
    rows, columns = np.nonzero(seen.mean(axis=1) > 0.05)[0], np.nonzero(seen.mean(axis=0) > 0.05)[0]
    if len(rows) < 40 or len(columns) < 40:
        return (0, 0, ground.shape[1], ground.shape[0])
    return (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _header(scene: Scene) -> None:
    """Write one or two lines on a strip of their own at the top."""
    pitch, width = round(scene.look.header_px * 1.3), scene.board.width
    lines = 2 if scene.board.height > 300 and scene.chance(0.5) else 1
    band(scene, (0, 0, width, lines * pitch + 8), scene.rng.choice(((0, 0, 0), (20, 24, 30), (14, 36, 84))))
    line(scene, ("name", "id", "datetime") if lines == 1 else ("name", "id"), 4, (6, width - 6), scene.rng.choice("ls"))
    if lines == 2:
        line(scene, ("hospital", "datetime"), 4 + pitch, (6, width - 6), scene.rng.choice("lrs"))


def _on_dark_ground(scene: Scene) -> None:
    rng = scene.rng
    speech = "zh" if scene.language == "zh" and scene.chance(0.75) else "en"
    for role in rng.sample(("name", "id", "birth", "date", "staff", "hospital", "accession", "initials"), 3):
        _scatter(
            scene, parts_of(role, scene.identity, rng, labelled=scene.chance(0.4)), scene.style("header"), dark=True
        )
    for row in statements(scene.system, speech, rng, 4):
        parts = _statement_parts(scene, row)
        _scatter(scene, parts, scene.style("result"), dark=True, gap_px=0 if len(parts) == 1 else 10)
    for block in ("acoustic", "b", "b"):
        text = fill(rng.choice(settings()[scene.family][block]), rng)
        _scatter(scene, [(text, scene.tag(RegionKind.DEVICE, "setting", text))], scene.style("setting"), dark=True)


def _on_anatomy(scene: Scene) -> None:
    notes = "zh" if scene.language == "zh" and scene.chance(0.8) else "en"
    for _ in range(scene.rng.randint(2, 4)):
        text = landmark(scene.system, notes, scene.rng)
        parts = [(text, scene.tag(RegionKind.LANDMARK, "landmark", text))]
        _scatter(scene, parts, scene.style("note"), dark=scene.chance(0.2))
    if scene.chance(0.35):
        role = scene.rng.choice(("name", "name", "id", "date"))
        _scatter(scene, parts_of(role, scene.identity, scene.rng, labelled=False), scene.style("note"), dark=False)


def _statement_parts(scene: Scene, row: Statement) -> list[tuple[str, Tag]]:
    group = scene.board.group()
    value = f"{row.value} {row.unit}".strip()
    cells = [f"{row.label} {value}"] if scene.chance(0.6) else [row.label, value]
    return [(cell, scene.tag(RegionKind.MEASUREMENT, "dist", cell, group)) for cell in cells]


def _scatter(scene: Scene, parts: Sequence[tuple[str, Tag]], style: Style, *, dark: bool, gap_px: int = 0) -> bool:
    """Place a row of texts where the ground suits it: all dark, or without bright spots."""
    board, area = scene.board, scene.board.scan_boxes[0]
    _, width = in_a_row(parts, (0, 0), style, gap_px)
    height = round(style.size_px * 1.3)
    x0, y0, x1, y1 = (4, 4, board.width - 4, board.height - 4) if dark else area
    if x1 - x0 <= width or y1 - y0 <= height:
        return False
    for _ in range(_TRIES):
        x, y = scene.rng.randrange(x0, x1 - width), scene.rng.randrange(y0, y1 - height)
        below = luma(board.under((max(0, x - 3), max(0, y - 3), x + width + 3, y + height + 3)))
        suits = below.max() < _DARK if dark else np.mean(below > _BRIGHT) < 0.005 and np.median(below) < 150
        if suits and board.put(*in_a_row(parts, (x, y), style, gap_px)[0]):
            return True
    return False
