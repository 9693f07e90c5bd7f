"""Draw one planted frame.

In: a seed, and what to hold fixed. Out: a ``PlantedFrame``; the same arguments give the same frame.
Faint frames (``stress``) go through JPEG, as screens grabbed by a capture card do.
"""

from io import BytesIO
from random import Random

import numpy as np
from PIL import Image

from flows.planted.consoles_band import BAND_CONSOLES
from flows.planted.consoles_bare import BARE_CONSOLES
from flows.planted.extras import add_extras
from flows.planted.frame import Pixels, PlantedFrame
from flows.planted.identity import known_phi
from flows.planted.scene import Console, Scene, open_scene

CONSOLES: dict[str, Console] = {**BAND_CONSOLES, **BARE_CONSOLES}
#: Names of the layouts that ``draw_frame`` knows.
LAYOUTS: tuple[str, ...] = tuple(CONSOLES)
_STRESS_QUALITY = 60


def draw_frame(
    seed: int, *, stress: bool = False, layout: str | None = None, language: str | None = None
) -> PlantedFrame:
    """Draw a console screen with invented PHI and known ink.

    Faint frames have text of 9-11 px, 25-60 grey levels above the ground, recompressed by JPEG at quality 60.
    Raises: KeyError for an unknown layout.
    """
    scene, layout = draw_scene(seed, stress=stress, layout=layout, language=language)
    pixels = scene.board.render()
    return to_frame(scene, layout, f"{layout}-{seed}{'-stress' if stress else ''}", _jpeg(pixels) if stress else pixels)


def draw_scene(
    seed: int, *, stress: bool = False, layout: str | None = None, language: str | None = None, frames: int = 1
) -> tuple[Scene, str]:
    """Draw a scene whose board can still change; give it with the name of its layout."""
    rng = Random(f"planted/{seed}/{stress}/{layout}/{language}/{frames}")
    layout = layout or rng.choice(
        [name for name in LAYOUTS if language is None or language in CONSOLES[name].languages]
    )
    console = CONSOLES[layout]
    scene = open_scene(console, rng, language or rng.choice(console.languages), stress=stress, frames=frames)
    console.layout(scene)
    add_extras(scene)
    return scene, layout


def to_frame(scene: Scene, layout: str, name: str, pixels: Pixels) -> PlantedFrame:
    """Close a scene."""
    board = scene.board
    items = tuple(stamp.item for stamp in board.stamps)
    return PlantedFrame(
        name=name,
        layout=layout,
        language=scene.language,
        canvas="+".join(sorted(set(scene.canvases))),
        pixels=pixels,
        items=items,
        known_phi=known_phi(scene.identity, {item.role for item in items}, scene.rng),
        scan_boxes=tuple(board.scan_boxes),
        pictograms=tuple(board.pictograms),
        band=board.band,
    )


def _jpeg(pixels: Pixels) -> Pixels:
    """Give what is left after JPEG."""
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=_STRESS_QUALITY)
    return np.asarray(Image.open(buffer).convert("RGB"))
