"""Console layouts in the manner of ten kinds of machines, and the table of them.

In: a ``Shot`` (what the screen shows of an exam). Out: a ``Screen`` with every line of text at a known box.
Source: sizes and zones follow shared observations of real exports (header bands of 24-75 px, left column, result box).
"""

from collections.abc import Callable
from dataclasses import dataclass

from flows.sample.console import DEVICE, LANDMARK, MEASUREMENT, PHI, Screen
from flows.sample.furniture import Shot, axis, barcode, body_mark, calipers, colour_bar
from flows.sample.names import initials

YELLOW, CYAN, GREEN, DIM = (235, 220, 90), (110, 215, 235), (130, 230, 130), (170, 175, 180)


@dataclass(frozen=True)
class Layout:
    """One kind of console. ``native``: its labels are Chinese where the exam is."""

    name: str
    size_px: tuple[int, int]
    native: bool
    draw: Callable[[Screen, Shot], None]
    font: str = "sans"
    ground: tuple[int, int, int] = (0, 0, 0)


def draw(layout: Layout, shot: Shot) -> Screen:
    """Lay out one screen."""
    screen = Screen(*layout.size_px, font=layout.font, ground=layout.ground)
    layout.draw(screen, shot)
    return screen


def _logiq(s: Screen, shot: Shot) -> None:
    """640x480: identity and settings top left, probe top right, indices below, annotation under the image."""
    s.scan_boxes = [(60, 112, 580, 360)]
    s.rows((18, 8), [shot.site.hospital.upper(), shot.latin_name, shot.patient.patient_id], PHI, size=14)
    s.text((18, 66), f"Gn {shot.pick(48, 66)}", DEVICE, size=14)
    s.text((622, 8), shot.probe, DEVICE, size=14, right=True)
    s.rows((622, 28), [shot.day("mdy_slash"), shot.clock], PHI, size=14, right=True)
    s.text((622, 68), f"FR {shot.pick(18, 34)} Hz", DEVICE, size=14, right=True)
    colour_bar(s, (596, 130, 608, 220))
    axis(s, (52, 112, 360), shot.depth_cm, size=12)
    s.text((230, 376), shot.landmark, LANDMARK, size=16)
    s.rows((18, 404), [f"{label}  {value}" for label, value in shot.measures], MEASUREMENT, size=14, colour=YELLOW)
    s.text((430, 450), f"TIS<0.{shot.pick(2, 8)}  MI={shot.mi}", DEVICE, size=14)
    calipers(s, shot)


def _voluson(s: Screen, shot: Shot) -> None:
    """960x720: two-line grey header, left column of settings, result box upper right in two columns."""
    s.band((0, 0, 960, 62), (52, 54, 60))
    s.scan_boxes = [(130, 80, 690, 640)]
    s.text((14, 8), shot.family_comma_given, PHI, size=18)
    s.text((14, 36), f"{shot.age_sex}  {shot.patient.patient_id}", PHI, size=16)
    s.text((360, 10), shot.site.hospital, PHI, size=16)
    s.text((360, 36), f"{shot.probe}/{shot.preset}", DEVICE, size=16)
    s.text((944, 10), shot.day("dmy_dot"), PHI, size=16, right=True)
    s.text((944, 36), shot.clock, PHI, size=16, right=True)
    s.text((620, 10), f"MI {shot.mi}", DEVICE, size=16)
    s.text((620, 36), f"TIs 0.{shot.pick(1, 9)}", DEVICE, size=16)
    settings = [
        f"{shot.pick(3, 8)}.0-{shot.pick(9, 12)}.0 MHz",
        f"Gn {shot.pick(-4, 9)}",
        "C7 / M5",
        "FF2 / E2",
        "SRI 3",
    ]
    s.rows((14, 90), settings, DEVICE, size=14, colour=YELLOW)
    s.table((710, 96), shot.measures, MEASUREMENT, gap_px=128, size=16)
    s.text((300, 660), shot.landmark, LANDMARK, size=20, colour=YELLOW)
    s.text((946, 692), initials(shot.site.sonographer), PHI, size=14, right=True)
    axis(s, (696, 80, 640), shot.depth_cm, size=12)
    calipers(s, shot)


def _cx(s: Screen, shot: Shot) -> None:
    """800x600: blue two-line band, left column in blocks, results inside the scan area at the upper left."""
    s.band((0, 0, 800, 60), (36, 62, 102))
    s.scan_boxes = [(120, 64, 780, 590)]
    s.text((94, 6), shot.latin_name, PHI, size=18)
    s.text((94, 34), shot.auto_id, PHI, size=18)
    s.text((326, 34), shot.site.hospital, PHI, size=16)
    s.text((574, 8), f"MI {shot.mi}", DEVICE, size=16)
    s.text((574, 34), f"TIB 0.{shot.pick(1, 6)}", DEVICE, size=16)
    s.text((668, 8), shot.day("mdy_short"), PHI, size=16)
    s.text((668, 34), shot.clock_ampm, PHI, size=16)
    s.rows((6, 72), [shot.preset, shot.probe, f"{shot.pick(19, 42)}Hz", f"{shot.depth_cm}cm"], DEVICE, size=16)
    s.rows((6, 176), ["2D", "HGen", f"Gn {shot.pick(45, 70)}", f"C {shot.pick(48, 62)}", "3 / 3 / 4"], DEVICE, size=14)
    s.table((128, 84), [("+ " + a, b) for a, b in shot.measures[:1]], MEASUREMENT, gap_px=136, size=16)
    s.table((128, 108), [("x " + a, b) for a, b in shot.measures[1:]], MEASUREMENT, gap_px=136, size=16)
    s.text((300, 560), shot.landmark, LANDMARK, size=18)
    colour_bar(s, (784, 90, 792, 200))
    calipers(s, shot)


def _dc(s: Screen, shot: Shot) -> None:
    """1024x768: dark band in one line, result column on the right, body mark lower left."""
    s.band((0, 0, 1024, 46), (28, 30, 34))
    s.scan_boxes = [(60, 60, 760, 700)]
    s.text((12, 14), shot.hospital_short, PHI, size=18)
    s.text((330, 14), f"{shot.name}  {shot.patient.patient_id}", PHI, size=18)
    s.text((640, 14), shot.age_sex, PHI, size=18)
    s.text((1012, 14), f"{shot.day('ymd_slash')} {shot.clock}", PHI, size=16, right=True)
    s.text((776, 62), f"{shot.probe}  {shot.preset}", DEVICE, size=16, colour=DIM)
    s.text(
        (776, 90), f"AP {shot.pick(88, 98)}.{shot.pick(1, 9)}%  MI {shot.mi}  TIS 0.{shot.pick(1, 7)}", DEVICE, size=14
    )
    settings = [("F", f"H{shot.pick(4, 12)}.0"), ("D", f"{shot.depth_cm}.0"), ("G", f"{shot.pick(40, 66)}")]
    settings += [("FR", f"{shot.pick(20, 44)}"), ("DR", f"{shot.pick(90, 140)}"), ("iClear", "5")]
    s.table((776, 130), settings, DEVICE, gap_px=90, size=14, colour=DIM)
    s.table((776, 320), shot.measures, MEASUREMENT, gap_px=130, size=18)
    s.text((330, 716), shot.landmark, LANDMARK, size=20, colour=CYAN)
    body_mark(s, (70, 640))
    axis(s, (52, 60, 700), shot.depth_cm, size=12)
    calipers(s, shot)


def _acuson(s: Screen, shot: Shot) -> None:
    """1024x768: header of labelled fields, right column of settings, results bottom left."""
    s.scan_boxes = [(90, 72, 850, 610)]
    s.text((16, 10), "Name:", DEVICE, size=15)
    s.text((74, 10), shot.family_comma_given, PHI, size=15)
    s.text((16, 36), "Pat. ID:", DEVICE, size=15)
    s.text((84, 36), shot.patient.patient_id, PHI, size=15)
    s.text((330, 10), "DOB:", DEVICE, size=15)
    s.text((380, 10), shot.birth("dmy_slash"), PHI, size=15)
    s.text((330, 36), "Acc#:", DEVICE, size=15)
    s.text((384, 36), shot.accession, PHI, size=15)
    s.text((1008, 10), shot.site.hospital, PHI, size=15, right=True)
    s.text((1008, 36), f"{shot.day('dmy_slash')}  {shot.clock}", PHI, size=15, right=True)
    settings = [shot.probe, shot.preset, f"{shot.pick(20, 50)} fps", f"{shot.pick(-3, 6)} dB / DR {shot.pick(55, 70)}"]
    settings += ["SC Med", f"Map {'BCDEF'[shot.pick(0, 4)]} / ST 2", f"D {shot.depth_cm} cm", f"MI {shot.mi}"]
    s.rows((870, 84), settings, DEVICE, size=14, colour=GREEN)
    s.rows((18, 640), [f"{label} = {value}" for label, value in shot.measures], MEASUREMENT, size=17)
    s.text((420, 630), shot.landmark, LANDMARK, size=20)
    s.text((1008, 744), f"Op: {shot.site.sonographer}", PHI, size=14, right=True)
    axis(s, (856, 72, 610), shot.depth_cm, size=12)
    calipers(s, shot)


def _aplio(s: Screen, shot: Shot) -> None:
    """1280x960: tall band, name over id, date bottom right, results bottom right in two columns."""
    s.band((0, 0, 1280, 66), (18, 44, 58))
    s.scan_boxes = [(180, 90, 1000, 780)]
    s.text((20, 8), shot.name, PHI, size=22)
    s.text((20, 40), f"ID:{shot.patient.patient_id}", PHI, size=18)
    s.text((300, 10), f"{shot.birth('ymd_dash')}  {shot.age_sex}", PHI, size=18)
    s.text((640, 10), shot.site.hospital, PHI, size=20)
    s.text((640, 40), f"{shot.probe}  {shot.preset}  {shot.pick(22, 40)}fps", DEVICE, size=16)
    s.text((1262, 12), f"MI:{shot.mi}", DEVICE, size=16, right=True)
    s.rows(
        (16, 96), ["2D", f"G:{shot.pick(70, 92)}", f"DR:{shot.pick(55, 75)}", "A.Pure:3", "T6.0 MHz"], DEVICE, size=16
    )
    s.table((1014, 620), shot.measures, MEASUREMENT, gap_px=140, size=18, colour=YELLOW)
    s.text((420, 800), shot.landmark, LANDMARK, size=24)
    s.text((1262, 926), shot.day("d_mon_y"), PHI, size=18, right=True)
    s.text((1262, 896), shot.clock, PHI, size=18, right=True)
    s.text((20, 926), f"{shot.site.reader} / {shot.site.sonographer}", PHI, size=16)
    body_mark(s, (30, 820))
    axis(s, (1006, 90, 780), shot.depth_cm, size=14)
    calipers(s, shot)


def _accuvix(s: Screen, shot: Shot) -> None:
    """1024x768: light band with dark letters, annotation inside the image, framed results lower left."""
    s.band((0, 0, 1024, 60), (196, 202, 208))
    dark = (16, 18, 26)
    s.scan_boxes = [(40, 72, 820, 740)]
    s.text((12, 8), f"{shot.patient.patient_id}  {shot.name}", PHI, size=18, colour=dark)
    s.text((12, 36), f"{shot.probe} / {shot.preset}", DEVICE, size=15, colour=dark)
    s.text((420, 10), shot.site.hospital, PHI, size=18, colour=dark)
    s.text(
        (420, 36), f"FR {shot.pick(15, 40)}Hz   MI {shot.mi}   TIs 0.{shot.pick(1, 5)}", DEVICE, size=15, colour=dark
    )
    s.text((1012, 8), f"#{shot.accession}", PHI, size=15, colour=dark, right=True)
    s.text((1012, 36), f"{shot.day('ymd_dash')} {shot.clock}", PHI, size=15, colour=dark, right=True)
    settings = ["[2D] General", f"Gn {shot.pick(40, 60)} / DR {shot.pick(90, 130)}", "FA 4 / P 90%", "HAR"]
    s.rows((836, 84), settings, DEVICE, size=14)
    s.rows((52, 640), [f"{label}: {value}" for label, value in shot.measures], MEASUREMENT, size=16, colour=YELLOW)
    s.text((560, 700), shot.landmark, LANDMARK, size=18, colour=CYAN)
    calipers(s, shot)


def _prosound(s: Screen, shot: Shot) -> None:
    """640x480, narrow grey band; the sonographer typed the patient's name again beside the annotation."""
    s.band((0, 0, 640, 26), (70, 70, 74))
    s.scan_boxes = [(40, 40, 520, 394)]
    s.text((8, 6), f"*{shot.hospital_short}*", PHI, size=13)
    s.text((210, 6), shot.name, PHI, size=13)
    s.text((382, 6), shot.age_sex, PHI, size=13)
    s.text((632, 6), f"{shot.day('dd_mon_yy')} {shot.clock}", PHI, size=13, right=True)
    s.rows((632, 46), [shot.probe, f"R{shot.depth_cm}", f"G{shot.pick(50, 80)}", "C 6"], DEVICE, size=14, right=True)
    s.text((632, 140), f"MI {shot.mi}", DEVICE, size=14, right=True)
    s.rows((10, 402), [f"{label} {value}" for label, value in shot.measures], MEASUREMENT, size=13, colour=GREEN)
    name = s.text((300, 424), shot.name, PHI, size=15, frames=shot.late)
    s.text((name[2] + 12, 424), shot.landmark, LANDMARK, size=15)
    s.text((300, 452), f"ID {shot.patient.patient_id}", PHI, size=14)
    calipers(s, shot)


def _workstation(s: Screen, shot: Shot) -> None:
    """1280x800: a capture station; the right panel lists identity, then results, as label | value rows, and a code."""
    s.band((900, 0, 1280, 800), (40, 44, 56))
    s.scan_boxes = [(30, 60, 880, 720)]
    s.text((30, 18), shot.site.hospital + shot.words(" Ultrasound", "超声科"), PHI, size=22)
    labels = shot.words(
        ("Name", "Sex/Age", "Exam No.", "ID", "Doctor", "Date"),
        ("姓名", "性别/年龄", "检查号", "住院号", "医师", "日期"),
    )
    values = (shot.name, shot.age_sex, shot.accession, shot.patient.patient_id, shot.site.reader, shot.day("ymd_dash"))
    for row, (label, value) in enumerate(zip(labels, values, strict=True)):
        s.text((916, 24 + 30 * row), label, DEVICE, size=17, colour=DIM)
        s.text((1030, 24 + 30 * row), value, PHI, size=17)
    s.table((916, 240), shot.measures, MEASUREMENT, gap_px=160, size=18, colour=YELLOW)
    settings = [("MI", shot.mi), ("TIS", f"0.{shot.pick(1, 8)}"), (shot.words("Depth", "深度"), f"{shot.depth_cm} cm")]
    settings += [(shot.words("Gain", "增益"), f"{shot.pick(40, 70)} dB")]
    s.table((916, 420), settings, DEVICE, gap_px=110, size=16, colour=DIM)
    barcode(s, shot.patient.patient_id, (1100, 620))
    s.text((380, 736), shot.landmark, LANDMARK, size=22)
    axis(s, (884, 60, 720), shot.depth_cm, size=12)
    calipers(s, shot)


def _portable(s: Screen, shot: Shot) -> None:
    """640x480: hardly any chrome; identity in the lower corner of the scan area, soft keys below."""
    s.scan_boxes = [(90, 10, 560, 430)]
    s.rows((8, 10), [shot.preset, f"Gen {shot.probe}", "THI"], DEVICE, size=14, colour=DIM)
    s.rows((632, 60), ["MI", shot.mi, "TIS", f"0.{shot.pick(1, 9)}"], DEVICE, size=14, colour=DIM, right=True)
    s.text((100, 340), shot.latin_name, PHI, size=15, frames=shot.late)
    s.text((100, 362), shot.patient.patient_id, PHI, size=15)
    s.text((100, 384), f"{shot.day('y_mon_d')} {shot.clock}", PHI, size=14)
    s.text((100, 408), shot.site.hospital, PHI, size=13)
    s.text((300, 20), shot.landmark, LANDMARK, size=16, colour=CYAN)
    s.table((420, 340), shot.measures, MEASUREMENT, gap_px=110, size=14)
    s.band((40, 446, 610, 470), (44, 66, 96))
    for at, word in enumerate(("Gen", "Sector", "MB Off", "Guide", "Page 1/3")):
        s.text((56 + 112 * at, 452), word, DEVICE, size=13)
    calipers(s, shot)


LAYOUTS: tuple[Layout, ...] = (
    Layout("logiq", (640, 480), native=False, draw=_logiq, font="plain"),
    Layout("dc", (1024, 768), native=True, draw=_dc),
    Layout("cx", (800, 600), native=False, draw=_cx, font="plain"),
    Layout("workstation", (1280, 800), native=True, draw=_workstation),
    Layout("voluson", (960, 720), native=False, draw=_voluson),
    Layout("aplio", (1280, 960), native=True, draw=_aplio, font="plain"),
    Layout("acuson", (1024, 768), native=False, draw=_acuson, font="serif"),
    Layout("prosound", (640, 480), native=True, draw=_prosound),
    Layout("accuvix", (1024, 768), native=True, draw=_accuvix, font="serif"),
    Layout("portable", (640, 480), native=False, draw=_portable),
)
