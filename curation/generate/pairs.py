"""Rows of ``INSTRUCTION_PAIR``; report and diagnosis pairs, which code makes from the report without a model.

In: a ``Case``. Out: rows. The answer of a report pair is findings + impression in the paper's form, that of a diagnosis
pair the impression; the instruction is drawn from the phrasing bank by a seeded hash of the case id.
Source: EchoVLM Appendix A and its repository (zh sections 超声所见 and 超声提示).
"""

from typing import Any

from curation.generate.case import Case, draw
from curation.generate.template import Phrasing, Phrasings
from schemas.case import Language
from schemas.config import Generate
from schemas.instruction import Form, Task, Tier

_TIERS = (Tier.DEMO, Tier.RESEARCH, Tier.PRODUCTION)
_HEADINGS = {Language.EN: ("Findings: ", "Impression: "), Language.ZH: ("超声所见：", "超声提示：")}


def lowest(*tiers: Tier) -> Tier:
    """Return the tier that allows least."""
    return min(tiers, key=_TIERS.index)


def instance_id(case: Case, task: Task, form: Form, number: int) -> str:
    """Name an instance: child = parent + index, the same whether it is kept or rejected."""
    return f"{case.case_id}/{task.value}-{form.value}-{number:02d}"


def pair_row(case: Case, config: Generate, **columns: Any) -> dict[str, Any]:  # noqa: ANN401 - columns of the schema
    """Build one row; columns that are not given are null."""
    row: dict[str, Any] = {
        "case_id": case.case_id,
        "site": case.site,
        "systems": list(case.systems),
        "language": case.language.value,
        "frame_ids": list(case.frame_ids[: config.max_images_per_pair]),
        "source_section": None,
        "source_start": None,
        "source_end": None,
        "template_id": None,
        "prompt_sha256": None,
        "model": None,
        "endpoint": None,
        "request_key": None,
        "tier": config.tier.value,
    }
    return row | columns


def code_pairs(case: Case, phrasings: Phrasings, config: Generate) -> list[dict[str, Any]]:
    """Make the report pair and, where there is an impression, the diagnosis pair."""
    findings, impression = case.findings.strip(), case.impression.strip()
    rows = []
    if config.report_pairs and findings:
        rows.append(
            _code_pair(case, Task.REPORT, phrasings.report, _report(case.language, findings, impression), config)
        )
    if config.diagnosis_pairs and impression:
        rows.append(_code_pair(case, Task.DIAGNOSIS, phrasings.diagnosis, impression, config))
    return rows


def _code_pair(case: Case, task: Task, phrasing: Phrasing, answer: str, config: Generate) -> dict[str, Any]:
    instructions = phrasing.text(case.language)
    return pair_row(
        case,
        config,
        instance_id=instance_id(case, task, Form.CLOSED, 0),
        task=task.value,
        form=Form.CLOSED.value,
        question=instructions[draw(config.seed, case.case_id, task.value) % len(instructions)],
        answer=answer,
    )


def _report(language: Language, findings: str, impression: str) -> str:
    first, second = _HEADINGS[language]
    return f"{first}{findings}\n{second}{impression}" if impression else f"{first}{findings}"
