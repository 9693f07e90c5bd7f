"""k-anonymity of the attributes that a release publishes: age band, sex, site and findings.

In: cases. Out: the same cases in coarse attributes; what fewer than k patients share is suppressed, step by step: first
the age band, then the sex, then the finding itself. The site is never suppressed: images and reports carry it.
Source: Sweeney 2002 (generalisation and suppression). Text and pictures are not covered: a report says what it says.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from schemas.released import RELEASED_CASE

BAND_YEARS = 10
OLDEST_BAND = 90
LABELS = ("findings", "diagnoses")
Class = tuple[str | None, str | None, str, str]


@dataclass(frozen=True)
class Anonymised:
    """Cases that may be published (``RELEASED_CASE``), and how alike they are."""

    cases: pa.Table
    smallest_before: int
    smallest: int
    suppressed: dict[str, int] = field(default_factory=dict)


def age_band(years: int | None) -> str | None:
    """Name the band of ten years; 90 means over 89 (45 CFR 164.514(b))."""
    if years is None:
        return None
    start = years // BAND_YEARS * BAND_YEARS
    return f"{OLDEST_BAND}+" if start >= OLDEST_BAND else f"{start}-{start + BAND_YEARS - 1}"


def anonymise(cases: pa.Table, *, k: int) -> Anonymised:
    """Suppress what fewer than ``k`` patients share.

    ``cases`` has case_id, patient_key, site, systems, sex, age_years, findings and diagnoses.
    """
    rows = [_coarse(row) for row in cases.to_pylist()]
    before = _smallest(rows)
    while _suppress(rows, _patients(rows), k):
        pass
    counts = {name: sum(name in row["suppressed"] for row in rows) for name in ("age_band", "sex", *LABELS)}
    return Anonymised(pa.Table.from_pylist(rows, schema=RELEASED_CASE), before, _smallest(rows), counts)


def tighten(cases: pa.Table, *, k: int) -> pa.Table:
    """Suppress again in cases that were published (``RELEASED_CASE``), after some of them left."""
    rows = cases.to_pylist()
    while _suppress(rows, _patients(rows), k):
        pass
    return pa.Table.from_pylist(rows, schema=RELEASED_CASE)


def _coarse(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: row[name] for name in ("case_id", "patient_key", "site", "systems", "sex")}
    labels = {name: sorted(set(row[name] or ())) for name in LABELS}
    return {**kept, "age_band": age_band(row["age_years"]), **labels, "suppressed": []}


def _classes(row: Mapping[str, Any]) -> Iterator[Class]:
    """Give the classes of a case: one per finding, or one without any."""
    for label in [f"{name}:{label}" for name in LABELS for label in row[name]] or [""]:
        yield row["age_band"], row["sex"], row["site"], label


def _patients(rows: list[dict[str, Any]]) -> dict[Class, int]:
    found: dict[Class, set[str]] = defaultdict(set)
    for row in rows:
        for one in _classes(row):
            found[one].add(row["patient_key"])
    return {one: len(patients) for one, patients in found.items()}


def _smallest(rows: list[dict[str, Any]]) -> int:
    return min(_patients(rows).values(), default=0)


def _suppress(rows: list[dict[str, Any]], patients: Mapping[Class, int], k: int) -> bool:
    """Take the next attribute from every case in a class that is too small; False when none was taken."""
    changed = False
    for row in rows:
        small = [one for one in _classes(row) if patients[one] < k]
        if not small:
            continue
        for name in ("age_band", "sex"):
            if row[name] is not None:
                row[name], changed = None, True
                row["suppressed"].append(name)
                break
        else:
            changed |= _without(row, {label for *_, label in small})
    return changed


def _without(row: dict[str, Any], labels: set[str]) -> bool:
    gone = False
    for name in LABELS:
        kept = [label for label in row[name] if f"{name}:{label}" not in labels]
        if len(kept) < len(row[name]):
            row[name], gone = kept, True
            row["suppressed"] = [*row["suppressed"], name] if name not in row["suppressed"] else row["suppressed"]
    return gone
