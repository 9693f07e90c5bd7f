"""Who may write a pair when strategies are suspended: another template of the system, other models of the pool.

In: an attempt and the suspensions. Out: a request that names whom not to ask, or a failure.
An answer of a suspended model that the ledger knows is put aside: what is asked then names the model, and so is another
request, paid once. What no suspension touches stays the same request, and costs nothing again.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from curation.generate.attempt import Attempt
from curation.generate.prompts.few_shot import Template
from curation.generate.request import Answer, AnswerPool, Failure, Request
from curation.generate.template import Library
from curation.quality.suspension import Suspension, barred
from schemas.instruction import Task
from schemas.reject import RejectReason

NO_WAY = "its task, system, template or prompt version is suspended: the next version of the prompt is free"
NO_MODEL = "its endpoint answers in the name of a suspended model: check endpoints"
Make = Callable[[Sequence[Template]], Request]


def allowed(attempt: Attempt, suspensions: Sequence[Suspension], prompts: Library, make: Make) -> Request | None:
    """Make the request of an attempt with the first template that is not suspended; None ends the attempt.

    Rejects: STRATEGY_SUSPENDED.
    """
    for templates in _choices(attempt, prompts):
        request = make(templates)
        planned, attempt.templates = attempt.templates, tuple(templates)
        models = barred(suspensions, {**attempt.strategy, "prompt_version": request.prompt_sha256})
        if models is not None:
            attempt.is_moved = attempt.is_moved or attempt.templates != planned
            return replace(request, barred=models) if models else request
        attempt.templates = planned
    attempt.failure = Failure(RejectReason.STRATEGY_SUSPENDED, NO_WAY)
    return None


def _choices(attempt: Attempt, prompts: Library) -> list[Sequence[Template]]:
    """List the templates of an attempt, then others of their system; a caption shows none."""
    first = attempt.templates[0]
    alike = [one for one in prompts.templates if one.system == first.system and one is not first]
    others = [] if attempt.task is Task.CAPTION else alike
    return [attempt.templates, *((one,) for one in others)]


def ask(pool: AnswerPool, requests: Sequence[Request]) -> list[tuple[Request, Answer | Failure]]:
    """Ask, and ask others where a suspended model has answered before; gives what was asked last with its outcome."""
    asked = list(requests)
    outcomes = pool.ask(asked)
    while again := [at for at, one in enumerate(outcomes) if isinstance(one, Answer) and one.model in asked[at].barred]:
        for at in again:
            outcomes[at] = _put_aside(asked, at, outcomes[at])
        again = [at for at in again if not isinstance(outcomes[at], Failure)]
        for at, outcome in zip(again, pool.ask([asked[at] for at in again]), strict=True):
            outcomes[at] = outcome
    return list(zip(asked, outcomes, strict=True))


def _put_aside(asked: list[Request], at: int, outcome: Answer | Failure) -> Answer | Failure:
    if isinstance(outcome, Failure):
        return outcome
    if outcome.model in asked[at].without:
        return Failure(RejectReason.STRATEGY_SUSPENDED, NO_MODEL, outcome.endpoint)
    asked[at] = replace(asked[at], without=(*asked[at].without, outcome.model))
    return outcome
