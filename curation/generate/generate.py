"""The generate step: from scrubbed reports to instruction pairs.

In: ``GENERATE_INPUT``. Out: ``INSTRUCTION_PAIR`` (a twin right behind its pair), rejects of unit pair, ``GENERATION``.
Rounds of requests, each asked at once for all rows of the chunk: write questions and open pairs; choose a question
where writing one failed; ask closed questions back. What is asked and kept depends on a row and the answers alone.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

import pyarrow as pa

from curation.generate import closed
from curation.generate.again import repeated, resampled
from curation.generate.allowed import allowed, ask
from curation.generate.attempt import Attempt, plan
from curation.generate.caption import caption_request, read_caption
from curation.generate.case import Case
from curation.generate.code_tasks import code_pairs
from curation.generate.open import open_request
from curation.generate.pairs import twins_of
from curation.generate.parse import pair_of
from curation.generate.prompts.few_shot import Template
from curation.generate.request import Answer, AnswerPool, Failure, Request
from curation.generate.shown import shown
from curation.generate.template import Library, library
from curation.quality.suspension import Suspension, barred
from curation.step import StepResult, reject, rejects_of, table_of
from schemas.config import Generate
from schemas.errors import ChunkError
from schemas.instruction import GENERATE_INPUT, GENERATION, INSTRUCTION_PAIR, Task
from schemas.reject import RejectReason, Unit

STAGE = "generate"
NO_FRAMES: Mapping[str, bytes] = MappingProxyType({})
#: A question is chosen for what a model could not word, not for what none could answer or may write.
_NOT_TO_BE_CHOSEN = frozenset({RejectReason.ENDPOINT_FAILED, RejectReason.STRATEGY_SUSPENDED})
_Ask = Callable[[Attempt], Request | None]
_Read = Callable[[Attempt, Answer], Failure | None]


def generate(
    reports: pa.Table,
    *,
    config: Generate,
    pool: AnswerPool,
    frames: Mapping[str, bytes] = NO_FRAMES,
    suspensions: Sequence[Suspension] = (),
) -> StepResult:
    """Make the pairs of every case: those of code, closed-ended and open-ended ones, captions.

    ``frames`` holds masked key frames (PNG, JPEG) by id; those of a case are shown to endpoints with vision, and the
    others are asked without. What nearly repeats an earlier pair of its case is asked for again, a few times. What a
    suspended strategy would write is written by another template or model.

    Rejects: NO_USABLE_IMAGE, NO_ANSWER_SPAN (``case_id/none``, nothing could be attempted); under the id the pair would
    have had: ENDPOINT_FAILED, EMPTY_ANSWER, MALFORMED_ANSWER, TRUNCATED_ANSWER, REFUSED_ANSWER, WRONG_LANGUAGE,
    QUESTION_GIVES_ANSWER, QUESTION_OTHER_ORGAN, ROUND_TRIP_MISMATCH, NAMES_SOURCE, STRATEGY_SUSPENDED.
    Raises: ChunkError for a table of another schema; RetryableError from the pool.
    Source: EchoVLM section 3.1 and Appendix A.
    """
    if reports.schema.names != GENERATE_INPUT.names:
        raise ChunkError(f"generate: columns must be {', '.join(GENERATE_INPUT.names)}")
    prompts = library()
    cases = [Case.of(row) for row in reports.to_pylist()]
    planned = [plan(case, config, prompts) if case.frame_ids else [] for case in cases]
    means = _Means(config, prompts, pool, frames, suspensions)
    _run([attempt for attempts in planned for attempt in attempts], means)
    _ask_again(planned, config, lambda attempts: _run(attempts, means))
    return _collect(cases, planned, config, prompts)


def _ask_again(
    planned: Sequence[Sequence[Attempt]], config: Generate, ask: Callable[[Sequence[Attempt]], None]
) -> None:
    """Ask for other samples of what repeats an earlier pair of its case; where none is better the first one stays."""
    for sample in range(1, config.resamples + 1):
        again = [attempt for attempts in planned for attempt in repeated(attempts)]
        before = [(attempt, copy(attempt)) for attempt in again]
        for attempt in again:
            attempt.sample, attempt.question = sample, attempt.question if attempt.task is Task.CAPTION else ""
        ask(again)
        for attempt, old in before:
            if attempt.failure is not None:
                attempt.question, attempt.answer, attempt.failure = old.question, old.answer, None
                attempt.author, attempt.templates, attempt.is_moved = old.author, old.templates, old.is_moved


class _Means(NamedTuple):
    """What pairs are written with."""

    config: Generate
    prompts: Library
    pool: AnswerPool
    frames: Mapping[str, bytes]
    suspensions: Sequence[Suspension]


def _written(attempt: Attempt, templates: Sequence[Template], means: _Means) -> Request:
    """Ask for a question, a pair or a caption, with a template's worked examples."""
    config, prompts, _, frames, _ = means
    case, language = attempt.case, attempt.case.language
    if attempt.task is Task.CAPTION:
        request = caption_request(case, prompts.tasks.caption.text(language), config)
    elif attempt.span is None:
        request = open_request(case, attempt.topic, templates, prompts.open.text(language), config)
    else:
        shots = prompts.shots(attempt.span.kind, language, templates[0], closed.SHOTS)
        request = closed.question_request(attempt.span, shots, prompts.closed.text(language), config)
        return resampled(request, attempt.sample, config)
    return resampled(shown(case, request, frames, config), attempt.sample, config)


def _run(attempts: Sequence[Attempt], means: _Means) -> None:
    """Ask all rounds."""
    config, prompts, pool, _, suspensions = means

    def write(attempt: Attempt) -> Request | None:
        return allowed(attempt, suspensions, prompts, lambda templates: _written(attempt, templates, means))

    def choose(attempt: Attempt) -> Request | None:
        if attempt.span is None or attempt.failure is None or attempt.failure.reason in _NOT_TO_BE_CHOSEN:
            return None
        prompt = prompts.choose.text(attempt.case.language)
        attempt.choices = choices = closed.questions_for(attempt.span, prompt)
        if not choices:
            return None
        request = closed.choose_request(attempt.span, choices, prompt, config)
        models = barred(suspensions, {**attempt.strategy, "prompt_version": request.prompt_sha256})
        return None if models is None else replace(request, barred=models)

    def ask_back(attempt: Attempt) -> Request | None:
        if attempt.span is None or attempt.failure is not None:
            return None
        prompt = prompts.round_trip.text(attempt.case.language)
        attempt.choices = closed.choices_of(attempt.span, attempt.spans, prompt.none)
        shots = attempt.templates[0].text(attempt.case.language).closed[: closed.ROUND_TRIP_SHOTS]
        return closed.round_trip_request(attempt.question, attempt.span, attempt.choices, shots, prompt, config)

    _round(attempts, write, _read_written, pool)
    _round(attempts, choose, _read_chosen, pool)
    _round(attempts, ask_back, _read_round_trip, pool)


def _round(attempts: Sequence[Attempt], asks: _Ask, read: _Read, pool: AnswerPool) -> None:
    """Ask for every attempt that has something to ask, then read the answers in order."""
    asked = [(attempt, request) for attempt in attempts if (request := asks(attempt)) is not None]
    answered = ask(pool, [request for _, request in asked])
    for (attempt, _), (request, outcome) in zip(asked, answered, strict=True):
        if isinstance(outcome, Failure):
            attempt.failure = outcome
        else:
            attempt.answered(request, outcome)
            attempt.failure = read(attempt, outcome)


def _read_written(attempt: Attempt, answer: Answer) -> Failure | None:
    if attempt.span is not None:
        question = closed.read_question(answer, attempt.span, attempt.case)
        return attempt.take(question, attempt.span.text)
    if attempt.task is Task.CAPTION:
        caption = read_caption(answer, attempt.case.language)
        return caption if isinstance(caption, Failure) else attempt.take(attempt.question, caption)
    pair = pair_of(answer, attempt.case.language)
    return pair if isinstance(pair, Failure) else attempt.take(*pair)


def _read_chosen(attempt: Attempt, answer: Answer) -> Failure | None:
    return attempt.take(closed.read_chosen(answer, attempt.choices), attempt.answer)


def _read_round_trip(attempt: Attempt, answer: Answer) -> Failure | None:
    return closed.check_round_trip(answer, attempt.answer, attempt.choices)


def _collect(
    cases: Sequence[Case], planned: Sequence[Sequence[Attempt]], config: Generate, prompts: Library
) -> StepResult:
    kept: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    generations: list[dict[str, Any]] = []
    for case, attempts in zip(cases, planned, strict=True):
        by_code = code_pairs(case, prompts, config) if case.frame_ids else []
        pairs = by_code + [attempt.row(config) for attempt in attempts if attempt.failure is None]
        kept += [row for pair in pairs for row in (pair, *twins_of(case, pair, config))]
        rejected += [_rejected(attempt) for attempt in attempts if attempt.failure is not None]
        generations += [_generation(case, *answered) for attempt in attempts for answered in attempt.answers]
        if not by_code and not attempts:
            rejected.append(_nothing(case))
    byproducts = {"generations": table_of(generations, GENERATION)}
    return StepResult(table_of(kept, INSTRUCTION_PAIR), rejects_of(rejected), byproducts)


def _rejected(attempt: Attempt) -> dict[str, Any]:
    case, failure = attempt.case, attempt.failure
    if failure is None:
        raise ValueError("a kept attempt has no reject")
    return reject(
        STAGE,
        Unit.PAIR,
        attempt.instance_id,
        case.site,
        failure.reason,
        parent_id=case.case_id,
        detail=failure.detail,
    )


def _nothing(case: Case) -> dict[str, Any]:
    reason = RejectReason.NO_ANSWER_SPAN if case.frame_ids else RejectReason.NO_USABLE_IMAGE
    detail = "no sentence has exactly one value to ask for" if case.frame_ids else "the case has no published key frame"
    return reject(STAGE, Unit.PAIR, f"{case.case_id}/none", case.site, reason, parent_id=case.case_id, detail=detail)


def _generation(case: Case, request: Request, answer: Answer) -> dict[str, Any]:
    return {
        "request_key": answer.request_key,
        "case_id": case.case_id,
        "site": case.site,
        "purpose": request.purpose,
        "endpoint": answer.endpoint,
        "model": answer.model,
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
    }
