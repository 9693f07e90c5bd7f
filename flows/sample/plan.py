"""The exams of the sample hospital, before a pixel is drawn or a word is written.

In: number of cases and seed. Out: one ``Exam`` per good case; the first 14 cover all seven systems in both languages.
"""

import datetime as dt
from dataclasses import dataclass
from random import Random

from flows.sample.names import Patient, Site, make_patient, make_site
from schemas.case import AnatomicalSystem

SYSTEMS = tuple(
    AnatomicalSystem(name) for name in ("liver", "kidney", "thyroid", "vessel", "gynaecology", "heart", "breast")
)
#: Systems that are examined together.
_TOGETHER = {
    AnatomicalSystem.LIVER: AnatomicalSystem.KIDNEY,
    AnatomicalSystem.THYROID: AnatomicalSystem.VESSEL,
    AnatomicalSystem.KIDNEY: AnatomicalSystem.VESSEL,
}
_WOMEN = {AnatomicalSystem.GYNAECOLOGY, AnatomicalSystem.BREAST}
#: Birth years that make the findings plausible: plaques and calcified valves late, the pelvis around the menopause.
_BORN = {
    AnatomicalSystem.VESSEL: (1942, 1968),
    AnatomicalSystem.HEART: (1942, 1968),
    AnatomicalSystem.GYNAECOLOGY: (1971, 1974),
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: How people and machines write dates; fields of ``str.format``: y, m, d, yy, mon.
DATE_STYLES = {
    "mdy_slash": "{m:02d}/{d:02d}/{y}",
    "mdy_short": "{m}/{d}/{y}",
    "dmy_slash": "{d:02d}/{m:02d}/{y}",
    "dmy_dot": "{d:02d}.{m:02d}.{y}",
    "ymd_slash": "{y}/{m:02d}/{d:02d}",
    "ymd_dash": "{y}-{m:02d}-{d:02d}",
    "ymd_dot": "{y}.{m}.{d}",
    "d_mon_y": "{d:02d} {mon} {y}",
    "dd_mon_yy": "{d:02d}-{mon}-{yy:02d}",
    "y_mon_d": "{y}{mon}{d:02d}",
    "mon_d_y": "{mon} {d}, {y}",
    "zh": "{y}年{m}月{d}日",
    "compact": "{y}{m:02d}{d:02d}",
}


@dataclass(frozen=True)
class Exam:
    """One exam: who, where, when and what."""

    number: int
    case_id: str
    language: str
    systems: tuple[AnatomicalSystem, ...]
    patient: Patient
    site: Site
    at: dt.datetime
    prior: dt.date
    accession: str
    n_images: int
    body: int

    @property
    def site_code(self) -> str:
        """Give the hospital's code in the table."""
        return "site-1" if self.language == "en" else "site-2"


def write_date(day: dt.date, style: str) -> str:
    """Write a date in one of ``DATE_STYLES``."""
    mon = _MONTHS[day.month - 1]
    return DATE_STYLES[style].format(y=day.year, m=day.month, d=day.day, yy=day.year % 100, mon=mon)


def plan(cases: int, seed: int) -> list[Exam]:
    """Plan the good cases; from the fifteenth on some are second exams of an earlier patient."""
    exams: list[Exam] = []
    for number in range(cases):
        rng = Random(f"{seed}/exam/{number}")
        second = number >= 14 and number % 3 != 0
        exams.append(make_exam(rng, number, exams[number - 14] if second else None))
    return exams


def make_exam(rng: Random, number: int, earlier: Exam | None = None) -> Exam:
    """Plan one exam; ``earlier`` makes it the follow-up of that exam (same patient and hospital)."""
    language = "en" if number % 2 == 0 else "zh"
    system = SYSTEMS[number // 2 % len(SYSTEMS)]
    sex = "F" if system in _WOMEN else rng.choice("MF")
    # afternoon, never at a full or half hour: a clock time can then not be a clock position of the breast
    day = dt.date(2025 if earlier else 2024, rng.randint(1, 12), rng.randint(1, 28))
    clock = dt.time(rng.randint(13, 17), rng.randint(31, 59), rng.randint(0, 59))
    systems = (system, _TOGETHER[system]) if number % 5 == 0 and system in _TOGETHER else (system,)
    return Exam(
        number=number,
        case_id=f"E{240000 + number * 37 + 11:08d}",
        language=language,
        systems=systems,
        patient=earlier.patient
        if earlier
        else make_patient(rng, language, sex, number, _BORN.get(system, (1946, 1992))),
        site=earlier.site if earlier else make_site(rng, language),
        at=dt.datetime.combine(day, clock, tzinfo=dt.UTC),
        prior=earlier.at.date() if earlier else dt.date(2023, rng.randint(1, 12), rng.randint(1, 28)),
        accession=f"{'A' if language == 'en' else 'US'}{day:%y%m%d}{number + 101:04d}",
        n_images=2 + (number + 1) % 3,
        body=number // 14,
    )
