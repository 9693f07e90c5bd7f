"""Ground (STEP): annotated frames become instruction pairs.

In: ``GROUND_INPUT``, one row per frame. Out: ``GROUNDED_PAIR`` and rejects of unit grounded_pair. All but rationales is
made by code; a rationale that cannot be used takes its pair with it.
Source: UMind-DS: tasks of pixel-level annotations, diagnosis with a rationale that cites the computed geometry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from curation.generate.request import Answer, AnswerPool, Failure
from curation.generate.template import library
from curation.ground.pairs import Means, language_of, pairs_of
from curation.ground.rationale import facts_of, read_rationale, request_of, spoken
from curation.ground.words import Words
from curation.step import StepResult, reject, rejects_of, table_of
from schemas.annotated import Annotate, Ground
from schemas.grounding import GROUNDED_PAIR, GroundedTask
from schemas.instruction import Tier
from schemas.reject import RejectReason, Unit

STAGE = "ground"
_TIERS = (Tier.DEMO, Tier.RESEARCH, Tier.PRODUCTION)
_DIAGNOSIS = GroundedTask.DIAGNOSIS.value
_NOTHING = "no pair can be made of its annotations"
_REFUSED = "the model's rationale cannot be used"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who writes rationales (nobody without a pool), masked frames for those who can see, and what pairs are for."""

    pool: AnswerPool | None = None
    frames: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    tier: Tier = Tier.RESEARCH


def ground(frames: pa.Table, *, config: Ground, names: Annotate, asking: Asking | None = None) -> StepResult:
    """Make the pairs of every frame; rationales are asked for at once.

    Rejects: NO_GROUNDED_PAIR (``frame_id/none``); under the id of the pair: what ``rationale`` rejects.
    Raises: RetryableError, ConfigError from the pool.
    """
    asking = asking or Asking()
    means = Means(config, Words(names), library().grounded, asking.tier)
    kept: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    asked: list[tuple[Mapping[str, Any], dict[str, Any]]] = []
    for frame in frames.to_pylist():
        pairs = pairs_of(frame, means)
        if not pairs:
            rejected.append(_reject(frame, f"{frame['frame_id']}/none", RejectReason.NO_GROUNDED_PAIR, _NOTHING))
        for pair in pairs:
            if pair["task"] == _DIAGNOSIS and spoken(frame["annotations"]):
                asked.append((frame, pair))
        kept += pairs
    gone = _explain(asked, means, asking)
    for _, pair in asked:
        if reason := gone.get(pair["instance_id"]):
            rejected.append(_reject(pair, pair["instance_id"], reason, _REFUSED))
    kept = [pair for pair in kept if pair["instance_id"] not in gone]
    return StepResult(table_of(kept, GROUNDED_PAIR), rejects_of(rejected))


def _explain(
    asked: Sequence[tuple[Mapping[str, Any], dict[str, Any]]], means: Means, asking: Asking
) -> dict[str, RejectReason]:
    """Ask for the rationales of pairs and put them into their rows; gives the pairs whose rationale is none."""
    if asking.pool is None or not means.config.rationales:
        return {}
    requests = []
    for frame, _ in asked:
        picture = asking.frames.get(frame["frame_id"])
        requests.append(request_of(frame, language_of(frame, means.config), means, picture))
    gone: dict[str, RejectReason] = {}
    for (frame, pair), outcome in zip(asked, asking.pool.ask(requests), strict=True):
        language = language_of(frame, means.config)
        found = read_rationale(outcome, facts_of(frame, language, means), pair["question"], language)
        if isinstance(found, RejectReason) or isinstance(outcome, Failure):
            gone[pair["instance_id"]] = found if isinstance(found, RejectReason) else RejectReason.ENDPOINT_FAILED
        else:
            pair.update(_explained(pair, found, outcome))
    return gone


def _explained(pair: Mapping[str, Any], text: str, answer: Answer) -> dict[str, Any]:
    joint = "" if pair["language"] == "zh" else " "
    return {
        "answer": f"{pair['answer']}{joint}{text}",
        "answer_form": f"{pair['answer_form']}{joint}{text}",
        "rationale": text,
        "rationale_source": answer.model,
        "rationale_endpoint": answer.endpoint,
        "request_key": answer.request_key,
        "tier": min(Tier(pair["tier"]), answer.tier, key=_TIERS.index).value,
    }


def _reject(row: Mapping[str, Any], row_id: str, reason: RejectReason, detail: str) -> dict[str, Any]:
    return reject(STAGE, Unit.GROUNDED_PAIR, row_id, row["site"], reason, parent_id=row["case_id"], detail=detail)
