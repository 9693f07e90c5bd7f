"""A line becomes a request or a reason; nothing is dropped, nothing is fetched."""

import base64
import json

import pytest

from curation.generate.request import Answer, Failure, Request
from flows.pool.rows import Reader, row_of
from schemas.instruction import Tier
from schemas.reject import RejectReason as Reason
from tests.curation.pool.pictures import png

USER = [{"role": "user", "content": "x"}]
URL = "data:image/png;base64," + base64.b64encode(png(40, 30)).decode()


def line(**row):
    return json.dumps({"id": "a", "messages": USER} | row).encode()


def image(url):
    return [
        {
            "role": "user",
            "content": [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": url}}],
        }
    ]


@pytest.mark.parametrize(
    "raw",
    [
        line(),
        line(id=7, params=None, schema=None),
        b"\xef\xbb\xbf" + line(),
        line(params={"temperature": 0.2, "max_tokens": 5, "stop": ["a"], "stream": False, "n": 1}),
        line(schema={"type": "object"}),
        line(messages=image(URL)),
        line(messages=[{"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}, *USER]),
        line(more="keys are left alone"),
    ],
)
def test_good_lines(raw):
    assert isinstance(Reader().read(raw)[1], Request)


@pytest.mark.parametrize(
    ("raw", "row_id"),
    [
        (b"not json", None),
        (b"[1]", None),
        (b"\xff\xfe", None),
        (b'{"id": "a"', None),
        (b"[" * 100_000, None),
        (line(id=None), None),
        (line(id=True), None),
        (line(id=["a"]), None),
        (b'{"messages": []}', None),
        (line(messages=None), "a"),
        (line(messages=[]), "a"),
        (line(messages="hello"), "a"),
        (line(messages=[{"role": "wizard", "content": "x"}]), "a"),
        (line(messages=[{"role": "user"}]), "a"),
        (line(messages=[{"role": "user", "content": [{"type": "smell"}]}]), "a"),
        (line(messages=[{"role": "user", "content": "\ud800"}]), None),
        (line(messages=image("http://127.0.0.1:9/secret.png")), "a"),
        (line(messages=image("file:///etc/passwd")), "a"),
        (line(params=[1]), "a"),
        (line(params={"model": "other"}), "a"),
        (line(params={"stream": True}), "a"),
        (line(params={"n": 4}), "a"),
        (b'{"id": "a", "messages": [{"role": "user", "content": "x"}], "params": {"temperature": NaN}}', None),
        (line(schema={"type": "smell"}), "a"),
        (line(schema="object"), "a"),
        (line(schema={"type": "object"}, params={"response_format": {}}), "a"),
    ],
)
def test_bad_lines_are_malformed_rows(raw, row_id):
    assert Reader().read(raw) == (row_id, Reason.MALFORMED_ROW)


def test_an_image_that_cannot_be_read_is_told():
    for url in ("data:image/png;base64,AAAA", "data:image/png;base64,***"):
        assert Reader().read(line(messages=image(url))) == ("a", Reason.UNREADABLE_IMAGE)


def test_an_id_stands_once_and_numbers_are_not_texts():
    reader = Reader()
    assert isinstance(reader.read(line(id=1))[1], Request)
    assert isinstance(reader.read(line(id="1"))[1], Request)
    assert reader.read(line(id=1)) == (1, Reason.DUPLICATE_ID)


def test_rows_of_outcomes():
    answered = row_of("a", Answer("k", "hi", "e", "m", Tier.DEMO, "stop", 3, 2, attempts=2, cost_usd=0.5))
    assert answered == {
        "id": "a",
        "status": "answered",
        "answer": "hi",
        "reason": None,
        "endpoint": "e",
        "attempts": 2,
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "cost_usd": 0.5},
    }
    rejected = row_of("a", Failure(Reason.DEADLINE_PASSED, "…", "e", 3))
    assert list(rejected) == list(answered)
    assert (rejected["status"], rejected["reason"], rejected["attempts"]) == ("rejected", "DEADLINE_PASSED", 3)
