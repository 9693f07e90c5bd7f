"""Verify (STEP): an answer may not say what its report does not say, speak of its source, or give harmful advice.

In: ``VERIFY_INPUT`` rows. Out: ``VERDICT`` rows for pairs that pass every rule, rejects for the others, and for those
``BROKEN_RULE`` rows (table `broken_rules`): which rule, and where in report and answer.
Source: EchoVLM section 3.1 (validation of generated pairs).
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from curation.step import StepResult, reject, rejects_of, table_of
from curation.verify.check import check
from curation.verify.claims import Broken, Case
from schemas.case import Language
from schemas.config import Verify
from schemas.instruction import BROKEN_RULE, VERDICT, Form, Task
from schemas.reject import RejectReason, Unit

STAGE = "verify"
#: Why a pair leaves that breaks a rule.
REASONS: dict[str, RejectReason] = {
    "span": RejectReason.NOT_A_SPAN,
    "number": RejectReason.UNSUPPORTED_NUMBER,
    "unit": RejectReason.UNSUPPORTED_UNIT,
    "side": RejectReason.UNSUPPORTED_SIDE,
    "organ": RejectReason.UNSUPPORTED_ORGAN,
    "grade": RejectReason.UNSUPPORTED_GRADE,
    "negation": RejectReason.CONTRADICTED_FINDING,
    "nature": RejectReason.CONTRADICTED_NATURE,
    "finding": RejectReason.UNSUPPORTED_FINDING,
    "language": RejectReason.WRONG_LANGUAGE,
    "source": RejectReason.NAMES_SOURCE,
    "phi": RejectReason.RESIDUAL_PHI,
    "refusal": RejectReason.REFUSED_ANSWER,
    "advice": RejectReason.UNSAFE_ADVICE,
    "judge": RejectReason.WRONG_ANSWER,
    "choice": RejectReason.WRONG_ANSWER,
}


def verify(pairs: pa.Table, *, config: Verify) -> StepResult:
    """Check pairs against their reports, rule by rule; the first rule in ``REASONS`` that is broken is the reason.

    Rejects: the values of ``REASONS``.
    """
    kept: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    places: list[dict[str, Any]] = []
    for pair in pairs.to_pylist():
        ids = {name: pair[name] for name in ("instance_id", "case_id", "site")}
        broken = _broken(pair, config)
        if broken:
            reason = REASONS[min((one.rule for one in broken), key=list(REASONS).index)]
            rejected.append(
                reject(STAGE, Unit.PAIR, pair["instance_id"], pair["site"], reason, parent_id=pair["case_id"])
            )
            places += [ids | _row(one) for one in broken]
        else:
            kept.append({**ids, "verdict": "pass", "rules": sorted(config.active | _span_rule(pair))})
    return StepResult(table_of(kept, VERDICT), rejects_of(rejected), {"broken_rules": table_of(places, BROKEN_RULE)})


def _broken(pair: Mapping[str, Any], config: Verify) -> list[Broken]:
    if _span_rule(pair) and not _is_span(pair):
        return [Broken("span", None, (0, len(pair["answer"])))]
    report = f"{pair['findings']}\n{pair['impression']}"
    return check(Case(Language(pair["language"]), report, pair["question"], pair["answer"]), config.active)


def _row(one: Broken) -> dict[str, Any]:
    report, answer = one.report_span or (None, None), one.answer_span or (None, None)
    return {
        "rule": one.rule,
        "report_start": report[0],
        "report_end": report[1],
        "answer_start": answer[0],
        "answer_end": answer[1],
    }


def _span_rule(pair: Mapping[str, Any]) -> frozenset[str]:
    closed = pair["form"] == Form.CLOSED and pair["task"] == Task.VQA
    return frozenset({"span"}) if closed else frozenset()


def _is_span(pair: Mapping[str, Any]) -> bool:
    section = pair.get(pair["source_section"] or "")
    start, end = pair["source_start"], pair["source_end"]
    if section is None or start is None or end is None or not 0 <= start < end:
        return False
    return bool(section[start:end] == pair["answer"])
