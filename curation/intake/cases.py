"""Turn table rows into identified cases (in memory) with pseudonymous ids, and pair them with image files.

In: ``RawRow`` values and the file index. Out: ``RAW_CASE``, one row per table row; rows that cannot become a case
carry their ``defect``. The id of a second row with the same case id ends in ``/rowN``.
Rejects (as defect): MISSING_CASE_ID, MISSING_PATIENT_ID, DUPLICATE_CASE_ID, MISSING_REPORT, EMPTY_REPORT,
IRRELEVANT_REPORT.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa

from curation.intake.fields import SITE_CODE, age_years, known_phi, sex_code, split_list
from curation.intake.files import FileIndex
from curation.intake.relevance import is_relevant, mentioned_systems, named_systems
from curation.intake.table import RawRow
from schemas.case import RAW_CASE
from schemas.config import language_of
from schemas.reject import RejectReason

#: What hospitals type into an empty report field.
EMPTY_WORDS = frozenset({"", "-", "--", "n/a", "na", "nan", "none", "null", "无", "空", "/", "."})


class Coder(Protocol):
    """Gives keyed pseudonyms (curation.pseudonym.Pseudonymizer)."""

    def code(self, domain: str, site: str, value: str) -> str:
        """Give the pseudonym of a value within a domain and site: 32 hex digits."""
        ...


def build_cases(rows: Sequence[RawRow], index: FileIndex, *, default_site: str, coder: Coder) -> pa.Table:
    """Build RAW_CASE, one row per table row, in table order."""
    cases = [_case(row, index, default_site, coder) for row in rows]
    _mark_duplicates(rows, cases)
    return pa.Table.from_pylist(cases, schema=RAW_CASE)


def _case(row: RawRow, index: FileIndex, default_site: str, coder: Coder) -> dict[str, Any]:
    cells = row.cells
    site = site_code(cells, default_site, coder)
    defect = row.defect or _defect(cells)
    source_id = cells.get("case_id", "").strip()
    case_id = f"c{coder.code('case', site, source_id)}" if source_id else f"c{coder.code('row', site, str(row.number))}"
    findings, impression = (_report_text(cells.get(name, "")) for name in ("findings", "impression"))
    listed = [path for cell in split_list(cells.get("images", "")) for path in index.find(cell)]
    systems = split_list(cells.get("anatomical_system", "").replace(",", ";").replace("、", ";"))
    language = language_of(cells.get("language"))
    return {
        "case_id": case_id,
        "patient_key": f"p{coder.code('patient', site, cells.get('patient_id', '').strip())}",
        "site": site,
        "systems": named_systems(systems) or mentioned_systems(f"{findings}\n{impression}"),
        "language": language.value if language else ("other" if cells.get("language", "").strip() else None),
        "sex": sex_code(cells.get("sex", "")),
        "age_years": age_years(cells.get("birth_date", ""), cells.get("exam_date", "")),
        "findings": findings,
        "impression": impression,
        "image_paths": sorted(set(listed)),
        "known_phi": known_phi(cells),
        "defect": defect.value if defect else None,
    }


def site_code(cells: Mapping[str, str], default_site: str, coder: Coder) -> str:
    """Give the site: the table's code, or a keyed code where it reads like a hospital's name."""
    site = cells.get("site", "").strip()
    if not site:
        return default_site
    institution = cells.get("institution", "").casefold()
    if SITE_CODE.fullmatch(site) and site.casefold() not in institution:
        return site
    return f"site-{coder.code('site', '', site)[:12]}"


def _report_text(cell: str) -> str:
    return "" if cell.strip().casefold() in EMPTY_WORDS else cell.strip("\ufeff")


def _defect(cells: Mapping[str, str]) -> RejectReason | None:
    if not cells.get("case_id", "").strip():
        return RejectReason.MISSING_CASE_ID
    if not cells.get("patient_id", "").strip():
        return RejectReason.MISSING_PATIENT_ID
    if "findings" not in cells and "impression" not in cells:
        return RejectReason.MISSING_REPORT
    text = "\n".join(_report_text(cells.get(name, "")) for name in ("findings", "impression"))
    if not text.strip():
        return RejectReason.EMPTY_REPORT
    return None if is_relevant(text) else RejectReason.IRRELEVANT_REPORT


def _mark_duplicates(rows: Sequence[RawRow], cases: list[dict[str, Any]]) -> None:
    """Keep the first of equal rows; where rows of one id differ, nobody knows which is right: all are rejected."""
    groups: dict[str, list[int]] = defaultdict(list)
    for position, case in enumerate(cases):
        groups[case["case_id"]].append(position)
    for positions in groups.values():
        if len(positions) == 1:
            continue
        contents = [dict(rows[position].cells) for position in positions]
        differ = any(content != contents[0] for content in contents)
        for position in positions if differ else positions[1:]:
            cases[position]["defect"] = RejectReason.DUPLICATE_CASE_ID.value
        for position in positions[1:]:
            cases[position]["case_id"] += f"/row{rows[position].number}"
