"""The scan area of a console: tissue, scales, bars, calipers, Doppler.

In: a scene and the box of its scan area. Out: textures, pictograms and axis numbers on the scene's board.
"""

from flows.planted import marks
from flows.planted.blocks import tick
from flows.planted.board import Job
from flows.planted.frame import Box
from flows.planted.scene import GREEN, GREY, WHITE, YELLOW, Scene
from flows.planted.texture import motion_mode, spectrum, texture
from schemas.region import RegionKind

_DOPPLER_SYSTEMS = ("vessel", "heart", "obstetrics", "kidney")


def scan_area(scene: Scene, box: Box, mode: str | None = None) -> None:
    """Fill a scan area: ``single``, ``dual``, ``duplex`` (2D above a spectrum) or ``mmode``."""
    if mode is None:
        choices = ["single"] * 6 + ["dual"] * 2
        choices += ["duplex"] * 6 if scene.system in _DOPPLER_SYSTEMS else []
        choices += ["mmode"] * 3 if scene.system == "heart" else []
        mode = scene.rng.choice(choices)
    x0, y0, x1, y1 = box
    if mode == "dual":
        middle = (x0 + x1) // 2
        _tissue(scene, (x0, y0, middle - 4, y1))
        _tissue(scene, (middle + 4, y0, x1, y1))
    elif mode in ("duplex", "mmode"):
        cut = y0 + round((y1 - y0) * scene.rng.uniform(0.42, 0.58))
        seen = _tissue(scene, (x0, y0, x1, cut - 6))
        (_spectrum if mode == "duplex" else _motion)(scene, (x0 + 10, cut, x1 - 50, y1 - 18), seen)
    else:
        _tissue(scene, box)
    calipers(scene, scene.rng.choice((0, 1, 1, 2)))


def calipers(scene: Scene, count: int) -> None:
    """Set calipers on the tissue, now and then with their number."""
    rng, board = scene.rng, scene.board
    for number in range(count):
        x0, y0, x1, y1 = rng.choice(board.scan_boxes[:2])
        x, y = (
            rng.randint(x0 + (x1 - x0) // 4, x0 + (x1 - x0) * 3 // 5),
            rng.randint(y0 + (y1 - y0) // 5, y0 + (y1 - y0) * 3 // 5),
        )
        reach = rng.randint(20, max(24, (x1 - x0) // 5))
        end = (x + reach, y + rng.randint(-4, 4)) if rng.random() < 0.5 else (x + rng.randint(-4, 4), y + reach)
        end = (end[0], min(end[1], y1 - 10))
        if marks.caliper(board, (x, y), end, rng.choice((YELLOW, GREEN, WHITE))) and rng.random() < 0.5:
            text = str(number + 1)
            style = scene.style("note", size_px=max(9, scene.look.note_px - 2))
            board.put(Job(text, (end[0] + 9, end[1] - 6), style, scene.tag(RegionKind.MEASUREMENT, "caliper_no", text)))


def _tissue(scene: Scene, box: Box) -> Box:
    """Show tissue between a grey map and a depth scale."""
    x0, y0, x1, y1 = box
    left, right = 30, 46
    shots, canvas = texture(scene.system, (x1 - x0 - left - right, y1 - y0), scene.rng, scene.frames)
    seen = scene.show(shots, (x0 + left, y0), canvas)
    _maps(scene, (x0 + 6, y0 + 12), canvas)
    _depth(scene, x1 - right + 8, seen)
    if scene.chance(0.75):
        marks.probe_mark(
            scene.board, (max(x0 + 30, seen[0] - 16), max(1, seen[1] + 2)), scene.rng.choice((GREEN, WHITE, YELLOW))
        )
    if scene.chance(0.5):
        size = min(90, max(44, (y1 - y0) // 6))
        side = x0 + 2 if scene.chance(0.6) else x1 - right - size - 4
        marks.body_mark(scene.board, (side, y1 - size - 4), size, WHITE)
    return seen


def _maps(scene: Scene, corner: tuple[int, int], canvas: str) -> None:
    """Draw the grey map and, for colour flow, the velocity map with its numbers."""
    x, y = corner
    if canvas.startswith("colour") or (scene.system in ("vessel", "heart") and scene.chance(0.5)):
        bound = scene.rng.choice((f"{scene.rng.uniform(4, 80):.1f}", f"{scene.rng.randint(4, 80)}"))
        pitch = round(scene.look.setting_px * 1.3)
        tick(scene, f"+{bound}" if scene.chance(0.5) else bound, (x, y - 4))
        marks.colour_bar(scene.board, (x, y + pitch, x + 12, y + pitch + 90))
        tick(scene, f"-{bound}", (x, y + pitch + 94))
        tick(scene, "m/s" if scene.system == "heart" else "cm/s", (x, y + 2 * pitch + 94))
        return
    if scene.chance(0.8):
        tint = scene.rng.choice(((255, 255, 255), (255, 255, 255), (255, 214, 150), (170, 200, 255)))
        marks.grey_bar(scene.board, (x, y, x + 10, y + scene.rng.randint(70, 130)), tint)


def _depth(scene: Scene, x: int, seen: Box) -> None:
    """Draw the depth scale; number its long ticks, or name its end."""
    steps = scene.rng.choice((10, 15, 20))
    rows = marks.depth_scale(scene.board, x, (seen[1] + 2, seen[3] - 4), steps, GREY)
    half = scene.look.setting_px // 2
    if scene.chance(0.6):
        for number, row in enumerate(rows):
            tick(scene, str(number * 5 if steps > 10 else number), (x + 11, row - half - 2))
    elif rows:
        tick(scene, scene.rng.choice(("{}", "{}cm", "{}.0cm")).format(steps), (x + 36, rows[-1] - 2 * half - 6), "r")


def _spectrum(scene: Scene, box: Box, seen: Box) -> None:
    x0, y0, x1, y1 = box
    image, envelope, baseline = spectrum((x1 - x0, y1 - y0), scene.rng)
    scene.board.scan_boxes.append(scene.board.picture(image, (x0, y0)))
    step = scene.rng.choice((10, 20, 25, 30, 50))
    pitch = max(round(scene.look.setting_px * 1.6), (y1 - y0) // 6)
    for number in range(-(baseline // pitch), (y1 - y0 - baseline) // pitch + 1):
        tick(scene, str(-number * step), (x1 + 6, y0 + baseline + number * pitch - scene.look.setting_px // 2))
    tick(scene, scene.rng.choice(("cm/s", "[cm/s]", "cm/s", "m/s")), (x1 + 6, y0 - scene.look.setting_px))
    if scene.chance(0.5):
        marks.curve(scene.board, (x0, y0), envelope, y1 - y0, YELLOW)
    _time_axis(scene, box)
    gate = (seen[0] + seen[2]) // 2, (seen[1] + seen[3]) // 2
    marks.caliper(scene.board, (gate[0], gate[1] - 12), (gate[0], gate[1] + 12), GREEN)


def _motion(scene: Scene, box: Box, seen: Box) -> None:
    still = scene.board.ground[seen[1] : seen[3], seen[0] : seen[2]]
    image = motion_mode(still, (box[2] - box[0], box[3] - box[1]), scene.rng)
    scene.board.scan_boxes.append(scene.board.picture(image, (box[0], box[1])))
    if scene.chance(0.6):
        marks.heartbeat(scene.board, (box[0], box[3] - 40, box[2], box[3]), GREEN)
    _time_axis(scene, box)


def _time_axis(scene: Scene, box: Box) -> None:
    if scene.chance(0.7):
        seconds = scene.rng.choice((2, 3, 4))
        for number in range(1, seconds):
            at = box[0] + (box[2] - box[0]) * number // (seconds + 1)
            tick(scene, scene.rng.choice((f"-{seconds - number}", f"-{seconds - number}.0s")), (at, box[3] + 2), "c")
