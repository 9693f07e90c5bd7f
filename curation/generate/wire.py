"""One call over the OpenAI protocol: what is sent, what is read, and what a failure calls for.

In: a ``Request``. Out: an ``Answer`` or a ``Trouble``. The client does not validate bodies: we do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Any

import openai

from curation.generate.request import Answer, Request
from schemas.config import Endpoint


class Kind(Enum):
    """Why a call failed, by what to do next."""

    REFUSED = auto()  # this request: the server will not answer it
    DENIED = auto()  # this endpoint: key or model name is wrong
    DOWN = auto()  # this call: another endpoint or a later time may do
    THROTTLED = auto()  # this endpoint, for a while; costs no attempt


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failed call. ``detail`` is plain help, ``wait_s`` what the server asked for."""

    kind: Kind
    detail: str
    wait_s: float | None = None


def body_of(endpoint: Endpoint, request: Request) -> dict[str, Any]:
    """Build the arguments of a chat completion for an endpoint."""
    body: dict[str, Any] = {
        "model": endpoint.model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed + request.sample,
    }
    if request.stop:
        body["stop"] = list(request.stop)
    if request.schema is not None and "json_schema" in endpoint.capabilities:
        schema = {"name": "answer", "schema": dict(request.schema), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def answer_of(completion: Any, request: Request, endpoint: Endpoint, attempts: int) -> Answer:  # noqa: ANN401 - the client does not validate
    """Read a completion; whatever is not one raises AttributeError, TypeError or LookupError."""
    choice = completion.choices[0]
    text, finish_reason, usage = choice.message.content, choice.finish_reason, completion.usage
    if text is None and choice.message.refusal is None:
        text = ""
    if not isinstance(text := text if text is not None else choice.message.refusal, str):
        raise TypeError("content is not text")
    return Answer(
        request_key=request.key,
        text=text,
        endpoint=endpoint.name,
        model=str(completion.model or endpoint.model),
        tier=endpoint.tier,
        finish_reason=str(finish_reason or "stop"),
        prompt_tokens=usage.prompt_tokens if usage else None,
        completion_tokens=usage.completion_tokens if usage else None,
        attempts=attempts,
    )


def trouble_of(error: openai.APIStatusError, name: str) -> Trouble:
    """Tell what a status calls for (RFC 9110; 429: RFC 6585)."""
    status = error.status_code
    if status == 429:
        return Trouble(Kind.THROTTLED, f"endpoint {name} is out of quota", retry_after_s(error.response.headers))
    if status >= 500 or status in {408, 409, 425}:
        return Trouble(Kind.DOWN, f"endpoint {name} answered status {status}")
    if status in {401, 404}:
        return Trouble(Kind.DENIED, f"endpoint {name} answered status {status}: check its key, base_url and model")
    return Trouble(Kind.REFUSED, f"endpoint {name} refused the request with status {status}")


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After: seconds or an HTTP date (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, at.timestamp() - parsedate_to_datetime(headers.get("date", value)).timestamp())


def in_words(problem: openai.OpenAIError | None) -> str | None:
    """Say what to do about an endpoint that did not list its models."""
    if problem is None:
        return None
    if isinstance(problem, openai.APIStatusError):
        return f"answered status {problem.status_code} to GET /models: check its key and base_url"
    if isinstance(problem, openai.APIConnectionError):
        return "cannot be reached: check base_url and that the server runs"
    return "sent a malformed body to GET /models: check base_url"
