"""Rows of ``INSTRUCTION_PAIR`` and their twins; report and diagnosis pairs, which code makes without a model.

In: a ``Case``. Out: rows. The answer of a report pair is findings + impression in the paper's form, that of a diagnosis
pair the impression; the instruction is drawn from the phrasing bank by a seeded hash of the case id.
Source: EchoVLM Appendix A and its repository (zh sections 超声所见 and 超声提示).
"""

from collections.abc import Mapping
from typing import Any

from curation.generate.case import Case, draw
from curation.generate.prompts.phrasing import Phrasing, Phrasings
from curation.generate.visible import is_visible
from schemas.case import TWIN_FRAME, Language
from schemas.config import Generate
from schemas.instruction import TWIN, Form, Task, Tier

_TIERS = (Tier.DEMO, Tier.RESEARCH, Tier.PRODUCTION)
_HEADINGS = {Language.EN: ("Findings: ", "Impression: "), Language.ZH: ("超声所见：", "超声提示：")}


def lowest(*tiers: Tier) -> Tier:
    """Return the tier that allows least."""
    return min(tiers, key=_TIERS.index)


def instance_id(case: Case, task: Task, form: Form, number: int) -> str:
    """Name an instance: child = parent + index, the same whether it is kept or rejected."""
    return f"{case.case_id}/{task.value}-{form.value}-{number:02d}"


def pair_row(case: Case, config: Generate, *, answer: str, **columns: Any) -> dict[str, Any]:  # noqa: ANN401 - columns of the schema
    """Build one row; columns that are not given are null."""
    frames = case.frame_ids[: config.max_images_per_pair]
    row: dict[str, Any] = {
        "case_id": case.case_id,
        "site": case.site,
        "systems": list(case.systems),
        "language": case.language.value,
        "answer": answer,
        "frame_ids": list(frames),
        "source_section": None,
        "source_start": None,
        "source_end": None,
        "template_id": None,
        "prompt_sha256": None,
        "model": None,
        "endpoint": None,
        "request_key": None,
        "tier": config.tier.value,
        "answer_visible_in_image": is_visible(answer, [text for frame in frames for text in case.shown.get(frame, ())]),
        "twin_of": None,
    }
    return row | columns


def twins_of(case: Case, row: Mapping[str, Any], config: Generate) -> list[dict[str, Any]]:
    """Repeat a pair whose answer can be read on its frames, on frames where the measured values are masked."""
    if not (config.shortcut_twins and row["answer_visible_in_image"]):
        return []
    own = {
        "instance_id": row["instance_id"] + TWIN,
        "frame_ids": [frame + TWIN_FRAME if frame in case.shown else frame for frame in row["frame_ids"]],
        "answer_visible_in_image": False,
        "twin_of": row["instance_id"],
    }
    return [{**row, **own}]


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
    number = draw(config.seed, case.case_id, task.value)
    images = len(case.frame_ids[: config.max_images_per_pair])
    return pair_row(
        case,
        config,
        instance_id=instance_id(case, task, Form.CLOSED, 0),
        task=task.value,
        form=Form.CLOSED.value,
        question=phrasing.pick(case.language, number, images=images),
        answer=answer,
    )


def _report(language: Language, findings: str, impression: str) -> str:
    first, second = _HEADINGS[language]
    return f"{first}{findings}\n{second}{impression}" if impression else f"{first}{findings}"
