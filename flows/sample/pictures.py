"""Key frames of an exam as files: which console, which file form, which name.

In: an exam and the number of the image. Out: one file under the image root, with the text items of each of its frames.
"""

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from flows.sample import dicom
from flows.sample.canvas import SUITABLE, Pixels, scan
from flows.sample.console import Item, Screen
from flows.sample.furniture import Shot
from flows.sample.layouts import LAYOUTS, Layout, draw
from flows.sample.lesions import Lesion
from flows.sample.lesions import draw as draw_lesion
from flows.sample.plan import Exam


@dataclass(frozen=True)
class Format:
    """One kind of file: its suffix, its DICOM pixel form (empty for stills), and whether it is a cine."""

    suffix: str
    form: str = ""
    cine: bool = False


#: Files are made in this order, over and over.
FORMATS = (
    Format(".dcm", "rgb_rle"), Format(".png"), Format("", "palette"), Format(".jpg"), Format(".dcm", "ybr_jpeg", True),
    Format(".DCM", "mono"), Format(".bmp"), Format(".dcm", "rgb_rle", True), Format(".tif"), Format(".dcm", "ybr"),
    Format(".dcm", "rgb_j2k"), Format(".JPG"), Format("", "ybr_rle", True), Format(".dcm", "rgb"),
    Format(".dcm", "mono", True), Format(".png"), Format(".dcm", "rgb_planar"), Format(".dcm", "ybr_jpeg"),
)  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """One written image: its path below the image root, its text per frame, and what it plants."""

    path: str = field(repr=False)
    layout: str
    format: str
    frames: list[list[Item]] = field(repr=False)
    planted: set[str] = field(repr=False)
    size_px: tuple[int, int] = (0, 0)
    lesion: Lesion | None = None

    def truth(self) -> list[dict[str, object]]:
        """Give one ground-truth row per frame."""
        return [
            {"image": self.path, "frame": number, "items": [item.as_row() for item in items]}
            for number, items in enumerate(self.frames)
        ]


def layout_of(exam: Exam) -> Layout:
    """Give the console of an exam; consecutive languages meet every console."""
    return LAYOUTS[(exam.number + exam.number // len(LAYOUTS)) % len(LAYOUTS)]


def folder_of(exam: Exam) -> str:
    """Give the folder of an exam: by month and case, or by accession number."""
    return f"{exam.at:%Y-%m}/{exam.case_id}" if exam.number % 3 else exam.accession


@dataclass(frozen=True, slots=True)
class Where:
    """Where pictures are written, the seed of the hospital, and whether stills show lesions."""

    root: Path
    seed: int
    lesions: bool = False


def take(exam: Exam, number: int, serial: int, where: Where) -> Picture:
    """Draw and write one good image; ``serial`` counts the images of the whole hospital."""
    root, seed = where.root, where.seed
    rng = Random(f"{seed}/image/{serial}")
    kind, layout = FORMATS[serial % len(FORMATS)], layout_of(exam)
    shot = Shot(exam, number, layout.native, 4 + serial % 5 if kind.cine else 1, rng)
    screen = draw(layout, shot)
    frames, items = render(screen, shot, rng)
    lesion = None
    if where.lesions and not kind.cine:
        frames = frames.copy()
        system = exam.systems[number % len(exam.systems)].value
        lesion = draw_lesion(frames, screen, items[0], system, Random(f"{seed}/lesion/{serial}"))
    path = f"{folder_of(exam)}/{_stem(exam, number, serial)}{kind.suffix}"
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    if kind.form:
        dicom.write(root / path, frames, kind.form, exam, _regions(screen, serial))
    else:
        save_still(frames[0], root / path)
    name = (kind.form + ("-cine" if kind.cine else "")) or kind.suffix.lower().removeprefix(".")
    size = (screen.width_px, screen.height_px)
    return Picture(path, layout.name, name, items, shot.planted, size, lesion)


def render(screen: Screen, shot: Shot, rng: Random) -> tuple[Pixels, list[list[Item]]]:
    """Draw all frames of a screen; give the pixels uint8[N, H, W, 3] and the text items of every frame."""
    system = shot.exam.systems[shot.number % len(shot.exam.systems)]
    suitable = SUITABLE[system.value]
    scans = [scan(rng.choice(suitable), rng, frames=shot.frames) for _ in screen.scan_boxes]
    numbers = range(shot.frames)
    pixels = np.stack([screen.render([cine[number] for cine in scans], number) for number in numbers])
    return pixels, [screen.items(number) for number in numbers]


def save_still(frame: Pixels, path: Path) -> None:
    """Write a still in the form of its suffix."""
    image = Image.fromarray(frame)
    if path.suffix.lower() == ".jpg":
        image.save(path, "JPEG", quality=92)
    else:
        image.save(path)


def _regions(screen: Screen, serial: int) -> list[tuple[int, int, int, int]]:
    """Give the regions a machine reports: right for most, absent for some, stale (beyond the image) for a few."""
    if serial % 5 == 4:
        return []
    if serial % 23 == 16:
        return [(0, 0, screen.width_px + 160, screen.height_px + 120)]
    return screen.scan_boxes


def _stem(exam: Exam, number: int, serial: int) -> str:
    """Name a file as exports do; most names tell who the patient is."""
    patient = exam.patient
    family, given = patient.family.upper().replace("'", ""), patient.given.upper()
    stems = (
        f"IM{number + 1:04d}",
        f"{family}_{given}_{patient.patient_id}_{number + 1}",
        f"{exam.at:%Y%m%d}_{patient.patient_id}_{number + 1:02d}",
        f"{patient.full} {number + 1}",
        dicom.uid("file", exam.case_id, number),
    )
    return stems[(serial + exam.number) % len(stems)]
