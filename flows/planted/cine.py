"""Draw one planted cine: moving tissue below an overlay of which some texts change.

In: a seed, a number of frames and a variant. Out: a ``Cine`` that composes any frame, and the items of each frame.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

import numpy as np

from flows.planted.board import Job, Stamp
from flows.planted.draw import draw_scene, to_frame
from flows.planted.extras import typed_over_scan
from flows.planted.frame import Pixels, Planted, PlantedFrame, luma, overlaps
from flows.planted.identity import invent_person, spell
from flows.planted.scene import Scene
from schemas.region import RegionKind

#: What changes: nothing; the header identity appears or shows on one frame only; a name is typed over the scan;
#: another patient takes the same place; the clock runs; frame counter and a measured value change.
CINE_VARIANTS = ("still", "appears", "flash", "typed", "switch", "clock", "counter")
_FRAMES_PER_SECOND = 5
_IDENTITY_ROLES = ("name", "id", "birth", "accession", "phone", "address", "hospital", "staff", "department", "ward")

#: Gives the stamp that stands at a frame, if any.
Track = Callable[[int], Stamp | None]


class Cine:
    """A cine: ``cine.frame(i)`` composes uint8[H, W, 3] RGB; ``head`` is its first frame with the static truth.

    ``changes_at`` is the frame at which the variant's event happens.
    """

    def __init__(self, scene: Scene, head: PlantedFrame, variant: str, n_frames: int, changes_at: int) -> None:
        self.head, self.variant, self.changes_at = head, variant, changes_at
        self._scene, self._n_frames = scene, n_frames
        self._fixed = list(scene.board.stamps)
        self._tracks: list[Track] = []

    def __len__(self) -> int:
        return self._n_frames

    def __iter__(self) -> Iterator[Pixels]:
        return (self.frame(number) for number in range(self._n_frames))

    def frame(self, number: int) -> Pixels:
        """Compose one frame."""
        return self._scene.board.render(self._ground(number), self._stamps(number))

    def items(self, number: int) -> tuple[Planted, ...]:
        """Give the items that stand on one frame, with their contrast against that frame's tissue."""
        ground, board = self._ground(number), self._scene.board
        items = []
        for stamp in self._stamps(number):
            item = stamp.item
            if item.role != "code" and any(overlaps(item.box, box) for box in board.scan_boxes):
                below = float(np.median(luma(board.under(item.box, ground))))
                item = replace(item, contrast=round(float(luma(np.array(stamp.colour, np.uint8))) - below))
            items.append(item)
        return tuple(items)

    def change(self, stamps: list[Stamp], track: Track) -> None:
        """Let a track take the place of stamps."""
        gone = {id(stamp) for stamp in stamps}
        self._fixed = [stamp for stamp in self._fixed if id(stamp) not in gone]
        self._tracks.append(track)

    def _stamps(self, number: int) -> list[Stamp]:
        moving = [track(number) for track in self._tracks]
        return self._fixed + [stamp for stamp in moving if stamp is not None]

    def _ground(self, number: int) -> Pixels:
        ground = self._scene.board.ground.copy()
        for (x, y), shots in self._scene.shots:
            turn = number % max(1, 2 * len(shots) - 2)
            shot = shots[min(turn, 2 * len(shots) - 2 - turn) if len(shots) > 1 else 0]
            ground[y : y + shot.shape[0], x : x + shot.shape[1]] = shot
        return ground


def draw_cine(
    seed: int, n_frames: int, *, variant: str | None = None, layout: str | None = None, language: str | None = None
) -> tuple[Cine, list[tuple[Planted, ...]]]:
    """Draw a cine and give the items of each of its frames; the same arguments give the same cine."""
    scene, layout = draw_scene(seed, layout=layout, language=language, frames=n_frames)
    rng = Random(f"planted/cine/{seed}/{variant}/{n_frames}")
    variant = variant or rng.choice(CINE_VARIANTS)
    changes_at = rng.randint(max(1, n_frames // 3), max(1, n_frames * 3 // 4))
    typed = typed_over_scan(scene) if variant == "typed" else []
    head = to_frame(scene, layout, f"{layout}-cine-{variant}-{seed}", scene.board.render())
    cine = Cine(scene, head, variant, n_frames, changes_at)
    if variant == "counter" or rng.random() < 0.4:
        _count(cine, scene, rng)
    if variant in ("appears", "flash", "typed"):
        last = changes_at if variant == "flash" else n_frames
        for stamp in typed or [s for s in scene.board.stamps if s.item.role in _IDENTITY_ROLES]:
            cine.change([stamp], _span(stamp, changes_at, last))
    elif variant == "switch":
        _switch(cine, scene, rng)
    elif variant == "clock":
        _run_clock(cine, scene)
    return cine, [cine.items(number) for number in range(n_frames)]


def _span(stamp: Stamp, first: int, last: int) -> Track:
    return lambda number: stamp if first <= number <= last else None


def _series(stamps: list[Stamp], step: int = 1) -> Track:
    return lambda number: stamps[min(number // step, len(stamps) - 1)]


def _switch(cine: Cine, scene: Scene, rng: Random) -> None:
    """From a frame on, show another patient's name at each place of the first one's."""
    other = invent_person(rng, scene.language)
    for before in [stamp for stamp in scene.board.stamps if stamp.item.role == "name"]:
        names = [spell(other, scene.language, rng) for _ in range(20)]
        fitting = [name for name in names if not _crowded(scene, before, name)] or names[:1]
        after = _restamp(scene, before, fitting[:1])[0]
        cine.change([before], _either(before, after, cine.changes_at))


def _crowded(scene: Scene, before: Stamp, name: str) -> bool:
    """Tell whether a longer name would run into its neighbour."""
    after = scene.board.stamp(replace(before.job, text=name), anywhere=True)
    others = [stamp.item.box for stamp in scene.board.stamps if stamp is not before]
    return after is None or any(overlaps(after.item.box, box, 1) for box in others)


def _either(before: Stamp, after: Stamp, changes_at: int) -> Track:
    return lambda number: before if number < changes_at else after


def _run_clock(cine: Cine, scene: Scene) -> None:
    """Let the console's clock run; a console without one gets one in a free corner."""
    identity = scene.identity
    clock = identity.exam.strftime(identity.time_format)
    tag = scene.tag(RegionKind.PHI, "time", clock)
    shown = [stamp for stamp in scene.board.stamps if clock in stamp.item.text and stamp.item.kind is RegionKind.PHI]
    corners = [(scene.board.width - 20, y) for y in range(4, scene.board.height - 40, 12)]
    for at in corners if not shown else ():
        shown = scene.board.put(Job(clock, at, scene.style("header"), tag, "r"))
        if shown:
            break
    for stamp in shown:
        texts = []
        for second in range(len(cine) // _FRAMES_PER_SECOND + 1):
            passed = timedelta(seconds=second) if "%S" in identity.time_format else timedelta(minutes=second)
            now = (identity.exam + passed).strftime(identity.time_format)
            texts.append(stamp.item.text.replace(clock, now))
        cine.change([stamp], _series(_restamp(scene, stamp, texts), _FRAMES_PER_SECOND))


def _count(cine: Cine, scene: Scene, rng: Random) -> None:
    """Add a frame counter and let one measured value change."""
    total = len(cine)
    form = rng.choice(("{}/{}", "Frame {} of {}", "{} / {}", "[{}:{}]"))
    texts = [form.format(number + 1, total) for number in range(total)]
    for _ in range(60):
        at = (
            rng.randrange(10, scene.board.width - 120),
            rng.randrange(scene.board.height * 3 // 4, scene.board.height - 30),
        )
        tag = scene.tag(RegionKind.DEVICE, "frame_no", texts[-1])
        room = scene.board.put(Job(texts[-1], at, scene.style("setting"), tag))
        if room:
            cine.change(room, _series(_restamp(scene, room[0], texts)))
            break
    values = [
        stamp for stamp in scene.board.stamps if stamp.item.role == "dist" and re.search(r"\d\.\d", stamp.item.text)
    ]
    if values:
        chosen = rng.choice(values)
        pattern = re.compile(r"\d(?=\D*$)")
        texts = [pattern.sub(str(rng.randrange(10)), chosen.item.text) for _ in range(total // 3 + 1)]
        cine.change([chosen], _series(_restamp(scene, chosen, texts), 3))


def _restamp(scene: Scene, stamp: Stamp, texts: list[str]) -> list[Stamp]:
    """Draw other texts at the place of a stamp."""
    job = replace(stamp.job, style=replace(stamp.job.style, colour=stamp.colour))
    made = [scene.board.stamp(replace(job, text=text), anywhere=True) for text in texts]
    return [stamp if new is None else new for new in made]
