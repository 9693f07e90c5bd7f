"""Scrub reports: PHI becomes tags, clinical text stays.

In: ``RAW_REPORT`` rows. Out: ``REPORT`` rows and rejects. No text reaches a message, a log or an exception.
Source: deidentification spec, Reports.
"""

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from curation.step import StepResult, reject, rejects_of, table_of
from curation.text.engine import PresidioRedactor, Redactor
from curation.text.known import find_known
from curation.text.redact import redact_all
from schemas.case import REPORT, Language
from schemas.config import Scrub, language_of
from schemas.reject import RejectReason, Unit

_SURROGATE = re.compile("[\ud800-\udfff]")
_LOST = "\ufffd"
_LOST_SHARE = 0.02
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]")
_HELP = {
    RejectReason.EMPTY_REPORT: "findings are empty",
    RejectReason.UNDECODABLE_TEXT: "check input.encoding: the text holds characters that no encoding gives",
    RejectReason.TEXT_TOO_LONG: "longer than scrub.max_chars",
    RejectReason.UNKNOWN_LANGUAGE: "language must be en or zh, or empty to have it detected",
    RejectReason.RESIDUAL_PHI: "known PHI of the case was still found after scrubbing",
    RejectReason.SCRUB_FAILED: "the scrubber failed on this report",
}


class _Rejected(Exception):  # noqa: N818 - carries a reason from the checks to the row loop, never leaves this file
    def __init__(self, reason: RejectReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def scrub(reports: pa.Table, *, config: Scrub, engine: Redactor | None = None) -> StepResult:
    """Replace PHI in findings and impression by typed tags.

    Rejects: EMPTY_REPORT, UNDECODABLE_TEXT, TEXT_TOO_LONG, UNKNOWN_LANGUAGE, RESIDUAL_PHI, SCRUB_FAILED.
    Source: deidentification spec, Reports. Unknown numbers and names go: a lost word is cheaper than a leaked name.
    """
    tool = engine or PresidioRedactor()
    kept: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    for row in reports.to_pylist():
        try:
            kept.append(_scrub_row(row, config, tool))
        except _Rejected as refusal:
            rejected.append(_reject_row(row, refusal.reason))
        except Exception:  # noqa: BLE001 - a row that fails is a reject; its message could hold text
            rejected.append(_reject_row(row, RejectReason.SCRUB_FAILED))
    return StepResult(table_of(kept, REPORT), rejects_of(rejected))


def _reject_row(row: Mapping[str, Any], reason: RejectReason) -> dict[str, Any]:
    case_id = row["case_id"]
    return reject("scrub", Unit.REPORT, case_id, row["site"], reason, parent_id=case_id, detail=_HELP[reason])


def _scrub_row(row: Mapping[str, Any], config: Scrub, engine: Redactor) -> dict[str, Any]:
    texts = [row["findings"] or "", row["impression"] or ""]
    _check(texts, config)
    language = _language(row["language"], texts)
    known = row["known_phi"] or {}
    redactions = redact_all(texts, language, known, engine=engine)
    if any(find_known(redaction.text, known) for redaction in redactions):
        raise _Rejected(RejectReason.RESIDUAL_PHI)
    return {
        "case_id": row["case_id"],
        "site": row["site"],
        "language": language.value,
        "findings": redactions[0].text,
        "impression": redactions[1].text,
        "redactions": sum(len(redaction.spans) for redaction in redactions),
    }


def _check(texts: list[str], config: Scrub) -> None:
    whole = "".join(texts)
    if not texts[0].strip():
        raise _Rejected(RejectReason.EMPTY_REPORT)
    if len(whole) > config.max_chars:
        raise _Rejected(RejectReason.TEXT_TOO_LONG)
    if _SURROGATE.search(whole) or "\x00" in whole or whole.count(_LOST) > max(2, _LOST_SHARE * len(whole)):
        raise _Rejected(RejectReason.UNDECODABLE_TEXT)


def _language(given: str | None, texts: list[str]) -> Language:
    """Read the given language, or detect it by script; a Han character weighs as much as three letters."""
    if given and given.strip():
        language = language_of(given)
        if language is None:
            raise _Rejected(RejectReason.UNKNOWN_LANGUAGE)
        return language
    whole = "".join(texts)
    han, latin = len(_HAN.findall(whole)), len(_LATIN.findall(whole))
    if not han and not latin:
        raise _Rejected(RejectReason.UNKNOWN_LANGUAGE)
    return Language.ZH if han * 3 >= latin else Language.EN
