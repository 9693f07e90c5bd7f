"""Pieces of identity: bands, lines, grids and stacks of header fields.

In: a scene, field roles and a place. Out: planted PHI on the scene's board.
"""

from collections.abc import Sequence

from flows.planted.board import Job, Stamp, in_a_row
from flows.planted.fonts import Style, line_height
from flows.planted.frame import Box, Colour
from flows.planted.identity import Part, parts_of
from flows.planted.scene import Scene


def band(scene: Scene, box: Box, colour: Colour) -> None:
    """Paint the header band and note it."""
    scene.board.fill(box, colour)
    scene.board.band = box


def line(
    scene: Scene, roles: Sequence[str], y: int, span: tuple[int, int], align: str = "l", *, labelled: bool = False
) -> None:
    """Set fields on one line between two columns: ``l``, ``r``, ``c``, or ``s`` spread over the width."""
    style = scene.style("header")
    entries = [parts_of(role, scene.identity, scene.rng, labelled=labelled) for role in roles]
    widths = [in_a_row(entry, (0, 0), style)[1] for entry in entries]
    gap = scene.rng.choice((10, 14, 18, 26))
    room = span[1] - span[0]
    while len(entries) > 1 and sum(widths) + gap * (len(widths) - 1) > room:
        spare = [n for n, entry in enumerate(entries) if entry[-1][1].role not in ("name", "id")] or [len(entries) - 1]
        del entries[spare[-1]], widths[spare[-1]]
    total = sum(widths) + gap * (len(widths) - 1)
    x = {"r": span[1] - total, "c": span[0] + (room - total) // 2}.get(align, span[0])
    if align == "s" and len(widths) > 1:
        gap = (room - sum(widths)) // (len(widths) - 1)
    for entry, width in zip(entries, widths, strict=True):
        set_entry(scene, entry, (x, y), style)
        x += width + gap


def stack(scene: Scene, roles: Sequence[str], at: tuple[int, int], *, labelled: bool = False, anchor: str = "l") -> int:
    """Set one field per line; give the row below the last."""
    style, y = scene.style("header"), at[1]
    for role in roles:
        entry = parts_of(role, scene.identity, scene.rng, labelled=labelled)
        width = in_a_row(entry, (0, 0), style)[1]
        x = {"l": at[0], "r": at[0] - width, "c": at[0] - width // 2}[anchor]
        set_entry(scene, entry, (x, y), style)
        y += line_height(style)
    return y


def grid(scene: Scene, roles: Sequence[str], corner: tuple[int, int], columns: Sequence[int]) -> int:
    """Set labelled fields in a table whose columns start at ``columns``; give the row below."""
    style, y = scene.style("header"), corner[1]
    for number, role in enumerate(roles):
        place = number % len(columns)
        y += line_height(style) + 2 if number and place == 0 else 0
        entry = parts_of(role, scene.identity, scene.rng, labelled=True)
        set_entry(scene, entry, (corner[0] + columns[place], y), style)
    return y + line_height(style)


def upright(scene: Scene, roles: Sequence[str], at: tuple[int, int], turn: int) -> None:
    """Set fields along the edge, turned by a quarter."""
    style = scene.style("header", turn=turn, mono=False)
    x, y = at
    for role in roles:
        text, tag = parts_of(role, scene.identity, scene.rng, labelled=False)[-1]
        placed = scene.board.put(Job(text, (x, y), style, tag))
        if placed:
            y = placed[0].item.box[3] + 14


def set_entry(scene: Scene, entry: Sequence[Part], at: tuple[int, int], style: Style) -> list[Stamp]:
    """Set a label and its value, and reserve nothing where they do not fit."""
    jobs, _ = in_a_row(entry, at, style, 1 if len(entry) > 1 else 0)
    return scene.board.put(*jobs)
