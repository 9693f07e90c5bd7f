"""Pieces of a console that are not identity: settings, results and annotations.

In: a scene and a place. Out: planted settings, measurements and landmarks on the scene's board.
"""

from collections.abc import Sequence

from flows.planted.board import Job
from flows.planted.fonts import draw_text, line_height
from flows.planted.frame import Box
from flows.planted.phrase import Statement, fill, landmark, settings, statements
from flows.planted.scene import Scene
from schemas.region import RegionKind

_MODES = ("one", "one", "two", "two", "three", "stacked", "inline")


def setting_lines(scene: Scene, blocks: Sequence[str], most: int) -> list[str]:
    """Draw the settings of some blocks, in their order, with a gap ("") between blocks."""
    words, lines = settings()[scene.family], []
    for block in blocks:
        phrases = _presets(scene) if block == "preset" else words[block]
        count = min(
            len(phrases),
            scene.rng.randint(1, 2) if block in ("acoustic", "footer", "preset") else scene.rng.randint(3, 8),
        )
        chosen = sorted(scene.rng.sample(range(len(phrases)), count))
        lines += [fill(phrases[number], scene.rng) for number in chosen]
        lines.append("")
    return lines[:most]


def _presets(scene: Scene) -> list[str]:
    """Give the exam presets of this system, in the language of the console."""
    spoken = "preset_zh" if scene.family == "chinese" else "preset_en"
    return [scene.rng.choice(settings()[spoken][scene.system])]


def setting_column(scene: Scene, at: tuple[int, int], blocks: Sequence[str], bottom: int, anchor: str = "l") -> int:
    """List settings downwards; give the row below the last."""
    style, y = scene.style("setting"), at[1]
    pitch = line_height(style) + scene.rng.choice((0, 1, 3))
    for text in setting_lines(scene, blocks, max(0, (bottom - y) // pitch)):
        if text:
            scene.board.put(Job(text, (at[0], y), style, scene.tag(RegionKind.DEVICE, "setting", text), anchor))
        y += pitch if text else pitch // 2
    return y


def setting_row(scene: Scene, at: tuple[int, int], right: int, blocks: Sequence[str]) -> None:
    """List settings on one line, up to a column."""
    style, x = scene.style("setting"), at[0]
    for text in setting_lines(scene, blocks, 99):
        width = draw_text(text, style).advance if text else 0
        if text and x + width < right:
            scene.board.put(Job(text, (x, at[1]), style, scene.tag(RegionKind.DEVICE, "setting", text)))
            x += width + scene.rng.choice((12, 16))


def tick(scene: Scene, text: str, at: tuple[int, int], anchor: str = "l") -> None:
    """Write a number of an axis."""
    style = scene.style("setting", mono=False)
    scene.board.put(Job(text, at, style, scene.tag(RegionKind.DEVICE, "tick", text), anchor))


def results(scene: Scene, box: Box, mode: str | None = None, *, boxed: bool = False) -> None:
    """Fill a result box with one or two sets of measurements."""
    speech = "zh" if scene.language == "zh" and scene.chance(0.75) else "en"
    pitch = line_height(scene.style("result")) + scene.rng.choice((0, 2))
    room = max(1, (box[3] - box[1]) // pitch)
    rows = statements(scene.system, speech, scene.rng, room)
    if room - len(rows) > 3 and scene.chance(0.4):
        rows += statements(scene.system, speech, scene.rng, room - len(rows) - 1)
    mode = mode or scene.rng.choice(_MODES)
    if any(row.extra for row in rows) and scene.chance(0.8):
        mode = "table"
    if boxed:
        lines = len(rows) * (2 if mode == "stacked" else 1)
        scene.board.fill((box[0], box[1], box[2], min(box[3], box[1] + (pitch + 2) * lines + 8)), (12, 12, 16), 0.85)
    writer = {"two": _columns, "three": _columns, "table": _columns, "stacked": _stacked, "inline": _inline}
    writer.get(mode, _one_column)(scene, rows, box, mode)


def annotate(scene: Scene, count: int) -> None:
    """Type landmarks on the anatomy or beside it, as a sonographer does."""
    boxes = scene.board.scan_boxes
    case = scene.rng.choice((str, str, str.upper, str.upper, str.title if scene.language == "en" else str, str.lower))
    for _ in range(count):
        text = case(landmark(scene.system, _note_language(scene), scene.rng))
        for _ in range(12):
            at = spot(scene, scene.rng.choice(boxes))
            if scene.board.put(note(scene, text, at)):
                break


def note(scene: Scene, text: str, at: tuple[int, int]) -> Job:
    """Make the job of one landmark."""
    return Job(text, at, scene.style("note"), scene.tag(RegionKind.LANDMARK, "landmark", text))


def spot(scene: Scene, box: Box) -> tuple[int, int]:
    """Choose a place on the scan or in the dark corners beside it."""
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    if scene.chance(0.45):
        part = scene.rng.choice(((0.02, 0.02), (0.02, 0.9), (0.72, 0.03), (0.7, 0.9), (0.35, 0.93), (0.4, 0.02)))
        jitter = scene.rng.uniform(-0.01, 0.02)
        return x0 + round(width * (part[0] + jitter)), y0 + round(height * (part[1] + jitter))
    return x0 + round(width * scene.rng.uniform(0.0, 0.85)), y0 + round(height * scene.rng.uniform(0.05, 0.9))


def _note_language(scene: Scene) -> str:
    if scene.language == "zh":
        return "zh" if scene.chance(0.8) else "en"
    return "pinyin" if scene.language == "pinyin" and scene.chance(0.12) and scene.system != "heart" else "en"


def _write(scene: Scene, cells: Sequence[tuple[str, int, int, str]]) -> int:
    """Write the cells (text, x, y, anchor) of one statement; give the right end of the last."""
    group, style, jobs = scene.board.group(), scene.style("result"), []
    for text, x, y, anchor in cells:
        if text:
            jobs.append(Job(text, (x, y), style, scene.tag(RegionKind.MEASUREMENT, "dist", text, group), anchor))
    placed = scene.board.put(*jobs)
    return placed[-1].item.box[2] if placed else 0


def _joined(scene: Scene, row: Statement, link: str) -> str:
    unit = row.unit if row.unit in ("%", "°") or (scene.language == "zh" and link == ":") else f" {row.unit}"
    return " ".join((f"{row.label}{link}{row.value}{unit}".strip(), *row.extra))


def _one_column(scene: Scene, rows: Sequence[Statement], box: Box, _mode: str) -> None:
    pitch = line_height(scene.style("result")) + 2
    link = scene.rng.choice((" ", " ", " ", ": ", " = ", ":", "  "))
    for number, row in enumerate(rows):
        _write(scene, [(_joined(scene, row, link), box[0] + 4, box[1] + 4 + number * pitch, "l")])


def _columns(scene: Scene, rows: Sequence[Statement], box: Box, mode: str) -> None:
    """Set labels left and values right of them, at a common column; units and percentiles in columns of their own."""
    style = scene.style("result")
    pitch, gap = line_height(style) + 2, scene.rng.choice((12, 20, 36))
    anchor = scene.rng.choice("lr")
    label_px = max((draw_text(row.label, style).advance for row in rows), default=0)
    value_px = max((draw_text(_value(row, mode), style).advance for row in rows), default=0)
    unit_px = max((draw_text(row.unit, style).advance for row in rows), default=0)
    suffix = scene.rng.choice(("", "", ":", " ="))
    x_value = box[0] + 4 + label_px + gap + (value_px if anchor == "r" else 0)
    x_unit = box[0] + 4 + label_px + gap + value_px + 8
    extras, x_extra = _extra_columns(scene, rows, x_unit + unit_px + 12)
    for number, row in enumerate(rows):
        y = box[1] + 4 + number * pitch
        cells = [(row.label + suffix, box[0] + 4, y, "l"), (_value(row, mode), x_value, y, anchor)]
        if mode != "two":
            cells.append((row.unit, x_unit, y, "l"))
        cells += [(text, x, y, "l") for text, x in zip(row.extra[:extras], x_extra, strict=False)]
        _write(scene, cells)


def _extra_columns(scene: Scene, rows: Sequence[Statement], x: int) -> tuple[int, list[int]]:
    """Give how many columns of age and percentile fit on the screen, and where they start."""
    style, starts = scene.style("result"), []
    for number in range(max((len(row.extra) for row in rows), default=0)):
        width = max(draw_text(row.extra[number], style).advance for row in rows if len(row.extra) > number)
        if x + width > scene.board.width - 4:
            break
        starts.append(x)
        x += width + 12
    return len(starts), starts


def _value(row: Statement, mode: str) -> str:
    return f"{row.value} {row.unit}".strip() if mode == "two" else row.value


def _stacked(scene: Scene, rows: Sequence[Statement], box: Box, _mode: str) -> None:
    pitch, y = line_height(scene.style("result")) + 1, box[1] + 4
    for row in rows[: max(1, (box[3] - box[1]) // (2 * pitch))]:
        value = " ".join((f"{row.value} {row.unit}".strip(), *row.extra))
        _write(scene, [(row.label, box[0] + 4, y, "l"), (value, box[0] + 4 + scene.look.result_px, y + pitch, "l")])
        y += 2 * pitch + 3


def _inline(scene: Scene, rows: Sequence[Statement], box: Box, _mode: str) -> None:
    """Set statements one after the other; a full line goes on below."""
    style = scene.style("result")
    x, y, link = box[0] + 4, box[1] + 4, scene.rng.choice((" ", ":", "="))
    for row in rows:
        text = _joined(scene, row, link)
        width = draw_text(text, style).advance
        if x > box[0] + 4 and x + width > box[2]:
            x, y = box[0] + 4, y + line_height(style) + 2
        _write(scene, [(text, x, y, "l")])
        x += width + scene.rng.choice((12, 18, 24))
