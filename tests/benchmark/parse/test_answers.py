"""Shapes in which models answer, and what each of them says; the table is `answers.jsonl`.

`unseen.jsonl` is of another author who saw neither the parsers nor the table; nothing was made to fit its rows.
"""

import json
from pathlib import Path

import pytest

from benchmark.parse.choice import parse_choice
from benchmark.parse.location import CELLS, parse_location
from benchmark.parse.number import parse_number
from benchmark.parse.quality import LEVELS, parse_quality
from benchmark.parse.report import parse_report
from benchmark.records import Status


def table(name):
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


ROWS = table("answers.jsonl")
STATUSES = {status.value for status in Status}


def parsed(row):
    settings = {name: row[name] for name in ("unit", "names", "null_ok") if name in row}
    readers = {
        "choice": lambda: parse_choice(row["answer"], row["options"]),
        "location": lambda: parse_location(row["answer"]),
        "number": lambda: parse_number(row["answer"], **settings),
        "quality": lambda: parse_quality(row["answer"], scale=row.get("scale")),
    }
    return readers[row["parser"]]()


def test_the_table_is_large_and_in_both_languages():
    assert len(ROWS) >= 200
    assert sum(not row["answer"].isascii() for row in ROWS) >= 50
    assert {row["expected"] for row in ROWS if row["parser"] == "location"} >= {*CELLS, "refused", "unparsable"}
    assert {row["expected"] for row in ROWS if row["parser"] == "quality"} >= {*LEVELS, "refused", "unparsable"}


def holds(row):
    found, expected = parsed(row), row["expected"]
    if expected in STATUSES:
        return found.status.value == expected
    same = found.value == (pytest.approx(expected) if isinstance(expected, float) else expected)
    return found.status is Status.ANSWERED and same


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['parser']}:{row['answer'][:40]}")
def test_answer(row):
    assert holds(row)


def test_answers_of_another_author():
    rows = table("unseen.jsonl")
    assert sum(map(holds, rows)) >= 0.96 * len(rows)


@pytest.mark.parametrize(
    "text", ["", "   ", "\n", "**", "<think>", "{", "[", "{'", "\\boxed{", "\u200b", "🙂" * 50, "(" * 500, "a" * 20_000]
)
def test_nothing_crashes_a_parser(text):
    assert parse_choice(text, ["benign", "malignant"]).status is not Status.ANSWERED
    assert parse_location(text).status is not Status.ANSWERED
    assert parse_number(text, unit="mm").status is not Status.ANSWERED
    assert parse_quality(text).status is not Status.ANSWERED


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("The liver is normal. The pancreas cannot be assessed because of bowel gas.", Status.ANSWERED),
        ("肝脏大小正常。胰腺受肠气干扰无法显示。", Status.ANSWERED),
        ("I'm sorry, but I can't write a report for this image.", Status.REFUSED),
        ("抱歉，我无法为您提供报告。", Status.REFUSED),
        ("", Status.UNPARSABLE),
    ],
)
def test_a_report_may_say_what_it_cannot_see(text, status):
    assert parse_report(text).status is status
