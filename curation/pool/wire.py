"""One call over the OpenAI protocol: what is sent, what is read, and what a failure calls for.

In: a ``Request``. Out: an ``Answer`` or a ``Trouble``. The client does not validate bodies: we do, from the raw bytes.
Source: OpenAI API reference (chat completions); RFC 9110 (status codes, Retry-After); RFC 6585 (429).
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Any

from curation.generate.request import Answer, Message, Request
from curation.pool.images import data_url
from schemas.endpoint import Endpoint
from schemas.reject import RejectReason

#: Places of an answer whose log-probabilities are kept: a word of an answer stands among the first.
_LOGPROB_PLACES = 16


class Kind(Enum):
    """Why a call failed, by what to do next."""

    REFUSED = auto()  # this request: the server will not answer it
    DENIED = auto()  # this endpoint: key, address or model name is wrong
    DOWN = auto()  # this call: another endpoint or a later time may do
    HUNG = auto()  # as DOWN: there was no answer in time
    THROTTLED = auto()  # this endpoint, for a while; costs no attempt
    FLAWED = auto()  # this answer: it was paid for and is not usable; another may be


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failed call. ``detail`` is plain help without content, ``wait_s`` what the server asked for."""

    kind: Kind
    detail: str
    wait_s: float | None = None
    reason: RejectReason = RejectReason.ENDPOINT_FAILED
    tokens: tuple[int | None, int | None] = (None, None)


class MalformedBodyError(Exception):
    """A body that is no completion."""


#: What tells apart reasons of a rejected request, by kind.
REASONS = {Kind.REFUSED: RejectReason.REQUEST_REFUSED, Kind.DENIED: RejectReason.ENDPOINT_DENIED}


def body_of(endpoint: Endpoint, request: Request) -> dict[str, Any]:
    """Build the body of a chat completion for an endpoint; an endpoint without vision gets no picture.

    Raises: UnreadableImageError.
    """
    body: dict[str, Any] = {
        **request.params,
        "model": endpoint.model,
        "messages": [_message(endpoint, message) for message in request.messages],
    }
    if request.max_tokens is not None:
        body["max_tokens"] = request.max_tokens
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.seed is not None:
        body["seed"] = request.seed + request.sample
    if request.stop:
        body["stop"] = list(request.stop)
    if request.schema is not None and "json_schema" in endpoint.capabilities:
        schema = {"name": "answer", "schema": dict(request.schema), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def _message(endpoint: Endpoint, message: Message) -> dict[str, Any]:
    content: Any = message.content
    if not isinstance(content, str):
        sees = "vision" in endpoint.capabilities
        parts = [part for part in content if sees or isinstance(part, str)]
        content = [
            {"type": "text", "text": part}
            if isinstance(part, str)
            else {"type": "image_url", "image_url": {"url": data_url(part, endpoint)}}
            for part in parts
        ]
        if not any(part["type"] == "image_url" for part in content):
            content = "\n".join(part["text"] for part in content)
    return {**message.more, "role": message.role, "content": content}


@dataclass(frozen=True, slots=True)
class Completion:
    """What of a completion matters. ``text`` is None where there is no content."""

    text: str | None
    refusal: str | None
    finish_reason: str
    model: str | None
    system_fingerprint: str | None
    tokens: tuple[int | None, int | None]
    logprobs: str | None = None


def read_completion(raw: bytes) -> Completion | int:
    """Read a body; a status that an error object in a 200 answer carries is given as that status.

    Raises: MalformedBodyError.
    """
    try:
        body = json.loads(raw)
        if isinstance(body, dict) and body.get("error") and not body.get("choices"):
            return _status_in(body["error"])
        choice = body["choices"][0]
        message, usage = choice["message"], body.get("usage") or {}
        text, refusal = _text(message.get("content")), message.get("refusal")
        finish = choice.get("finish_reason") or "stop"
        model, mark = body.get("model"), body.get("system_fingerprint")
        tokens = (_count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise MalformedBodyError from None
    texts = [value if isinstance(value, str) else None for value in (refusal, finish, model, mark)]
    if finish == "error" or (text is not None and not _can_be_written(text)):
        raise MalformedBodyError
    return Completion(text, texts[0], texts[1] or "stop", texts[2], texts[3], tokens, _logprobs(choice))


def _logprobs(choice: Mapping[str, Any]) -> str | None:
    """Keep the likeliest tokens at the first places, by falling probability, as JSON; None where there are none."""
    try:
        places = [
            {one["token"]: float(one["logprob"]) for one in place["top_logprobs"]}
            for place in choice["logprobs"]["content"][:_LOGPROB_PLACES]
        ]
        return json.dumps(places, ensure_ascii=True, allow_nan=False) if places else None
    except (TypeError, LookupError, ValueError, AttributeError):
        return None


def _text(content: object) -> str | None:
    """Read content: a text, or the texts of a list of parts."""
    if content is None or isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise TypeError
    parts = [part if isinstance(part, str) else part["text"] for part in content if not _is_other(part)]
    if not all(isinstance(part, str) for part in parts):
        raise TypeError
    return "".join(parts)


def _is_other(part: object) -> bool:
    """Say whether a part is something else than text (reasoning, an image)."""
    return isinstance(part, dict) and part.get("type", "text") not in ("text", "output_text")


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _can_be_written(text: str) -> bool:
    """Say whether a text is Unicode: JSON can carry half a surrogate pair."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _status_in(error: object) -> int:
    """Find the status that an error object names; 500 where it names none."""
    if isinstance(error, dict):
        for name in ("code", "status", "status_code"):
            value = error.get(name)
            if isinstance(value, int) and 400 <= value <= 599:
                return value
    return 500


def answer_of(completion: Completion, request_key: str, endpoint: Endpoint, attempts: int, took_s: float) -> Answer:
    """Make the answer that a completion is; what it cost follows from its tokens."""
    tokens_in, tokens_out = completion.tokens
    return Answer(
        request_key=request_key,
        text=completion.text or "",
        endpoint=endpoint.name,
        model=completion.model or endpoint.model,
        tier=endpoint.tier,
        finish_reason=completion.finish_reason,
        prompt_tokens=tokens_in,
        completion_tokens=tokens_out,
        attempts=attempts,
        system_fingerprint=completion.system_fingerprint,
        cost_usd=endpoint.cost_usd(tokens_in or 0, tokens_out or 0),
        sent_at=(datetime.now(UTC) - timedelta(seconds=took_s)).isoformat(timespec="milliseconds"),
        logprobs=completion.logprobs,
    )


def trouble_of(status: int, headers: Mapping[str, str], name: str) -> Trouble:
    """Tell what a status calls for."""
    if status == 429:
        return Trouble(Kind.THROTTLED, f"endpoint {name} is out of quota (429)", retry_after_s(headers))
    if status >= 500 or status in {408, 409, 425}:
        return Trouble(Kind.DOWN, f"endpoint {name} answered status {status}", retry_after_s(headers))
    if status in {401, 403, 404} or status < 400:
        help_text = "check its key, base_url and model"
        return Trouble(
            Kind.DENIED, f"endpoint {name} answered status {status}: {help_text}", reason=REASONS[Kind.DENIED]
        )
    detail = f"endpoint {name} refused the request with status {status}"
    return Trouble(Kind.REFUSED, detail, reason=REASONS[Kind.REFUSED])


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After: seconds, or an HTTP date against the server's own clock (RFC 9110, 10.2.3)."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    at, sent = (_date(headers.get(name, "")) for name in ("retry-after", "date"))
    if at is None:
        return None
    return max(0.0, (at - (sent or datetime.now(UTC))).total_seconds())


def _date(value: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
