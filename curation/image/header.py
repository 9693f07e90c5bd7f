"""Known PHI in a DICOM header, at every depth and in every character set.

Flows in: a data set without pixels. Flows out: lists of strings by the kinds of ``schemas.case.KNOWN_PHI``; never
written. Source: DICOM PS3.15 Table E.1-1 (attributes to de-identify), PS3.5 section 6.1 (character repertoires).
"""

from collections.abc import Iterator
from typing import Any

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

from schemas.case import KNOWN_PHI_KINDS

#: Person names that are the patient's or the family's; every other PN is staff.
_PATIENT_NAMES = frozenset(
    {
        "PatientName",
        "OtherPatientNames",
        "PatientBirthName",
        "PatientMotherBirthName",
        "ResponsiblePerson",
    }
)
#: Keyword -> kind, where the value representation does not say it.
_KINDS: dict[str, str] = {
    **dict.fromkeys(
        (
            "PatientID",
            "OtherPatientIDs",
            "AccessionNumber",
            "StudyID",
            "AdmissionID",
            "ServiceEpisodeID",
            "RequestedProcedureID",
            "ScheduledProcedureStepID",
            "PerformedProcedureStepID",
            "PlacerOrderNumberImagingServiceRequest",
            "FillerOrderNumberImagingServiceRequest",
            "MilitaryRank",
            "MedicalRecordLocator",
            "InsurancePlanIdentification",
            "DeviceSerialNumber",
            "StationName",
            "IssuerOfPatientID",
        ),
        "ids",
    ),
    **dict.fromkeys(
        ("InstitutionName", "InstitutionalDepartmentName", "RequestingService", "CurrentPatientLocation"),
        "institutions",
    ),
    **dict.fromkeys(
        ("PatientAddress", "InstitutionAddress", "PersonAddress", "PatientInstitutionResidence", "CountryOfResidence"),
        "addresses",
    ),
    **dict.fromkeys(
        ("PatientTelephoneNumbers", "PersonTelephoneNumbers", "ReferringPhysicianTelephoneNumbers"), "phones"
    ),
}
#: Where a hospital left SpecificCharacterSet out, Chinese text is GB18030 or UTF-8.
_GUESSES = ("utf-8", "gb18030")


def collect_known_phi(header: Dataset) -> dict[str, list[str]]:
    """Collect identifiers of a header, without repeats, in header order."""
    found: dict[str, dict[str, None]] = {kind: {} for kind in KNOWN_PHI_KINDS}
    for kind, text in _walk(header):
        cleaned = text.replace("\x00", " ").strip()
        if cleaned:
            found[kind][cleaned] = None
    return {kind: list(texts) for kind, texts in found.items()}


def _walk(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for tag in sorted(dataset.keys()):
        raw = _raw_bytes(dataset, tag)
        try:
            element = dataset[tag]
        except Exception:  # noqa: BLE001, S112 - one unreadable element must not hide the identifiers in the others
            continue
        if element.VR == "SQ":
            for item in element.value or ():
                yield from _walk(item)
            continue
        kind = _kind_of(element)
        if kind:
            yield from ((kind, text) for text in _texts(element, raw))


def _raw_bytes(dataset: Dataset, tag: Any) -> bytes:  # noqa: ANN401 - pydicom's tag types
    raw = dataset.get_item(tag)
    return raw.value if isinstance(raw, RawDataElement) and isinstance(raw.value, bytes) else b""


def _kind_of(element: DataElement) -> str | None:
    keyword = element.keyword
    if element.VR == "PN":
        return "names" if keyword in _PATIENT_NAMES else "physicians"
    if element.VR in ("DA", "DT"):
        return "dates"
    return _KINDS.get(keyword)


def _texts(element: DataElement, raw: bytes) -> Iterator[str]:
    values = element.value if element.VM > 1 else [element.value]
    texts = [str(value) for value in values if value is not None]
    if raw and not raw.isascii() and any("\ufffd" in t or not t.isascii() for t in texts):
        texts += _guessed(raw)
    for text in texts:
        yield text
        if element.VR == "PN":
            yield from (part for part in text.replace("=", "\x00").split("\x00") if part != text)


def _guessed(raw: bytes) -> list[str]:
    """Read bytes as the undeclared character sets they may be in."""
    for charset in _GUESSES:
        try:
            return raw.decode(charset).split("\\")
        except UnicodeDecodeError:
            continue
    return []
