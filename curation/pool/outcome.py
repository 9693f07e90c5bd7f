"""What a pipeline makes of outcomes: rejects of single requests stay, what a person or time must mend is raised."""

from collections.abc import Sequence

from curation.generate.request import Answer, Failure
from schemas.errors import BudgetError, ConfigError, RetryableError
from schemas.reject import RejectReason

_RETRY_S = 20.0


def raise_for(outcomes: Sequence[Answer | Failure]) -> list[Answer | Failure]:
    """Give the outcomes, if nothing is wrong with the endpoints as a whole.

    Raises: ConfigError if the key or the model is denied, no endpoint fits, or the budget is spent; RetryableError if
    no endpoint answered before the deadline.
    """
    for failure in (outcome for outcome in outcomes if isinstance(outcome, Failure)):
        if failure.reason is RejectReason.BUDGET_SPENT:
            raise BudgetError("the budget is spent: raise generate.budget_usd and run again; nothing is paid twice")
        if failure.reason in {RejectReason.ENDPOINT_DENIED, RejectReason.NO_CAPABLE_ENDPOINT}:
            raise ConfigError(failure.detail)
        if failure.reason is RejectReason.DEADLINE_PASSED:
            raise RetryableError(f"{failure.detail}; run again", _RETRY_S)
    return list(outcomes)
