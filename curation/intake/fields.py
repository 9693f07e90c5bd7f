"""Read single cells of a case: dates, sex, lists, the site code, the known PHI.

In: text as the hospital wrote it. Out: typed values, or None where the text does not say.
Source: 45 CFR 164.514(b)(2)(i)(C): ages over 89 are aggregated into one category.
"""

import re
from collections.abc import Mapping
from datetime import date

OVER_89 = 90
#: A code of a few letters and digits; longer words may be the hospital's name.
SITE_CODE = re.compile(r"(?:site|hospital|hosp|center|centre)?[-_]?(?:[a-z]{1,5})?[-_]?\d{0,6}", re.IGNORECASE)
#: A list as JSON and Python write it; a glob such as ``[A]/*.[p]ng`` is none.
_LIST = re.compile(r"""\[\s*(?:(["']).*\1)?\s*\]""", re.DOTALL)
LIST_SEPARATOR = re.compile(r"[;；|\n]")
YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\D{0,3}?(\d{1,2})\D{0,3}?(\d{1,2})(?!\d)")
YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?!\d)")
SEXES = {
    "m": "M",
    "male": "M",
    "男": "M",
    "男性": "M",
    "1": "M",
    "f": "F",
    "female": "F",
    "女": "F",
    "女性": "F",
    "2": "F",
}


def split_list(cell: str) -> list[str]:
    """Split a cell that may hold several values, or a JSON list, or one value."""
    text = cell.strip()
    if _LIST.fullmatch(text):
        text = text[1:-1].replace('"', "").replace("'", "").replace(",", ";")
    return [part.strip() for part in LIST_SEPARATOR.split(text) if part.strip()]


def parse_date(cell: str) -> date | None:
    """Read a date; day-first is preferred only where month-first is impossible."""
    text = cell.strip()
    if match := YEAR_FIRST.search(text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := YEAR_LAST.search(text):
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        return _date(year, first, second) or _date(year, second, first)
    return None


def age_years(birth: str, exam: str) -> int | None:
    """Compute the age at the exam in years; over 89 is 90, impossible ages are None."""
    born, seen = parse_date(birth), parse_date(exam)
    if born is None or seen is None:
        return None
    years = seen.year - born.year - ((seen.month, seen.day) < (born.month, born.day))
    if not 0 <= years <= 130:
        return None
    return min(years, OVER_89)


def sex_code(cell: str) -> str | None:
    """Read F, M or O (DICOM (0010,0040) codes)."""
    text = cell.strip().casefold()
    return SEXES.get(text, "O") if text else None


def known_phi(cells: Mapping[str, str]) -> dict[str, list[str]]:
    """Collect what the table knows about the patient, as written, by kind of KNOWN_PHI."""

    def of(*columns: str) -> list[str]:
        return list(dict.fromkeys(cells[name].strip() for name in columns if cells.get(name, "").strip()))

    return {
        "names": of("patient_name"),
        "ids": of("patient_id", "accession_number", "case_id"),
        "dates": of("birth_date", "exam_date"),
        "phones": split_list(cells.get("phone", "")),
        "addresses": of("address"),
        "physicians": split_list(cells.get("physicians", "")),
        "institutions": of("institution"),
    }


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
