"""How good a frame is: an endpoint with vision says high, medium or low.

In: masked frames. Out: ``FRAME_QUALITY`` rows, one per frame; one that nobody could judge has no level and says why.
Source: Ultrasound-QBench (three levels); its prompts are pictures in the paper, ours is in prompts/grounded.toml.
"""

from collections.abc import Mapping
from typing import Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from curation.generate.request import Answer, AnswerPool, Failure, Message, Picture, Request, content_sha256
from curation.generate.template import library
from curation.pool.check import read_structured
from curation.step import StepResult, rejects_of, table_of
from schemas.annotated import Rate
from schemas.case import Language
from schemas.grounding import FRAME_QUALITY, QUALITY_LEVELS

STAGE = "rate"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"level": {"enum": list(QUALITY_LEVELS)}},
    "required": ["level"],
    "additionalProperties": False,
}


class Level(BaseModel):
    """What a model answers."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    level: Literal["high", "medium", "low"]


def rate(frames: pa.Table, *, config: Rate, pool: AnswerPool, pictures: Mapping[str, bytes]) -> StepResult:
    """Ask for the level of every frame (columns frame_id, case_id, site). Nothing is rejected.

    Raises: RetryableError, ConfigError from the pool.
    """
    rows = frames.to_pylist()
    outcomes = pool.ask([request_of(pictures[row["frame_id"]], config) for row in rows])
    kept = [row | _said(outcome) for row, outcome in zip(rows, outcomes, strict=True)]
    return StepResult(table_of(kept, FRAME_QUALITY), rejects_of([]))


def request_of(picture: bytes, config: Rate) -> Request:
    """Ask about one frame; only an endpoint with vision may answer."""
    prompt = library().grounded.quality.text(Language.EN)
    return Request(
        messages=(Message("system", prompt.system), Message("user", (Picture(picture), prompt.user))),
        max_tokens=config.max_tokens,
        temperature=0.0,
        seed=config.seed,
        prompt_sha256=content_sha256(prompt.model_dump()),
        schema=SCHEMA,
        purpose=STAGE,
        whole=True,
    )


def _said(outcome: Answer | Failure) -> dict[str, Any]:
    level = outcome if isinstance(outcome, Failure) else read_structured(outcome, Level)
    if isinstance(level, Failure) or isinstance(outcome, Failure):
        reason = level.reason.value if isinstance(level, Failure) else None
        return {"level": None, "failure": reason}
    ids = {"endpoint": outcome.endpoint, "model": outcome.model, "request_key": outcome.request_key}
    return {"level": level.level, "failure": None, **ids}
