"""Lines of a batch that came back.

In: {"custom_id", "response": {"status_code", "body"}}. Out: an ``Answer``, or a ``Failure`` with the tokens that
were paid for.
"""

import json
from collections.abc import Mapping

from curation.generate.request import Answer, Failure, Request
from curation.pool.check import whole_answer
from curation.pool.wire import MalformedBodyError, Trouble, answer_of, read_completion, trouble_of
from schemas.endpoint import Endpoint
from schemas.reject import RejectReason

Tokens = tuple[int | None, int | None]
_NONE: Tokens = (None, None)


def outcome_of(
    line: bytes, missing: Mapping[str, Request], endpoint: Endpoint
) -> tuple[str, Answer | tuple[Failure, Tokens]] | None:
    """Read a line; None for one that belongs to no request."""
    try:
        row = json.loads(line)
        key = row["custom_id"]
        request = missing[key]
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    try:
        response = row["response"]
        status, body = int(response["status_code"]), json.dumps(response["body"]).encode()
        completion = read_completion(body) if status < 400 else status
    except (ValueError, TypeError, LookupError, MalformedBodyError):
        detail = f"endpoint {endpoint.name} sent a malformed line in a batch"
        return key, (Failure(RejectReason.ENDPOINT_FAILED, detail, endpoint.name, 1), _NONE)
    if isinstance(completion, int):
        trouble = trouble_of(completion, {}, endpoint.name)
        return key, (Failure(trouble.reason, trouble.detail, endpoint.name, 1), _NONE)
    judged = whole_answer(completion, request, answer_of(completion, key, endpoint, 1, 0.0))
    if isinstance(judged, Trouble):
        return key, (Failure(judged.reason, judged.detail, endpoint.name, 1), completion.tokens)
    return key, judged
