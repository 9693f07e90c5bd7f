"""Shapes in which models answer, and what each of them says; the table is `answers.jsonl`."""

import json
from pathlib import Path

import pytest

from benchmark.parse.choice import parse_choice
from benchmark.parse.location import CELLS, parse_location
from benchmark.parse.number import parse_number
from benchmark.parse.quality import LEVELS, parse_quality
from benchmark.parse.report import parse_report
from benchmark.records import Status

TABLE = Path(__file__).parent / "answers.jsonl"
ROWS = [json.loads(line) for line in TABLE.read_text(encoding="utf-8").splitlines()]
STATUSES = {status.value for status in Status}


def parsed(row):
    settings = {name: row[name] for name in ("unit", "names", "null_ok") if name in row}
    readers = {
        "choice": lambda: parse_choice(row["answer"], row["options"]),
        "location": lambda: parse_location(row["answer"]),
        "number": lambda: parse_number(row["answer"], **settings),
        "quality": lambda: parse_quality(row["answer"]),
    }
    return readers[row["parser"]]()


def test_the_table_is_large_and_in_both_languages():
    assert len(ROWS) >= 200
    assert sum(not row["answer"].isascii() for row in ROWS) >= 50
    assert {row["expected"] for row in ROWS if row["parser"] == "location"} >= {*CELLS, "refused", "unparsable"}
    assert {row["expected"] for row in ROWS if row["parser"] == "quality"} >= {*LEVELS, "refused", "unparsable"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['parser']}:{row['answer'][:40]}")
def test_answer(row):
    found = parsed(row)
    if row["expected"] in STATUSES:
        assert found.status.value == row["expected"]
    else:
        assert found.status is Status.ANSWERED
        expected = row["expected"]
        assert found.value == (pytest.approx(expected) if isinstance(expected, float) else expected)


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
