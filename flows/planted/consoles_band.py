"""Consoles with a header band across the top.

In: a scene on an empty board. Out: the same scene, filled. One function is one layout.
"""

from dataclasses import replace

from flows.planted.blocks import results, setting_column, setting_row
from flows.planted.header import band, grid, line
from flows.planted.scan import scan_area
from flows.planted.scene import AMBER, BLACK, Console, Scene

_LATIN = ("plain", "plain", "rubik", "sans")
_CHINESE = ("sans", "sans", "serif")


def premium_line(scene: Scene) -> None:
    """One dark line: hospital, name, ID, acoustic output, date; settings right, results below left."""
    pitch = round(scene.look.header_px * 1.25)
    band(scene, (0, 0, 960, pitch + 10), (22, 24, 28))
    line(scene, ("hospital", "name", "id", scene.rng.choice(("age", "initials"))), 5, (8, 760), "l")
    line(scene, ("date", "time"), 5, (770, 952), "r")
    scan_area(scene, (10, pitch + 40, 800, 600))
    setting_row(scene, (200, pitch + 14), 700, ("acoustic",))
    setting_column(scene, (950, pitch + 50), ("probe", "preset", "b", scene.rng.choice(("cf", "pw"))), 560, "r")
    results(scene, (10, 606, 560, 716), boxed=scene.chance(0.4))
    setting_row(scene, (600, 696), 950, ("footer",))


def two_lines(scene: Scene) -> None:
    """Two lines: name and hospital above, ID and date below; settings left."""
    pitch = round(scene.look.header_px * 1.3)
    band(scene, (0, 0, 1024, 2 * pitch + 8), scene.rng.choice(((10, 18, 40), (0, 0, 0), (32, 36, 44))))
    line(scene, ("name", "sex", "age"), 4, (10, 420), "l")
    line(scene, ("id", "accession", "birth"), 4 + pitch, (10, 520), "l", labelled=scene.chance(0.3))
    line(scene, ("hospital",), 4, (430, 740), "c")
    line(scene, ("datetime",), 4, (750, 1016), "r")
    line(scene, (scene.rng.choice(("initials", "department", "staff")),), 4 + pitch, (720, 1016), "r")
    scan_area(scene, (150, 2 * pitch + 34, 1000, 660))
    setting_row(scene, (700, 2 * pitch + 12), 1010, ("acoustic", "probe"))
    setting_column(scene, (10, 2 * pitch + 30), ("preset", "b", scene.rng.choice(("cf", "pw"))), 640)
    results(scene, (640, 664, 1016, 762))


def labelled_grid(scene: Scene) -> None:
    """Labelled fields in a grey two-row band, as obstetric consoles show them; results right."""
    band(scene, (0, 0, 1024, 56), (48, 52, 60))
    obstetric = scene.system == "obstetrics"
    fields = (
        "name",
        "id",
        "lmp" if obstetric else "birth",
        "staff",
        "ga" if obstetric else "sex",
        "edd" if obstetric else "age",
    )
    grid(scene, fields, (10, 5), (0, 330, 590))
    line(scene, ("datetime",), 5, (800, 1016), "r")
    line(scene, ("hospital",), 8 + round(scene.look.header_px * 1.25), (760, 1016), "r")
    scan_area(scene, (10, 64, 740, 700))
    setting_column(scene, (760, 80), ("probe", "acoustic", "b", scene.rng.choice(("cf", "pw"))), 420)
    results(scene, (750, 440, 1016, 700), boxed=scene.chance(0.5))
    setting_row(scene, (10, 738), 800, ("footer",))


def blue_band(scene: Scene) -> None:
    """A blue band with centred hospital; settings right, results below the scan."""
    pitch = round(scene.look.header_px * 1.25)
    band(scene, (0, 0, 800, 2 * pitch + 6), scene.rng.choice(((16, 44, 110), (10, 70, 90), (70, 20, 60))))
    line(scene, ("hospital", "department"), 3, (200, 600), "c")
    line(scene, ("name", "id"), 3 + pitch, (8, 480), "l", labelled=scene.chance(0.5))
    line(scene, ("date", "time"), 3 + pitch, (540, 792), "r")
    scan_area(scene, (10, 2 * pitch + 14, 640, 480))
    setting_column(scene, (660, 2 * pitch + 20), ("acoustic", "preset", "b"), 400)
    results(scene, (10, 490, 500, 596))
    setting_row(scene, (520, 578), 795, ("footer",))


def light_band(scene: Scene) -> None:
    """A touch console: pale band, dark text, wide screen, results in a right panel."""
    shade = scene.rng.randint(170, 186)
    scene.look = replace(scene.look, header=BLACK, crisp=False)
    band(scene, (0, 0, 1920, 62), (shade, shade + 4, shade + 8))
    line(scene, ("hospital", "name", "sex", "age", "id"), 16, (30, 1300), "l", labelled=scene.chance(0.4))
    line(scene, ("accession", "datetime"), 16, (1320, 1890), "r")
    scan_area(scene, (260, 90, 1480, 960))
    setting_column(scene, (24, 110), ("probe", "preset", "acoustic", "b", "cf"), 900)
    scene.board.fill((1500, 80, 1900, 620), (26, 28, 34))
    results(scene, (1510, 90, 1896, 610))
    setting_row(scene, (300, 1030), 1500, ("footer", "acoustic"))


def centred_wide(scene: Scene) -> None:
    """A wide screen with one centred line of identity; settings in a bottom line."""
    band(scene, (0, 0, 1920, 48), (14, 14, 16))
    line(scene, ("name", "id", "birth", "datetime", "hospital"), 10, (200, 1720), "c", labelled=scene.chance(0.3))
    scan_area(scene, (300, 80, 1560, 940))
    results(scene, (30, 640, 640, 960), boxed=scene.chance(0.3))
    setting_column(scene, (1890, 90), ("probe", "b", scene.rng.choice(("cf", "pw"))), 800, "r")
    setting_row(scene, (300, 1000), 1600, ("acoustic", "preset"))


def yellow_text(scene: Scene) -> None:
    """A console with large header text in amber; settings in one long bottom line."""
    scene.look = replace(scene.look, header=AMBER)
    pitch = round(scene.look.header_px * 1.25)
    band(scene, (0, 0, 1280, 2 * pitch + 12), (0, 0, 0))
    line(scene, ("id", "name"), 6, (16, 700), "l")
    line(scene, ("hospital", "staff"), 6 + pitch, (16, 800), "l")
    line(scene, ("date",), 6, (1000, 1264), "r")
    line(scene, ("time",), 6 + pitch, (1000, 1264), "r")
    scan_area(scene, (120, 2 * pitch + 40, 1100, 800))
    setting_column(scene, (16, 2 * pitch + 50), ("probe", "b", scene.rng.choice(("cf", "pw"))), 700)
    setting_row(scene, (120, 2 * pitch + 16), 900, ("acoustic", "preset"))
    results(scene, (16, 810, 900, 950))


def spread_line(scene: Scene) -> None:
    """Fields spread over a gradient band; one settings line below it; results upper right."""
    height = round(scene.look.header_px * 1.25) + 14
    for step in range(height):
        scene.board.fill((0, step, 1280, step + 1), (30 + step, 34 + step, 44 + step))
    scene.board.band = (0, 0, 1280, height)
    line(scene, ("name", "id", "hospital", "datetime"), 7, (14, 1266), "s")
    setting_row(scene, (14, height + 8), 1260, ("b", "acoustic"))
    scan_area(scene, (60, height + 44, 980, 900))
    results(scene, (990, height + 60, 1270, 420))
    setting_column(scene, (1010, 640), ("preset", "probe", "cf"), 900)
    setting_row(scene, (60, 990), 900, ("footer",))


def report_grid(scene: Scene) -> None:
    """A capture of a workstation: Chinese labelled fields in three rows, dark text on a pale ground."""
    scene.look = replace(scene.look, header=(20, 24, 60))
    band(scene, (0, 0, 1024, 92), scene.rng.choice(((190, 200, 210), (198, 196, 186), (176, 196, 190))))
    fields = ("name", "sex", "age", "id", "accession", "department", "ward", "staff", "phone", "date")
    grid(scene, fields[: scene.rng.choice((6, 8, 9, 10))], (12, 6), (0, 250, 480, 730))
    scan_area(scene, (20, 110, 820, 680))
    setting_column(scene, (840, 120), ("preset", "probe", "b"), 420)
    results(scene, (830, 440, 1016, 690), "one")
    setting_row(scene, (20, 736), 900, ("acoustic", "footer"))


def right_block(scene: Scene) -> None:
    """Identity right-aligned in a corner block of the band, machine data left."""
    pitch = round(scene.look.header_px * 1.25)
    band(scene, (0, 0, 1016, 3 * pitch + 8), (6, 6, 8))
    line(scene, ("name",), 4, (500, 1008), "r")
    line(scene, ("id", "birth"), 4 + pitch, (500, 1008), "r", labelled=scene.chance(0.5))
    line(scene, ("datetime",), 4 + 2 * pitch, (500, 1008), "r")
    line(scene, ("hospital",), 4, (10, 480), "l")
    setting_row(scene, (10, 6 + pitch), 480, ("probe", "preset"))
    scan_area(scene, (150, 3 * pitch + 20, 900, 640))
    setting_column(scene, (10, 3 * pitch + 24), ("acoustic", "b", "pw"), 420)
    results(scene, (10, 470, 330, 690), boxed=True)


BAND_CONSOLES: dict[str, Console] = {
    "premium_line": Console(premium_line, (960, 720), "ge", _LATIN, (12, 16)),
    "two_lines": Console(two_lines, (1024, 768), "philips", _LATIN, (12, 16), ("en", "pinyin", "zh")),
    "labelled_grid": Console(
        labelled_grid,
        (1024, 768),
        "ge",
        ("plain", "sans"),
        (12, 15),
        ("en", "pinyin", "zh"),
        ("obstetrics", "obstetrics", "gynaecology"),
    ),
    "blue_band": Console(
        blue_band, (800, 600), "mindray", ("sans", "plain", "serif"), (11, 14), ("zh", "zh", "pinyin", "en")
    ),
    "light_band": Console(light_band, (1920, 1080), "mindray", ("sans", "plain"), (18, 24), ("zh", "zh", "en")),
    "centred_wide": Console(
        centred_wide, (1920, 1080), "canon", ("plain", "sans", "rubik"), (18, 26), ("en", "zh", "pinyin")
    ),
    "yellow_text": Console(yellow_text, (1280, 960), "canon", (*_LATIN, "bitmap"), (16, 22), ("en", "pinyin", "zh")),
    "spread_line": Console(
        spread_line, (1280, 1024), "samsung", ("plain", "sans", "rubik"), (15, 20), ("en", "zh", "pinyin")
    ),
    "report_grid": Console(report_grid, (1024, 768), "mindray", _CHINESE, (12, 15), ("zh",)),
    "right_block": Console(
        right_block,
        (1016, 708),
        "ge",
        ("plain", "rubik", "sans"),
        (12, 16),
        ("en", "pinyin", "zh"),
        ("heart", "heart", "vessel"),
    ),
}
