import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from curation.generate.request import Message, Request
from curation.pool.wire import Kind, MalformedBodyError, body_of, read_completion, retry_after_s, trouble_of
from schemas.endpoint import Endpoint


def body(message=None, **changes):
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "hi"} if message is None else message,
        "finish_reason": "stop",
    }
    return json.dumps(
        {"model": "m", "choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 1}} | changes
    ).encode()


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": "hi"}, "hi"),
        ({"content": None, "refusal": "no"}, None),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, "ab"),
        ({"content": [{"type": "reasoning", "x": 1}, {"type": "text", "text": "b"}]}, "b"),
        ({}, None),
    ],
)
def test_content_is_read_in_all_its_forms(message, text):
    assert read_completion(body(message)).text == text


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": null}',
        b'{"choices": [{"mess',
        b"<html>busy</html>",
        b'{"choices": [{"message": null}]}',
        b'{"choices": [{"message": {"content": 7}}]}',
        b"\xff\xfe",
        b"[" * 100_000,
        body({"content": [{"type": "text"}]}),
        body({"content": "\ud800"}),
        body(usage=[1]),
    ],
)
def test_whatever_is_no_completion_is_malformed(raw):
    with pytest.raises(MalformedBodyError):
        read_completion(raw)


@pytest.mark.parametrize(
    ("error", "status"),
    [({"message": "busy"}, 500), ("busy", 500), ({"code": 429}, 429), ({"code": "x", "status": 401}, 401)],
)
def test_an_error_object_in_a_200_answer_is_its_status(error, status):
    assert read_completion(json.dumps({"error": error}).encode()) == status


def test_usage_that_is_no_count_is_not_taken():
    assert read_completion(body(usage={"prompt_tokens": "3", "completion_tokens": -1})).tokens == (None, None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Kind.REFUSED),
        (413, Kind.REFUSED),
        (422, Kind.REFUSED),
        (401, Kind.DENIED),
        (403, Kind.DENIED),
        (404, Kind.DENIED),
        (307, Kind.DENIED),
        (408, Kind.DOWN),
        (500, Kind.DOWN),
        (503, Kind.DOWN),
        (429, Kind.THROTTLED),
    ],
)
def test_a_status_calls_for(status, kind):
    assert trouble_of(status, {}, "a").kind is kind


def test_retry_after_is_read_in_all_its_forms():
    now = datetime.now(UTC)
    date = format_datetime(now + timedelta(seconds=90), usegmt=True)
    assert retry_after_s({"retry-after": "7"}) == 7
    assert retry_after_s({"retry-after-ms": "250"}) == 0.25
    assert 88 <= retry_after_s({"retry-after": date}) <= 91
    assert retry_after_s({"retry-after": date, "date": format_datetime(now, usegmt=True)}) == 90
    assert retry_after_s({"retry-after": "-3"}) == 0
    for nonsense in ("soon", "", "nan", "inf", "Thu, 99 Foo 2026"):
        assert retry_after_s({"retry-after": nonsense}) is None
    assert retry_after_s({}) is None


def test_a_body_carries_what_was_asked_and_a_schema_only_where_it_is_kept():
    request = Request((Message("user", "x"),), None, None, None, "", schema={"type": "object"}, params={"top_p": 0.5})
    plain = Endpoint(name="a", base_url="http://127.0.0.1/v1", model="m")
    strict = plain.model_copy(update={"capabilities": ("text", "json_schema")})
    assert body_of(plain, request) == {"top_p": 0.5, "model": "m", "messages": [{"role": "user", "content": "x"}]}
    assert body_of(strict, request)["response_format"]["json_schema"]["schema"] == {"type": "object"}
