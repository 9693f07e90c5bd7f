import pytest
from pydantic import BaseModel

from curation.generate.request import Answer, Failure, Message, Request
from curation.pool.check import fits, flaw_of, is_schema, read_structured, unfenced
from curation.pool.wire import Completion
from schemas.instruction import Tier
from schemas.reject import RejectReason as Reason

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}


def flaw(text, finish="stop", schema=None, refusal=None):
    request = Request((Message("user", "x"),), 8, 0.0, 0, "p", schema=schema, whole=True)
    return flaw_of(Completion(text, refusal, finish, "m", None, (1, 1)), request)


@pytest.mark.parametrize(
    ("text", "finish", "schema", "expected"),
    [
        ("hello", "stop", None, None),
        ("", "stop", None, Reason.EMPTY_ANSWER),
        (None, "stop", None, Reason.EMPTY_ANSWER),
        ("hel", "length", None, Reason.TRUNCATED_ANSWER),
        ("x", "content_filter", None, Reason.REFUSED_ANSWER),
        ('{"n": 1}', "stop", SCHEMA, None),
        ('```json\n{"n": 1}\n```', "stop", SCHEMA, None),
        ('```\n{"n": 1}```', "stop", SCHEMA, None),
        ('{"n": ', "stop", SCHEMA, Reason.MALFORMED_ANSWER),
        ('{"n": "1"}', "stop", SCHEMA, Reason.MALFORMED_ANSWER),
        ('{"n": 1, "m": 2}', "stop", SCHEMA, Reason.MALFORMED_ANSWER),
        ("one", "stop", SCHEMA, Reason.MALFORMED_ANSWER),
        ("[" * 50_000, "stop", SCHEMA, Reason.MALFORMED_ANSWER),
    ],
)
def test_what_makes_an_answer_whole(text, finish, schema, expected):
    assert flaw(text, finish, schema) == expected


def test_a_refusal_is_no_answer():
    assert flaw(None, refusal="no") is Reason.REFUSED_ANSWER


def test_a_schema_is_checked_and_nothing_is_fetched_for_it():
    assert is_schema(SCHEMA)
    assert not is_schema({"type": "smell"})
    assert not is_schema({"$ref": "http://127.0.0.1:9/schema.json"})
    assert not fits("NaN", {"type": "number"})
    assert fits("3", {"type": "number"})


def test_only_a_fence_around_everything_is_taken_away():
    assert unfenced(" ```json\n[1]\n``` ") == "[1]"
    assert unfenced("see ```x```") == "see ```x```"


class Size(BaseModel):
    n: int


@pytest.mark.parametrize(
    ("text", "finish", "expected"),
    [
        ('{"n": 2}', "stop", 2),
        ('```json\n{"n": 2}\n```', "stop", 2),
        ('{"n":', "length", Reason.TRUNCATED_ANSWER),
        ('{"n": "x"}', "stop", Reason.MALFORMED_ANSWER),
        (" ", "stop", Reason.EMPTY_ANSWER),
    ],
)
def test_typed_values(text, finish, expected):
    read = read_structured(Answer("k", text, "a", "m", Tier.DEMO, finish), Size)
    assert (read.reason if isinstance(read, Failure) else read.n) == expected
