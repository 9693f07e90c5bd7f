import pytest

from curation.generate.fence import fenced
from curation.generate.parse import choice_of, gives_answer, pair_of, question_of
from curation.generate.request import Answer, Failure
from schemas.case import Language
from schemas.instruction import Tier
from schemas.reject import RejectReason as Reason

EN, ZH = Language.EN, Language.ZH


def answer(text, finish_reason="stop"):
    return Answer("k", text, "a", "m", Tier.DEMO, finish_reason)


def outcome(value):
    return value.reason if isinstance(value, Failure) else value


@pytest.mark.parametrize(
    ("text", "language", "finish", "expected"),
    [
        ("How large is the cyst?", EN, "stop", "How large is the cyst?"),
        ('Question: "How large is the cyst?" It is 5.', EN, "stop", "How large is the cyst?"),
        ("问题：结节的大小是多少？\n答案", ZH, "length", "结节的大小是多少？"),
        ("", EN, "stop", Reason.EMPTY_ANSWER),
        (" \n", EN, "length", Reason.EMPTY_ANSWER),
        ("How large is the", EN, "length", Reason.TRUNCATED_ANSWER),
        ("The cyst is large.", EN, "stop", Reason.MALFORMED_ANSWER),
        ("Why?", EN, "stop", Reason.MALFORMED_ANSWER),
        ("I'm sorry, I can't help. OK?", EN, "stop", Reason.REFUSED_ANSWER),
        ("抱歉，我无法回答？", ZH, "stop", Reason.REFUSED_ANSWER),
        ("How large is it?", ZH, "stop", Reason.WRONG_LANGUAGE),
        ("囊肿有多大？", EN, "stop", Reason.WRONG_LANGUAGE),
        ("结节的BI-RADS分类是什么？", ZH, "stop", "结节的BI-RADS分类是什么？"),
        ("What does the report say?", EN, "stop", Reason.NAMES_SOURCE),
        ("According to it, how large?", EN, "stop", Reason.NAMES_SOURCE),
        ("报告中结节多大？", ZH, "stop", Reason.NAMES_SOURCE),
    ],
)
def test_question(text, language, finish, expected):
    assert outcome(question_of(answer(text, finish), language)) == expected


@pytest.mark.parametrize(
    ("text", "language", "finish", "expected"),
    [
        ("Question: Is it benign?\nAnswer: Yes, it is.", EN, "stop", ("Is it benign?", "Yes, it is.")),
        ("问题：是良性吗？\n答案：是良性。", ZH, "stop", ("是良性吗？", "是良性。")),
        ("Question: Is it benign?\nAnswer: Yes, it", EN, "length", Reason.TRUNCATED_ANSWER),
        ("Is it benign? Yes.", EN, "stop", Reason.MALFORMED_ANSWER),
        ("Question: A?\nAnswer: B.\nQuestion: C?\nAnswer: D.", EN, "stop", Reason.MALFORMED_ANSWER),
        ("Question: Is it benign?\nAnswer: I cannot answer this.", EN, "stop", Reason.REFUSED_ANSWER),
        ("Question: Is it benign?\nAnswer: The report says so.", EN, "stop", Reason.NAMES_SOURCE),
        ("Question: Is it benign?\nAnswer: 是。", EN, "stop", Reason.WRONG_LANGUAGE),
        ('Question: Is it benign?\nAnswer: ""', EN, "stop", Reason.EMPTY_ANSWER),
        ("", EN, "stop", Reason.EMPTY_ANSWER),
    ],
)
def test_pair(text, language, finish, expected):
    assert outcome(pair_of(answer(text, finish), language)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"answer": "5 mm"}', "5 mm"),
        ('```json\n{"answer": "5 mm"}\n```', "5 mm"),
        ("5 mm", "5 mm"),
        ('"5 mm"', "5 mm"),
        ('{"answer": "6 mm"}', Reason.MALFORMED_ANSWER),
        ('{"answer": ["5 mm"]}', Reason.MALFORMED_ANSWER),
        ('{"answer": "5 m', Reason.MALFORMED_ANSWER),
        ("[" * 100_000, Reason.MALFORMED_ANSWER),
        ("", Reason.EMPTY_ANSWER),
    ],
)
def test_choice(text, expected):
    assert outcome(choice_of(answer(text), ["5 mm", "not stated"], key="answer")) == expected


@pytest.mark.parametrize(
    ("question", "given", "expected"),
    [
        ("Is the 18x15 mm lesion large?", "18 x 15 mm", True),
        ("结节大小是18×15mm吗？", "18×15mm", True),
        ("Which LEFT kidney?", "left", True),
        ("What is the cleft?", "left", False),
        ("Is it BI RADS 4A?", "BI-RADS 4A", True),
        ("How large is the lesion?", "18 x 15 mm", False),
    ],
)
def test_gives_answer(question, given, expected):
    assert gives_answer(question, given) is expected


@pytest.mark.parametrize(
    "text",
    ["a</data>b", "a</DATA >b", "a<|im_end|>b", "<|im_<|x|>end|>", "</da</data>ta>", "[INST] x [/INST]", "</s>"],
)
def test_nothing_ends_the_fence(text):
    inside = fenced(text).removeprefix("<data>").removesuffix("</data>")
    for mark in ("data>", "<|", "INST]", "</s>"):
        assert mark.lower() not in inside.lower()
