"""Rows of `sonocurate pool run`: a line of JSON becomes a request, an outcome becomes a row.

Flows in: lines {"id", "messages", "params", "schema"}; the last two may be missing or null. Flows out: rows {"id",
"status", "answer", "reason", "endpoint", "attempts", "usage"}. Rejects of a line: MALFORMED_ROW, DUPLICATE_ID,
UNREADABLE_IMAGE. Images are data URLs: nothing is fetched from elsewhere.
"""

import base64
import binascii
import json
from typing import Any

from curation.generate.request import Answer, Failure, Message, Picture, Request
from curation.pool.check import is_schema
from curation.pool.images import UnreadableImageError, check_picture
from schemas.reject import RejectReason

ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
#: Parameters that are the pool's own; a row that sets one to something else is rejected.
OURS: dict[str, object] = {"stream": False, "n": 1}
NOT_A_PARAMETER = frozenset({"model", "messages", "stream_options"})


class RowRejectedError(Exception):
    """A line that is no request."""

    def __init__(self, reason: RejectReason = RejectReason.MALFORMED_ROW) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Reader:
    """Reads lines; remembers the ids that it has seen."""

    def __init__(self) -> None:
        self._seen: set[tuple[type, object]] = set()

    def read(self, line: bytes) -> tuple[Any, Request | RejectReason]:
        """Read a line: its id (None where it has none), and the request or why there is none."""
        row_id = None
        try:
            row = _row(line)
            row_id = row.get("id")
            if isinstance(row_id, bool) or not isinstance(row_id, str | int):
                row_id = None
                raise RowRejectedError
            if (type(row_id), row_id) in self._seen:
                raise RowRejectedError(RejectReason.DUPLICATE_ID)
            self._seen.add((type(row_id), row_id))
            return row_id, request_of(row)
        except RowRejectedError as refusal:
            return row_id, refusal.reason


def _row(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig"), parse_constant=_refuse)
        json.dumps(row, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise RowRejectedError from None
    if not isinstance(row, dict):
        raise RowRejectedError
    return row


def _refuse(_constant: str) -> float:
    raise ValueError


def request_of(row: dict[str, Any]) -> Request:
    """Make a request of a row.

    Raises: RowRejectedError.
    """
    messages, params, schema = row.get("messages"), row.get("params") or {}, row.get("schema")
    if not isinstance(messages, list) or not messages or not isinstance(params, dict):
        raise RowRejectedError
    if schema is not None and not (isinstance(schema, dict) and is_schema(schema)):
        raise RowRejectedError
    return Request(
        messages=tuple(_message(message) for message in messages),
        max_tokens=None,
        temperature=None,
        seed=None,
        prompt_sha256="",
        schema=schema,
        params=_parameters(params, schema),
        purpose="row",
        whole=True,
    )


def _parameters(params: dict[str, Any], schema: object) -> dict[str, Any]:
    clashing = NOT_A_PARAMETER | ({"response_format"} if schema is not None else set())
    if clashing & params.keys() or any(params.get(name, value) not in (value, None) for name, value in OURS.items()):
        raise RowRejectedError
    return {name: value for name, value in params.items() if name not in OURS and value is not None}


def _message(message: object) -> Message:
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise RowRejectedError
    content = message.get("content")
    more = {name: value for name, value in message.items() if name not in ("role", "content")}
    if content is None and message["role"] == "assistant" and more:
        content = ""
    if isinstance(content, list) and content:
        content = tuple(_part(part) for part in content)
    elif not isinstance(content, str):
        raise RowRejectedError
    return Message(message["role"], content, more)


def _part(part: object) -> str | Picture:
    if not isinstance(part, dict):
        raise RowRejectedError
    if part.get("type") == "text" and isinstance(part.get("text"), str):
        return str(part["text"])
    if part.get("type") == "image_url" and isinstance(part.get("image_url"), dict):
        return _picture(part["image_url"].get("url"))
    raise RowRejectedError


def _picture(url: object) -> Picture:
    if not isinstance(url, str):
        raise RowRejectedError
    head, comma, data = url.partition(",")
    if not (comma and head.startswith("data:image/") and head.endswith(";base64")):
        raise RowRejectedError
    try:
        picture = Picture(base64.b64decode(data, validate=True))
        check_picture(picture)
    except (binascii.Error, ValueError, UnreadableImageError):
        raise RowRejectedError(RejectReason.UNREADABLE_IMAGE) from None
    return picture


def row_of(row_id: Any, outcome: Answer | Failure) -> dict[str, Any]:  # noqa: ANN401 - an id is text or a number
    """Make the row of an outcome."""
    if isinstance(outcome, Failure):
        return rejected_row(row_id, outcome.reason) | {"endpoint": outcome.endpoint, "attempts": outcome.attempts}
    tokens_in, tokens_out = outcome.prompt_tokens, outcome.completion_tokens
    total = None if tokens_in is None or tokens_out is None else tokens_in + tokens_out
    usage = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": total}
    return {
        "id": row_id,
        "status": "answered",
        "answer": outcome.text,
        "reason": None,
        "endpoint": outcome.endpoint,
        "attempts": outcome.attempts,
        "usage": usage | {"cost_usd": outcome.cost_usd},
    }


def rejected_row(row_id: Any, reason: RejectReason) -> dict[str, Any]:  # noqa: ANN401 - an id is text or a number
    """Make the row of a line or request without an answer."""
    nothing = {"answer": None, "reason": reason.value, "endpoint": None, "attempts": 0, "usage": None}
    return {"id": row_id, "status": "rejected", **nothing}
