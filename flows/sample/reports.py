"""Reports of the sample hospital: clinical bodies between headers, footers and sentences that identify people.

In: an exam. Out: findings, impression and every identifying string as it was written.
Source of the texts: ``reports_en.toml`` and ``reports_zh.toml`` beside this file, written for this project.
"""

import re
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from random import Random
from typing import Any

from flows.sample.names import initials
from flows.sample.phrases import vary
from flows.sample.plan import Exam, write_date

_SLOT = re.compile(r"\{(\w+)(?::(\w+))?\}")
#: Slots that identify nobody, or that are too short to search for.
_PLAIN = frozenset({"sex", "age", "bed", "initials"})
_TOPICS = ("liver", "kidney", "thyroid", "vessel", "gynaecology", "heart", "breast")


@dataclass(frozen=True)
class Report:
    """One written report; ``planted`` holds its identifying strings as written."""

    findings: str = field(repr=False)
    impression: str = field(repr=False)
    planted: frozenset[str] = field(repr=False)


@lru_cache(maxsize=2)
def texts(language: str) -> dict[str, Any]:
    """Read the texts of a language."""
    return tomllib.loads((files("flows.sample") / f"reports_{language}.toml").read_text(encoding="utf-8"))


def clinical_texts() -> str:
    """Give every clinical body of both languages in one string: no planted string may occur in it."""
    bodies = [body for language in ("en", "zh") for topic in _TOPICS for body in texts(language)[topic]]
    return "\n".join(f"{body['findings']}\n{body['impression']}" for body in bodies)


def write_report(exam: Exam, rng: Random) -> Report:
    """Write the report of an exam; several systems give one body each."""
    source = texts(exam.language)
    bodies = [source[system.value][(exam.body + exam.number) % len(source[system.value])] for system in exam.systems]
    gap = " " if exam.language == "en" else ""
    body = gap.join(
        part
        for part in (rng.choice(source["openings"]), *(b["findings"] for b in bodies), rng.choice(source["closings"]))
        if part
    )
    header = source["headers"][(exam.number // 2 + rng.randint(0, 1)) % len(source["headers"])]
    parts = [part for part in (header, body, rng.choice(source["footers"])) if part]
    impression = gap.join(b["impression"] for b in bodies) + rng.choice(source["impression_ends"])
    return _fill("\n".join(parts), impression, exam, rng)


def write_irrelevant(exam: Exam, rng: Random) -> Report:
    """Write a text that is no ultrasound report."""
    return _fill(rng.choice(texts(exam.language)["irrelevant"])["text"], "", exam, rng)


def _fill(findings: str, impression: str, exam: Exam, rng: Random) -> Report:
    values = _values(exam)
    planted: set[str] = set()

    def fill(match: re.Match[str]) -> str:
        name, style = match.group(1), match.group(2)
        day = {"date": exam.at.date(), "birth": exam.patient.birth, "prior": exam.prior}.get(name)
        value = write_date(day, style) if day else values[name]
        if name not in _PLAIN and not (name == "aged" and exam.patient.age(exam.at.date()) <= 89):
            planted.add(value)
        return value

    written = [_SLOT.sub(fill, vary(text, rng)) for text in (findings, impression)]
    return Report(written[0], written[1], frozenset(planted))


def _values(exam: Exam) -> dict[str, str]:
    """Give every slot that is not a date, as this exam's people would write it."""
    patient, site, age = exam.patient, exam.site, exam.patient.age(exam.at.date())
    chinese = bool(patient.hanzi)
    return {
        "name": patient.full,
        "family_given": f"{patient.family}, {patient.given}",
        "caps": f"{patient.family}, {patient.given}".upper(),
        "lower": patient.spaced.lower(),
        "title": patient.title,
        "spaced": " ".join(patient.hanzi),
        "pinyin": patient.spaced.title(),
        "id": patient.patient_id,
        "id_wide": patient.patient_id.translate({48 + n: 0xFF10 + n for n in range(10)}),
        "accession": exam.accession,
        "hospital": site.hospital,
        "reader": site.reader,
        "sonographer": site.sonographer,
        "referrer": site.referrer,
        "referrer_family": site.referrer.split()[-1],
        "initials": initials(site.sonographer),
        "phone": patient.phone,
        "desk": f"0{600 + len(site.hospital)}-5550{1000 + len(site.reader) * 37}" if chinese else "(555) 010-4400",
        "address": patient.address,
        "time": f"{exam.at:%H:%M}",
        "age": str(age),
        "aged": f"{age}岁" if chinese else f"{age}-year-old",
        "sex": ("男" if patient.sex == "M" else "女") if chinese else ("male" if patient.sex == "M" else "female"),
        "bed": str(7 + exam.number % 40),
    }
