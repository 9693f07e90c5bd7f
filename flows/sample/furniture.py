"""What stands on every console: the shot's facts, and the marks that are not text.

In: an exam and a view. Out: strings for a layout, and calipers, ticks, colour bars, body marks and
barcodes on a screen.
"""

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from random import Random
from typing import Any, TypeVar

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw

from flows.sample.console import DEVICE, PHI, Screen
from flows.sample.phrases import vary
from flows.sample.plan import Exam, write_date

T = TypeVar("T")


@lru_cache(maxsize=1)
def views() -> dict[str, Any]:
    """Read what consoles write, by anatomical system."""
    return tomllib.loads((files("flows.sample") / "shots.toml").read_text(encoding="utf-8"))


@dataclass
class Shot:
    """One screen of one exam. ``planted`` collects the identifying strings that the layout asks for."""

    exam: Exam
    number: int
    native: bool
    frames: int
    rng: Random
    planted: set[str] = field(default_factory=set, repr=False)
    landmark: str = ""
    probe: str = ""
    preset: str = ""
    mi: str = ""
    depth_cm: int = 0
    measures: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Choose the view and draw its numbers."""
        system = views()[self.exam.systems[self.number % len(self.exam.systems)]]
        view = system["views"][(self.number + self.exam.body) % len(system["views"])]
        language = "zh" if self.native and self.exam.language == "zh" else "en"
        self.landmark, self.preset = view[language], system["preset"][language]
        self.measures = [(label, vary(value, self.rng)) for label, value in view["m_" + language]]
        self.probe = system["probe"][self.exam.number % len(system["probe"])]
        self.mi, self.depth_cm = f"{self.rng.randint(6, 13) / 10:.1f}", self.rng.randint(*system["depth_cm"])
        self.patient, self.site, self.accession = self.exam.patient, self.exam.site, self.exam.accession

    @property
    def late(self) -> tuple[int, int]:
        """Give the frames that show identity which appears in the middle of a cine."""
        return (self.frames // 2, 10_000)

    def pick(self, low: int, high: int) -> int:
        """Draw a number of a setting."""
        return self.rng.randint(low, high)

    def words(self, english: T, chinese: T) -> T:
        """Choose by the language of the console."""
        return chinese if self.native and self.exam.language == "zh" else english

    def _plant(self, text: str) -> str:
        self.planted.add(text)
        return text

    def day(self, style: str) -> str:
        """Write the exam date."""
        return self._plant(write_date(self.exam.at.date(), style))

    def birth(self, style: str) -> str:
        """Write the birth date."""
        return self._plant(write_date(self.patient.birth, style))

    @property
    def _moment(self) -> tuple[int, int, int]:
        return self.exam.at.hour, self.exam.at.minute, (self.exam.at.second + 11 * self.number) % 60

    @property
    def clock(self) -> str:
        """Write the time of day."""
        return self._plant("{:02d}:{:02d}:{:02d}".format(*self._moment))

    @property
    def clock_ampm(self) -> str:
        """Write the time of day in American style."""
        hour, minute, second = self._moment
        return self._plant(f"{hour - 12}:{minute:02d}:{second:02d} PM")

    @property
    def auto_id(self) -> str:
        """Give the id that a machine makes of date and time when nobody types one."""
        return self._plant(f"{self.exam.at:%y-%m-%d-%H%M%S}")

    @property
    def name(self) -> str:
        """Write the name as the console's language does."""
        return self._plant(self.patient.hanzi if self.native and self.patient.hanzi else self.family_comma_given)

    @property
    def latin_name(self) -> str:
        """Write the name in capitals: SMITH^JOHN or JOHN SMITH, WANG LIHUA."""
        written = self.patient.dicom if self.exam.number % 4 < 2 else self.patient.spaced
        return self._plant(written.upper())

    @property
    def family_comma_given(self) -> str:
        """Write the name as LAST, First."""
        return self._plant(f"{self.patient.family.upper()}, {self.patient.given}")

    @property
    def hospital_short(self) -> str:
        """Give the hospital as it fits a narrow band."""
        hospital = self.site.hospital
        return self._plant(" ".join(hospital.split()[:2]) if hospital.isascii() else hospital)

    @property
    def age_sex(self) -> str:
        """Write age and sex."""
        age = self.patient.age(self.exam.at.date())
        if self.native and self.exam.language == "zh":
            return f"{'男' if self.patient.sex == 'M' else '女'} {age}岁"
        return f"{age:03d}Y {self.patient.sex}" if self.exam.number % 3 else f"{self.patient.sex}/{age}"


def calipers(screen: Screen, shot: Shot) -> None:
    """Draw one or two pairs of calipers with dotted lines inside the scan area."""
    left, top, right, bottom = screen.scan_boxes[0]
    width, height = right - left, bottom - top
    ends = []
    for _ in range(min(2, len(shot.measures))):
        x, y = left + width * shot.pick(38, 48) // 100, top + height * shot.pick(35, 60) // 100
        ends.append((x, y, x + width * shot.pick(8, 18) // 100, y + height * shot.pick(-8, 10) // 100))

    def lines(draw: ImageDraw.ImageDraw) -> None:
        for x0, y0, x1, y1 in ends:
            for x, y in ((x0, y0), (x1, y1)):
                draw.line((x - 5, y, x + 5, y), fill=(250, 240, 120))
                draw.line((x, y - 5, x, y + 5), fill=(250, 240, 120))
            for part in range(1, 10):
                draw.point((x0 + (x1 - x0) * part // 10, y0 + (y1 - y0) * part // 10), fill=(250, 240, 120))

    screen.over(lines)


def axis(screen: Screen, span: tuple[int, int, int], depth_cm: int, *, size: int) -> None:
    """Draw a depth axis at x with a number at every (deep: every fifth) centimetre; ``span`` is x, top, bottom."""
    x, top, bottom = span
    step = 5 if depth_cm > 7 else 1

    def lines(draw: ImageDraw.ImageDraw) -> None:
        for cm in range(depth_cm + 1):
            y = top + (bottom - top) * cm // depth_cm
            draw.line((x - (6 if cm % step == 0 else 3), y, x, y), fill=(200, 200, 200))

    screen.over(lines)
    for cm in range(step, depth_cm, step):
        screen.text((x - 10, top + (bottom - top) * cm // depth_cm - size // 2), str(cm), DEVICE, size=size, right=True)


def colour_bar(screen: Screen, box: tuple[int, int, int, int]) -> None:
    """Put a colour bar on the ground."""
    ramp = np.linspace(0, 255, box[3] - box[1]).astype(np.uint8)
    bar = np.stack([255 - ramp, (255 - ramp) // 2 + 20, ramp], axis=-1)[:, None].repeat(box[2] - box[0], axis=1)
    screen.picture(np.ascontiguousarray(bar.astype(np.uint8)), box[0], box[1])


def body_mark(screen: Screen, at: tuple[int, int]) -> None:
    """Draw a small body outline with a probe mark."""
    x, y = at

    def lines(draw: ImageDraw.ImageDraw) -> None:
        draw.ellipse((x + 12, y, x + 28, y + 16), outline=(120, 200, 160))
        draw.polygon(((x + 2, y + 18), (x + 38, y + 18), (x + 32, y + 58), (x + 8, y + 58)), outline=(120, 200, 160))
        draw.line((x + 22, y + 34, x + 32, y + 38), fill=(250, 230, 110), width=3)

    screen.over(lines)


def barcode(screen: Screen, text: str, at: tuple[int, int]) -> None:
    """Put a QR code on the ground and record what it says."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    image = Image.fromarray(np.asarray(zxingcpp.write_barcode_to_image(code, scale=5))).convert("RGB")
    screen.picture(np.asarray(image), *at)
    screen.mark(text, PHI, (at[0], at[1], at[0] + image.width, at[1] + image.height))
