"""Intake (STEP): pair reports with images and screen both.

In: ``RAW_CASE`` rows (identified, in memory). Out: ``CASE`` rows and rejects of cases and images.
Source: EchoVLM section 3.1 (single-region images; reports without images and images without report removed).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from curation.step import StepResult, reject, rejects_of, table_of
from schemas.case import CASE
from schemas.reject import RejectReason, Unit

STAGE = "intake"


class ImageProbe(Protocol):
    """Looks at an image file without decoding its pixels."""

    def defect(self, path: str) -> RejectReason | None:
        """Give the reason why a file (relative path) cannot be used, None if it can."""
        ...


class Claim(NamedTuple):
    """Who lists a file: how many sound cases, and the first row of all."""

    sound_cases: int
    first_case_id: str


def claims_of(cases: pa.Table) -> dict[str, Claim]:
    """Count who lists each file, over the whole export."""
    claims: dict[str, Claim] = {}
    for case_id, paths, defect in zip(
        *(cases[name].to_pylist() for name in ("case_id", "image_paths", "defect")), strict=True
    ):
        for path in paths:
            sound, first = claims.get(path, (0, case_id))
            claims[path] = Claim(sound + (defect is None), first)
    return claims


def intake(cases: pa.Table, *, probe: ImageProbe, claims: Mapping[str, Claim]) -> StepResult:
    """Screen cases and their image files.

    ``claims`` comes from ``claims_of`` over the whole export: an image in two sound cases belongs to none.
    Rejects: every case defect, NO_USABLE_IMAGE; for images CASE_REJECTED, IMAGE_IN_TWO_CASES and what the probe says.
    """
    kept: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    for case in cases.to_pylist():
        images = _screen_images(case, probe, claims)
        usable = [image_id for image_id, reason in images.items() if reason is None]
        reason = _case_reason(case, usable)
        rejected += _image_rejects(case, images, case_rejected=reason is not None)
        if reason is not None:
            rejected.append(reject(STAGE, Unit.CASE, case["case_id"], case["site"], reason, detail=DETAILS.get(reason)))
        else:
            kept.append({name: case.get(name) for name in CASE.names if name != "image_ids"} | {"image_ids": usable})
    return StepResult(table_of(kept, CASE), rejects_of(rejected))


def reject_orphans(orphans: Sequence[tuple[str, str]], site: str) -> pa.Table:
    """Reject files that no case lists: (keyed id, path) pairs; the path is not written."""
    detail = "list the file in the table's image column"
    return rejects_of(
        reject(STAGE, Unit.IMAGE, orphan_id, site, RejectReason.IMAGE_WITHOUT_CASE, detail=detail)
        for orphan_id, _ in orphans
    )


def image_id_of(case_id: str, position: int) -> str:
    """Name an image: child of its case by position among the case's sorted paths."""
    return f"{case_id}/i{position:03d}"


#: Plain help for the reasons a case is rejected.
DETAILS = {
    RejectReason.DUPLICATE_CASE_ID: "another row has the same case id; rows that differ are all rejected",
    RejectReason.MISSING_CASE_ID: "the row has no case id",
    RejectReason.MISSING_PATIENT_ID: "the row has no patient id, so it cannot be assigned to a split",
    RejectReason.MALFORMED_ROW: "the row has more or fewer cells than the header, or is not a JSON object",
    RejectReason.UNDECODABLE_TEXT: "the row has bytes that do not fit the table's encoding",
    RejectReason.IRRELEVANT_REPORT: "the report names no ultrasound term",
    RejectReason.PATIENT_FORGOTTEN: "the patient asked to be forgotten (`sonocurate forget`)",
    RejectReason.NO_USABLE_IMAGE: "all images of the case were rejected, or none is listed",
}


def _screen_images(
    case: Mapping[str, Any], probe: ImageProbe, claims: Mapping[str, Claim]
) -> dict[str, RejectReason | None]:
    if case["defect"] is not None:
        return {image_id_of(case["case_id"], position): None for position, _ in _own_paths(case, claims)}
    found: dict[str, RejectReason | None] = {}
    for position, path in enumerate(case["image_paths"]):
        shared = claims[path].sound_cases > 1
        found[image_id_of(case["case_id"], position)] = (
            RejectReason.IMAGE_IN_TWO_CASES if shared else probe.defect(path)
        )
    return found


def _own_paths(case: Mapping[str, Any], claims: Mapping[str, Claim]) -> list[tuple[int, str]]:
    """Give the paths that this rejected row is the first to list (files of a sound case are counted there)."""
    own = Claim(0, case["case_id"])
    return [(position, path) for position, path in enumerate(case["image_paths"]) if claims[path] == own]


def _case_reason(case: Mapping[str, Any], usable: Sequence[str]) -> RejectReason | None:
    if case["defect"] is not None:
        return RejectReason(case["defect"])
    return None if usable else RejectReason.NO_USABLE_IMAGE


def _image_rejects(
    case: Mapping[str, Any], images: Mapping[str, RejectReason | None], *, case_rejected: bool
) -> list[dict[str, Any]]:
    rows = []
    for image_id, found in images.items():
        reason = found or (RejectReason.CASE_REJECTED if case_rejected else None)
        if reason is not None:
            rows.append(reject(STAGE, Unit.IMAGE, image_id, case["site"], reason, parent_id=case["case_id"]))
    return rows
