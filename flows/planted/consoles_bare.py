"""Consoles without a header band: identity in columns, corners, at the bottom or along the edge.

In: a scene on an empty board. Out: the same scene, filled. One function is one layout.
"""

from flows.planted import marks
from flows.planted.blocks import results, setting_column, setting_row
from flows.planted.header import line, stack, upright
from flows.planted.scan import scan_area
from flows.planted.scene import WHITE, Console, Scene


def corner_text(scene: Scene) -> None:
    """An old console: monospaced text straight on black, name and ID left, date right."""
    pitch = round(scene.look.header_px * 1.25)
    stack(scene, ("name", "id", "hospital"), (6, 4), labelled=scene.chance(0.4))
    stack(scene, ("date", "time", scene.rng.choice(("initials", "department"))), (632, 4), anchor="r")
    scan_area(scene, (60, 3 * pitch + 14, 540, 400))
    setting_column(scene, (634, 3 * pitch + 20), ("probe", "acoustic", "b"), 380, "r")
    results(scene, (6, 404, 420, 474))
    setting_row(scene, (430, 458), 636, ("footer",))


def side_column(scene: Scene) -> None:
    """Identity on top of a left column, settings below it."""
    roles = ["name", "id", "birth", "sex", "date", "time", "hospital", "staff"]
    chosen = [role for role in roles if role in ("name", "id", "date") or scene.chance(0.6)]
    y = stack(scene, chosen, (8, 10), labelled=scene.chance(0.5))
    scan_area(scene, (200, 14, 790, 500))
    setting_column(scene, (8, y + 16), ("preset", "probe", "b", "acoustic"), 480)
    results(scene, (200, 506, 760, 604), scene.rng.choice(("inline", "two", "one")))


def bottom_line(scene: Scene) -> None:
    """Identity in the bottom lines, machine data on top."""
    pitch = round(scene.look.header_px * 1.3)
    setting_row(scene, (12, 10), 1010, ("probe", "preset", "acoustic"))
    scan_area(scene, (20, 44, 800, 660))
    setting_column(scene, (820, 60), ("b", scene.rng.choice(("cf", "pw"))), 330)
    results(scene, (810, 360, 1016, 650), scene.rng.choice(("one", "stacked", "two")))
    line(scene, ("name", "id", "age", "hospital"), 760 - 2 * pitch, (12, 1012), "l", labelled=scene.chance(0.4))
    line(scene, ("staff", "datetime", "accession"), 762 - pitch, (12, 1012), scene.rng.choice("lrc"))


def dual_bare(scene: Scene) -> None:
    """Two scans side by side; identity below each other at the lower left."""
    setting_row(scene, (10, 8), 1180, ("acoustic", "b"))
    scan_area(scene, (10, 50, 1180, 620), "dual")
    stack(scene, ("hospital", "name", "id", "datetime", "department"), (16, 690), labelled=scene.chance(0.4))
    results(scene, (480, 650, 1000, 800))
    setting_column(scene, (1188, 650), ("preset", "probe", "pw"), 850, "r")


def upright_edge(scene: Scene) -> None:
    """Identity turned by a quarter along the right or left edge."""
    turn = scene.rng.choice((90, 270))
    x = scene.rng.choice((8, 960 - 28))
    upright(scene, ("name", "id", "date", "hospital"), (x, 20), turn)
    scan_area(scene, (60, 50, 720, 560))
    line(scene, ("time", "initials"), 10, (60, 640), "r")
    setting_column(scene, (740, 60), ("probe", "preset", "acoustic", "b"), 420)
    results(scene, (60, 580, 600, 712))


def echo_corner(scene: Scene) -> None:
    """A heart console: name upper left, date upper right, ECG below, results in a dark box upper left."""
    stack(scene, ("name", "id"), (10, 8))
    stack(scene, ("datetime", "hospital"), (950, 8), anchor="r")
    scan_area(scene, (160, 60, 900, 600), scene.rng.choice(("single", "single", "duplex", "mmode")))
    results(scene, (8, 70, 260, 330), boxed=True)
    setting_column(scene, (10, 350), ("vivid" if scene.family == "ge" else "b", "acoustic"), 600)
    marks.heartbeat(scene.board, (160, 610, 860, 680), (90, 230, 120))
    line(scene, ("staff", "ward"), 690, (10, 500), "l")


def pocket(scene: Scene) -> None:
    """A hand-held device: small screen, few words, identity in two short lines at the lower edge."""
    scan_area(scene, (40, 40, 600, 400), "single")
    setting_row(scene, (8, 8), 632, ("preset", "acoustic", "footer"))
    line(scene, ("name", "id"), 480 - 2 * round(scene.look.header_px * 1.3), (8, 632), "l", labelled=scene.chance(0.5))
    line(scene, ("hospital", "datetime"), 478 - round(scene.look.header_px * 1.3), (8, 632), scene.rng.choice("lr"))
    results(scene, (420, 46, 634, 180), "one")


def split_corners(scene: Scene) -> None:
    """Identity split over all four corners of a wide screen."""
    stack(scene, ("hospital", "department"), (16, 12))
    stack(scene, ("name", "id", "age"), (1350, 12), labelled=scene.chance(0.3), anchor="r")
    scan_area(scene, (260, 70, 1130, 800))
    setting_column(scene, (16, 100), ("probe", "preset", "b", "cf"), 560)
    stack(scene, ("datetime", "initials"), (16, 840), labelled=scene.chance(0.3))
    line(scene, ("accession", "phone", "address"), 870, (500, 1350), "r", labelled=scene.chance(0.6))
    results(scene, (1130, 140, 1354, 600), scene.rng.choice(("one", "two", "three", "stacked")))
    scene.board.fill((260, 820, 1130, 821), WHITE, 0.4)
    setting_row(scene, (300, 826), 1100, ("acoustic", "footer"))


BARE_CONSOLES: dict[str, Console] = {
    "corner_text": Console(
        corner_text, (640, 480), "aloka", ("bitmap", "plain", "rubik"), (11, 13), ("en", "pinyin", "pinyin", "zh")
    ),
    "side_column": Console(
        side_column, (800, 608), "esaote", ("plain", "sans", "rubik"), (11, 14), ("en", "zh", "pinyin")
    ),
    "bottom_line": Console(
        bottom_line, (1024, 768), "siemens", ("plain", "sans", "bitmap"), (11, 16), ("en", "pinyin", "zh")
    ),
    "dual_bare": Console(dual_bare, (1200, 860), "samsung", ("sans", "plain"), (14, 18), ("zh", "en", "pinyin")),
    "upright_edge": Console(upright_edge, (960, 720), "chinese", ("sans", "plain"), (13, 17), ("zh", "en", "pinyin")),
    "echo_corner": Console(
        echo_corner, (960, 720), "ge", ("plain", "rubik", "sans"), (12, 16), ("en", "pinyin", "zh"), ("heart",)
    ),
    "pocket": Console(pocket, (640, 480), "mindray", ("sans", "plain", "bitmap"), (12, 15), ("zh", "en", "pinyin")),
    "split_corners": Console(
        split_corners, (1366, 900), "siemens", ("plain", "sans"), (14, 18), ("en", "zh", "pinyin")
    ),
}
