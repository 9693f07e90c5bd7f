"""Prescreen (STEP): models other than the author say of an open-ended pair whether it is fit for teaching.

In: ``VERIFY_INPUT`` rows (open-ended pairs beside their reports) and a pool. Out: ``PRESCREEN`` rows, rejects, and one
``JUDGEMENT`` row per judge and pair. Judges with vision see the masked frames. What is asked and who is asked depends
on the pair and the endpoints alone.
Source: EchoVLM section 3.1 and Figure 6 (its prompt was never published as text: ours is prompts/tasks/verification).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from curation.generate.case import draw
from curation.generate.prompts.compose import DATA, Turn, compose, examples_of
from curation.generate.request import Answer, AnswerPool, Failure, Message, Picture, Request, content_sha256
from curation.generate.template import Library, library
from curation.pool.check import read_structured
from curation.pool.route import in_order
from curation.step import StepResult, reject, rejects_of, table_of
from schemas.case import Language
from schemas.config import Prescreen
from schemas.endpoint import Endpoint
from schemas.judgement import JUDGEMENT, PRESCREEN, QUESTIONS, JuryOutcome
from schemas.reject import RejectReason, Unit

STAGE = "prescreen"
REASON_CHARS = 200
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        **{name: {"type": "boolean"} for name in QUESTIONS},
        "score": {"type": "integer", "minimum": 1, "maximum": 5},
        "reason": {"type": "string"},
    },
    "required": [*QUESTIONS, "score", "reason"],
    "additionalProperties": False,
}


class Opinion(BaseModel):
    """What a judge answers."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    consistent: bool
    answerable: bool
    safe: bool
    fluent: bool
    score: Annotated[int, Field(ge=1, le=5)]
    reason: str = Field(repr=False)

    def passes(self, config: Prescreen) -> bool:
        """Tell whether the judge finds the pair fit."""
        return self.consistent and self.answerable and self.safe and self.fluent and self.score >= config.min_score


@dataclass(frozen=True, slots=True)
class Bench:
    """Who may judge, and the masked frames by id for those who can see."""

    endpoints: Sequence[Endpoint]
    frames: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class _Asked:
    pair: Mapping[str, Any]
    judge: Endpoint
    request: Request


def prescreen(pairs: pa.Table, *, config: Prescreen, pool: AnswerPool, bench: Bench) -> StepResult:
    """Ask a jury about every pair; ``quorum`` of its judges must pass it.

    Where fewer models than the quorum may judge, the pair stays, marked as unscreened.

    Rejects: PRESCREEN_FAILED (too many judges found fault), PRESCREEN_UNDECIDED (too few gave a usable verdict).
    Raises: RetryableError, ConfigError from the pool.
    """
    prompts, rows = library(), pairs.to_pylist()
    juries = [jury_of(pair, bench.endpoints, config) for pair in rows]
    asked = [
        _Asked(pair, judge, request_of(pair, judge, prompts, config, bench.frames))
        for pair, jury in zip(rows, juries, strict=True)
        for judge in jury
    ]
    outcomes = pool.ask([one.request for one in asked])
    opinions = [_opinion(outcome) for outcome in outcomes]
    judgements = [_judgement(one, opinion, config) for one, opinion in zip(asked, opinions, strict=True)]
    by_pair: dict[str, list[str | None]] = {}
    for row in judgements:
        by_pair.setdefault(row["instance_id"], []).append(row["verdict"])
    kept: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    for pair in rows:
        verdicts = by_pair.get(pair["instance_id"], [])
        reason = _fault(verdicts, config)
        if reason is None:
            kept.append(_kept(pair, verdicts))
        else:
            ids = (pair["instance_id"], pair["site"])
            rejected.append(reject(STAGE, Unit.PAIR, *ids, reason, parent_id=pair["case_id"]))
    byproducts = {"judgements": table_of(judgements, JUDGEMENT)}
    return StepResult(table_of(kept, PRESCREEN), rejects_of(rejected), byproducts)


def jury_of(pair: Mapping[str, Any], endpoints: Sequence[Endpoint], config: Prescreen) -> list[Endpoint]:
    """Choose the judges of a pair among the models other than its author; nobody where they are below the quorum."""
    others = [one for one in endpoints if one.model != pair["model"] and one.name != pair["endpoint"]]
    models = {one.model: one for one in reversed(others)}  # a model that serves twice has one voice
    able = list(models.values())
    if len(able) < config.quorum:
        return []
    probe = Request((Message("user", ""),), None, None, None, "", schema=SCHEMA)
    return [able[place] for place in in_order(probe, f"jury/{pair['instance_id']}", able)[: config.jury]]


def request_of(
    pair: Mapping[str, Any], judge: Endpoint, prompts: Library, config: Prescreen, frames: Mapping[str, bytes]
) -> Request:
    """Ask one judge; the request's key is the judge's own, so that every judge answers for itself."""
    language = Language(pair["language"])
    prompt = prompts.tasks.verification.text(language)
    number = draw(config.seed, pair["instance_id"])
    template = prompts.pick(pair["systems"], number)
    others = [one for one in prompts.templates if one.system != template.system]
    examples = examples_of("verification", prompt, (template, others[number % len(others)]), language, None)
    report = "\n".join(text for text in (pair["findings"], pair["impression"]) if text)
    turn = Turn({DATA: report, "question": pair["question"], "answer": pair["answer"]})
    messages = compose(prompt, examples, turn, language)
    request = Request(
        messages=messages,
        max_tokens=config.max_tokens,
        temperature=0.0,
        seed=config.seed,
        prompt_sha256=content_sha256([prompt.model_dump(), judge.name, judge.model]),
        schema=SCHEMA,
        purpose="judge",
        whole=True,
        only=judge.name,
    )
    pictures = _pictures(pair, judge, config, frames)
    last = messages[-1]
    shown = (*messages[:-1], Message(last.role, (*pictures, str(last.content))))
    return replace(request, messages=shown) if pictures else request


def _pictures(
    pair: Mapping[str, Any], judge: Endpoint, config: Prescreen, frames: Mapping[str, bytes]
) -> tuple[Picture, ...]:
    if "vision" not in judge.capabilities:
        return ()
    most = min(config.max_images, judge.max_images)
    return tuple(Picture(frames[name]) for name in pair["frame_ids"][:most] if name in frames)


def _opinion(outcome: Answer | Failure) -> Opinion | Failure:
    return outcome if isinstance(outcome, Failure) else read_structured(outcome, Opinion)


def _judgement(one: _Asked, opinion: Opinion | Failure, config: Prescreen) -> dict[str, Any]:
    row = {
        **{name: one.pair[name] for name in ("instance_id", "case_id", "site")},
        "judge": one.judge.name,
        "model": one.judge.model,
        "request_key": one.request.key,
        "saw_frames": bool(one.request.pictures),
    }
    if isinstance(opinion, Failure):
        return {**row, "verdict": None, "failure": opinion.reason.value}
    said = opinion.model_dump()
    return {
        **row,
        **{name: said[name] for name in (*QUESTIONS, "score")},
        "verdict": "pass" if opinion.passes(config) else "fail",
        "reason": " ".join(opinion.reason.split())[:REASON_CHARS],
    }


def _fault(verdicts: Sequence[str | None], config: Prescreen) -> RejectReason | None:
    """Say why a pair leaves; None where it stays (no jury, or enough judges passed it)."""
    if not verdicts or verdicts.count("pass") >= config.quorum:
        return None
    decided = len(verdicts) - verdicts.count("fail") < config.quorum
    return RejectReason.PRESCREEN_FAILED if decided else RejectReason.PRESCREEN_UNDECIDED


def _kept(pair: Mapping[str, Any], verdicts: Sequence[str | None]) -> dict[str, Any]:
    outcome = JuryOutcome.PASS if verdicts else JuryOutcome.UNSCREENED
    ids = {name: pair[name] for name in ("instance_id", "case_id", "site")}
    return {**ids, "outcome": outcome.value, "judges": len(verdicts), "passed": verdicts.count("pass")}
