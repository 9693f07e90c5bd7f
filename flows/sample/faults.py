"""What goes wrong in a real export: broken files, wrong rows, screens that must not be used.

In: the good exams. Out: the same folders with faults beside the good files, and the expected reject reason of each.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from random import Random

from PIL import Image

from flows.sample import dicom
from flows.sample.canvas import Pixels
from flows.sample.console import DEVICE, LANDMARK, PHI, Screen
from flows.sample.furniture import Shot
from flows.sample.layouts import LAYOUTS, draw
from flows.sample.pictures import folder_of, render, save_still
from flows.sample.plan import Exam
from schemas.reject import RejectReason


@dataclass
class Faults:
    """The faults of one hospital: extra images of a case by case id, and what is expected of them."""

    root: Path
    seed: int
    extra_images: dict[str, list[str]] = field(default_factory=dict, repr=False)
    expected: list[dict[str, str]] = field(default_factory=list, repr=False)
    planted: dict[str, set[str]] = field(default_factory=dict, repr=False)

    def image(self, path: str, reason: RejectReason) -> None:
        """Expect an image to be rejected."""
        self.expected.append({"image": path, "expect": reason.value})

    def case(self, case_id: str, reason: RejectReason) -> None:
        """Expect a case to be rejected."""
        self.expected.append({"case_id": case_id, "expect": reason.value})

    def attach(self, exam: Exam, name: str, reason: RejectReason) -> Path:
        """Reference a further image from a good case and give its place."""
        path = f"{folder_of(exam)}/{name}"
        self.extra_images.setdefault(exam.case_id, []).append(path)
        self.image(path, reason)
        return self.root / path

    def picture(self, exam: Exam, *, dual: bool = False) -> tuple[Screen, Pixels]:
        """Draw one further screen of an exam."""
        rng = Random(f"{self.seed}/fault/{exam.case_id}")
        shot = Shot(exam, 9, native=False, frames=1, rng=rng)
        screen = _dual_screen(shot) if dual else draw(LAYOUTS[4], shot)
        frames, _ = render(screen, shot, rng)
        self.planted.setdefault(exam.case_id, set()).update(shot.planted)
        return screen, frames


def _truncated(faults: Faults, exam: Exam) -> None:
    data = BytesIO()
    Image.fromarray(faults.picture(exam)[1][0]).save(data, "PNG")
    place = faults.attach(exam, "IM0091.png", RejectReason.UNREADABLE_IMAGE)
    place.write_bytes(data.getvalue()[: len(data.getvalue()) * 2 // 5])


def _empty_file(faults: Faults, exam: Exam) -> None:
    faults.attach(exam, "IM0092.dcm", RejectReason.EMPTY_FILE).touch()


def _wrong_extension(faults: Faults, exam: Exam) -> None:
    data = BytesIO()
    Image.fromarray(faults.picture(exam)[1][0]).save(data, "JPEG", quality=92)
    faults.attach(exam, "IM0093.png", RejectReason.WRONG_EXTENSION).write_bytes(data.getvalue())


def _dual(faults: Faults, exam: Exam) -> None:
    screen, frames = faults.picture(exam, dual=True)
    place = faults.attach(exam, "IM0094.dcm", RejectReason.MULTI_REGION)
    dicom.write(place, frames, "rgb_rle", exam, screen.scan_boxes)


def _missing_file(faults: Faults, exam: Exam) -> None:
    faults.attach(exam, "IM0095.dcm", RejectReason.IMAGE_NOT_FOUND)


def _orphan(faults: Faults, exam: Exam) -> None:
    path = faults.root / "unsorted" / f"{exam.patient.patient_id}_1.png"
    path.parent.mkdir(exist_ok=True)
    save_still(faults.picture(exam)[1][0], path)
    faults.image(path.relative_to(faults.root).as_posix(), RejectReason.IMAGE_WITHOUT_CASE)


def _duplicate_row(faults: Faults, exam: Exam) -> None:
    faults.case(exam.case_id, RejectReason.DUPLICATE_CASE_ID)


def _empty_report(faults: Faults, exam: Exam) -> None:
    faults.case(exam.case_id, RejectReason.EMPTY_REPORT)


def _irrelevant_report(faults: Faults, exam: Exam) -> None:
    faults.case(exam.case_id, RejectReason.IRRELEVANT_REPORT)


#: Faults in the order they are planted. Those named in ``CASE_FAULTS`` need an exam of their own.
FAULTS: dict[str, Callable[[Faults, Exam], None]] = {
    "truncated": _truncated,
    "empty_report": _empty_report,
    "dual": _dual,
    "empty_file": _empty_file,
    "irrelevant_report": _irrelevant_report,
    "wrong_extension": _wrong_extension,
    "orphan": _orphan,
    "duplicate_row": _duplicate_row,
    "missing_file": _missing_file,
}
CASE_FAULTS = frozenset({"empty_report", "irrelevant_report"})


def choose(cases: int) -> list[str]:
    """Choose the faults: each kind once up to 24 cases (fewer below), then one for every fourth case."""
    count = max(min(len(FAULTS), -(-cases * 3 // 8)), cases // 4)
    names = tuple(FAULTS)
    return [names[number % len(names)] for number in range(count)]


def host(exams: list[Exam], number: int) -> Exam:
    """Give the good exam that takes fault ``number``; round by round another one."""
    return exams[(2 * number + 1 + number // len(exams)) % len(exams)]


def _dual_screen(shot: Shot) -> Screen:
    """Lay out two images side by side."""
    screen = Screen(1024, 768)
    screen.band((0, 0, 1024, 50), (30, 34, 44))
    screen.scan_boxes = [(20, 80, 504, 640), (520, 80, 1004, 640)]
    screen.text((14, 16), f"{shot.latin_name}  {shot.patient.patient_id}", PHI, size=18)
    screen.text((1010, 16), f"{shot.day('ymd_dash')} {shot.clock}", PHI, size=18, right=True)
    screen.text((540, 16), f"MI {shot.mi}", DEVICE, size=16)
    screen.text((180, 660), shot.landmark, LANDMARK, size=18)
    screen.text((680, 660), shot.landmark, LANDMARK, size=18)
    return screen
