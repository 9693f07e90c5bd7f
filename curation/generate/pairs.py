"""Rows of ``INSTRUCTION_PAIR`` and their twins.

In: a ``Case`` and what a pair says. Out: rows.
"""

from collections.abc import Mapping
from typing import Any

from curation.generate.case import Case
from curation.generate.visible import is_visible
from schemas.case import TWIN_FRAME
from schemas.config import Generate
from schemas.instruction import TWIN, Form, Task, Tier

_TIERS = (Tier.DEMO, Tier.RESEARCH, Tier.PRODUCTION)


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
