"""Verify (STEP): an answer may not say a number, side or grade that its report does not hold.

In: ``VERIFY_INPUT`` rows. Out: ``VERDICT`` rows for pairs that pass every rule, rejects for the others.
Source: EchoVLM section 3.1 (validation of generated pairs).
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from curation.step import StepResult, reject, rejects_of, table_of
from curation.verify import rules
from schemas.config import Verify
from schemas.instruction import VERDICT, Form, Task
from schemas.reject import RejectReason, Unit

STAGE = "verify"


def verify(pairs: pa.Table, *, config: Verify) -> StepResult:
    """Check pairs against their reports, rule by rule; the first rule that fails is the reason.

    Rejects: NOT_A_SPAN, UNSUPPORTED_NUMBER, UNSUPPORTED_SIDE, UNSUPPORTED_GRADE.
    """
    kept: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    for pair in pairs.to_pylist():
        reason, applied = _judge(pair, config)
        if reason is None:
            ids = {name: pair[name] for name in ("instance_id", "case_id", "site")}
            kept.append({**ids, "verdict": "pass", "rules": applied})
        else:
            rejected.append(
                reject(STAGE, Unit.PAIR, pair["instance_id"], pair["site"], reason, parent_id=pair["case_id"])
            )
    return StepResult(table_of(kept, VERDICT), rejects_of(rejected))


def _judge(pair: Mapping[str, Any], config: Verify) -> tuple[RejectReason | None, list[str]]:
    report = f"{pair['findings']}\n{pair['impression']}"
    applied: list[str] = []
    if pair["form"] == Form.CLOSED and pair["task"] == Task.VQA:
        applied.append("span")
        if not _is_span(pair):
            return RejectReason.NOT_A_SPAN, applied
    checks = (
        ("numbers", config.numbers, RejectReason.UNSUPPORTED_NUMBER, rules.unsupported_quantities),
        ("sides", config.sides, RejectReason.UNSUPPORTED_SIDE, lambda a, r: rules.sides(a) - rules.sides(r)),
        ("grades", config.grades, RejectReason.UNSUPPORTED_GRADE, lambda a, r: rules.grades(a) - rules.grades(r)),
    )
    for name, active, reason, unsupported in checks:
        if not active:
            continue
        applied.append(name)
        if unsupported(pair["answer"], report):
            return reason, applied
    return None, applied


def _is_span(pair: Mapping[str, Any]) -> bool:
    section = pair.get(pair["source_section"] or "")
    start, end = pair["source_start"], pair["source_end"]
    if section is None or start is None or end is None or not 0 <= start < end:
        return False
    return bool(section[start:end] == pair["answer"])
