"""Is a completion a usable answer? The one place that judges form; what it says is judged by who asked.

In: a completion and its request. Out: the text of the answer, or why there is none. ``read_structured`` gives typed
values. Rejects: EMPTY_ANSWER, REFUSED_ANSWER, TRUNCATED_ANSWER, MALFORMED_ANSWER.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeVar

import jsonschema
import jsonschema.validators
from pydantic import BaseModel, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from curation.generate.request import Answer, Failure, Request
from curation.pool.wire import Completion, Kind, Trouble
from schemas.reject import RejectReason

_FENCE = re.compile(r"\s*```[A-Za-z0-9_-]*[ \t]*\r?\n?(.*?)\s*```\s*", re.DOTALL)
_Model = TypeVar("_Model", bound=BaseModel)


def flaw_of(completion: Completion, request: Request) -> RejectReason | None:
    """Tell why a completion is not the whole answer that was asked for; None if it is."""
    if completion.finish_reason == "content_filter" or (completion.refusal and not completion.text):
        return RejectReason.REFUSED_ANSWER
    if completion.finish_reason == "length":
        return RejectReason.TRUNCATED_ANSWER
    if not (completion.text or "").strip():
        return RejectReason.EMPTY_ANSWER
    if request.schema is None:
        return None
    return None if fits(unfenced(completion.text or ""), request.schema) else RejectReason.MALFORMED_ANSWER


def whole_answer(completion: Completion, request: Request, answer: Answer) -> Answer | Trouble:
    """Pass an answer, of a request that wants it whole only without a flaw and without a fence around JSON."""
    if not request.whole:
        return answer
    flaw = flaw_of(completion, request)
    if flaw is not None:
        detail = f"endpoint {answer.endpoint} gave an answer that is not usable: {flaw.value}"
        return Trouble(Kind.FLAWED, detail, reason=flaw, tokens=completion.tokens)
    return answer if request.schema is None else replace(answer, text=unfenced(answer.text))


def unfenced(text: str) -> str:
    """Take a Markdown fence around a whole answer away; models put JSON into one unasked."""
    match = _FENCE.fullmatch(text)
    return (match[1] if match else text).strip()


def fits(text: str, schema: Mapping[str, Any]) -> bool:
    """Say whether a text is JSON of a schema; servers may ignore the schema they were sent."""
    try:
        content = json.loads(text, parse_constant=_no_number)
        return bool(_validator(json.dumps(schema, sort_keys=True)).is_valid(content))
    except (ValueError, RecursionError, Unresolvable):
        return False


def is_schema(schema: Mapping[str, Any]) -> bool:
    """Say whether a JSON schema is one, and refers to nothing outside itself."""
    try:
        jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator).check_schema(schema)
        _validator(json.dumps(schema, sort_keys=True)).is_valid({})
    except (jsonschema.SchemaError, Unresolvable, RecursionError, ValueError, TypeError, re.error):
        return False
    return True


@lru_cache(maxsize=256)
def _validator(schema: str) -> Any:  # noqa: ANN401 - jsonschema has no common type of validators
    content = json.loads(schema)
    kind = jsonschema.validators.validator_for(content, default=jsonschema.Draft202012Validator)
    return kind(content, registry=Registry())  # an empty registry: nothing is ever fetched


def _no_number(_name: str) -> float:
    raise ValueError


def read_structured(answer: Answer, model: type[_Model]) -> _Model | Failure:
    """Read an answer as a typed value.

    Rejects: EMPTY_ANSWER, TRUNCATED_ANSWER, MALFORMED_ANSWER.
    """
    if not answer.text.strip():
        return Failure(RejectReason.EMPTY_ANSWER, "the model answered nothing")
    try:
        return model.model_validate_json(unfenced(answer.text))
    except ValidationError:
        if answer.finish_reason == "length":
            return Failure(RejectReason.TRUNCATED_ANSWER, "the answer was cut off: raise max_tokens")
        return Failure(RejectReason.MALFORMED_ANSWER, "the model did not keep to the form that was asked for")
