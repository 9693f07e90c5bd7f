"""Scrub reports: PHI becomes tags or surrogates, clinical text stays.

In: ``RAW_REPORT`` rows. Out: ``REPORT`` rows and rejects. No text reaches a message, a log or an exception.
Source: deidentification spec, Reports.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from curation.pseudonym import Pseudonymizer
from curation.step import StepResult, reject, rejects_of, table_of
from curation.text.engine import Redactor
from curation.text.known import KnownPhi, find_known
from curation.text.ner import load_redactor
from curation.text.redact import Redaction, redact_all
from curation.text.surrogate import Surrogates
from schemas.case import REPORT, Language
from schemas.config import Scrub, language_of
from schemas.errors import ConfigError
from schemas.reject import RejectReason, Unit

_SURROGATE = re.compile("[\ud800-\udfff]")
_LOST = "\ufffd"
#: Letters written as codes, as RTF and HTML exports do (not signs, U+2000 to U+2FFF): no rule reads names in them.
_ENCODED = re.compile(
    r"(?:\\'[0-9a-fA-F]{2}){2}|\\u-?\d{4,5}|\\u[0-9a-fA-F]{4}|&#(?:x0*(?!2[0-9a-fA-F]{3};)[1-9a-fA-F][0-9a-fA-F]{3,5}|0*(?![89]\d{3};)[1-9]\d{3,6});"
)
_LOST_SHARE = 0.02
#: How many draws of surrogates are tried.
_DRAWS = 5
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]")
_HELP = {
    RejectReason.EMPTY_REPORT: "findings are empty",
    RejectReason.UNDECODABLE_TEXT: "check input.encoding: characters that no encoding gives, or letters as codes",
    RejectReason.TEXT_TOO_LONG: "longer than scrub.max_bytes",
    RejectReason.UNKNOWN_LANGUAGE: "language must be en or zh, or empty to have it detected",
    RejectReason.RESIDUAL_PHI: "known PHI of the case was still found after scrubbing",
    RejectReason.SCRUB_FAILED: "the scrubber failed on this report",
}


class RowRejected(Exception):  # noqa: N818 - carries a reason from the checks to the row loop
    """A row that cannot be scrubbed. It holds the reason, never text."""

    def __init__(self, reason: RejectReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Tools:
    """What scrubbing needs: who finds names, and the key of surrogates where they are wanted."""

    engine: Redactor
    keyed: Pseudonymizer | None = None


def scrub(reports: pa.Table, *, config: Scrub, tools: Tools | None = None) -> StepResult:
    """Replace PHI in findings and impression by typed tags, or by surrogates.

    Raises: ConfigError for surrogates without a key.
    Rejects: EMPTY_REPORT, UNDECODABLE_TEXT, TEXT_TOO_LONG, UNKNOWN_LANGUAGE, RESIDUAL_PHI, SCRUB_FAILED.
    Source: deidentification spec, Reports. Unknown numbers and names go: a lost word is cheaper than a leaked name.
    """
    used = tools or Tools(load_redactor(ner=config.ner))
    if config.mode == "surrogate" and used.keyed is None:
        raise ConfigError("scrub.mode surrogate needs the pseudonym key: run `sonocurate key init`")
    kept: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    for row in reports.to_pylist():
        try:
            kept.append(_scrub_row(row, config, used))
        except RowRejected as refusal:
            rejected.append(_reject_row(row, refusal.reason))
    return StepResult(table_of(kept, REPORT), rejects_of(rejected))


def _reject_row(row: Mapping[str, Any], reason: RejectReason) -> dict[str, Any]:
    case_id = row["case_id"]
    return reject("scrub", Unit.REPORT, case_id, row["site"], reason, parent_id=case_id, detail=_HELP[reason])


def _scrub_row(row: Mapping[str, Any], config: Scrub, tools: Tools) -> dict[str, Any]:
    report = Report(
        texts=(row["findings"] or "", row["impression"] or ""),
        language=row["language"],
        known=row["known_phi"] or {},
        site=row["site"],
        case_id=row["case_id"],
    )
    language, redactions = scrub_report(report, config, tools)
    return {
        "case_id": row["case_id"],
        "site": row["site"],
        "language": language.value,
        "findings": redactions[0].text,
        "impression": redactions[1].text,
        "redactions": sum(len(redaction.spans) for redaction in redactions),
    }


@dataclass(frozen=True, slots=True)
class Report:
    """The texts of one report (the first must not be empty), its language as given, and what is known of the case."""

    texts: tuple[str, ...] = field(repr=False)
    language: str | None
    known: KnownPhi = field(repr=False)
    site: str
    case_id: str = field(repr=False)


def scrub_report(report: Report, config: Scrub, tools: Tools) -> tuple[Language, list[Redaction]]:
    """Scrub one report.

    Raises: RowRejected with EMPTY_REPORT, UNDECODABLE_TEXT, TEXT_TOO_LONG, UNKNOWN_LANGUAGE, RESIDUAL_PHI or
    SCRUB_FAILED; nothing else, because a message could hold text.
    """
    try:
        _check(report.texts, config)
        language = _language(report.language, report.texts)
        redactions = _redact(report, language, config, tools)
    except RowRejected:
        raise
    except Exception:  # noqa: BLE001 - its message could hold text
        raise RowRejected(RejectReason.SCRUB_FAILED) from None
    return language, redactions


def _redact(report: Report, language: Language, config: Scrub, tools: Tools) -> list[Redaction]:
    """Redact, and look that nothing known is left; other surrogates are drawn where one happens to be known PHI."""
    for salt in range(_DRAWS):
        write = None
        if config.mode == "surrogate":
            write = _surrogates(report, tools, salt).replace
        redactions = redact_all(report.texts, language, report.known, engine=tools.engine, write=write)
        if not any(find_known(redaction.text, report.known) for redaction in redactions):
            return redactions
        if write is None:
            break
    raise RowRejected(RejectReason.RESIDUAL_PHI)


def _surrogates(report: Report, tools: Tools, salt: int) -> Surrogates:
    """Give the surrogates of the report's patient: whoever has the same id at the same site."""
    if tools.keyed is None:
        raise ConfigError("scrub.mode surrogate needs the pseudonym key: run `sonocurate key init`")
    patient = next(iter(report.known.get("ids") or ()), report.case_id)
    return Surrogates(tools.keyed, report.site, patient, salt)


def _check(texts: Sequence[str], config: Scrub) -> None:
    whole = "".join(texts)
    if not texts[0].strip():
        raise RowRejected(RejectReason.EMPTY_REPORT)
    if len(whole.encode("utf-8", "surrogatepass")) > config.max_bytes:
        raise RowRejected(RejectReason.TEXT_TOO_LONG)
    if _SURROGATE.search(whole) or "\x00" in whole or whole.count(_LOST) > max(2, _LOST_SHARE * len(whole)):
        raise RowRejected(RejectReason.UNDECODABLE_TEXT)
    if _ENCODED.search(whole):
        raise RowRejected(RejectReason.UNDECODABLE_TEXT)


def _language(given: str | None, texts: Sequence[str]) -> Language:
    """Read the given language, or detect it by script; a Han character weighs as much as three letters."""
    if given and given.strip():
        language = language_of(given)
        if language is None:
            raise RowRejected(RejectReason.UNKNOWN_LANGUAGE)
        return language
    whole = "".join(texts)
    han, latin = len(_HAN.findall(whole)), len(_LATIN.findall(whole))
    if not han and not latin:
        raise RowRejected(RejectReason.UNKNOWN_LANGUAGE)
    return Language.ZH if han * 3 >= latin else Language.EN
