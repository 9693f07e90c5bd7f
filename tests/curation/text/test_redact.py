"""Whole reports, and properties that hold for any text."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.text.folding import fold
from curation.text.redact import redact, redact_all
from curation.text.spans import Span, Strength, resolve

REPORTS = tomllib.loads((Path(__file__).parent / "reports.toml").read_text(encoding="utf-8"))["report"]


def rebuilt(text, redaction):
    parts, at = [], 0
    for start, end, _, replacement in redaction.spans:
        assert at <= start < end <= len(text)
        parts += [text[at:start], replacement]
        at = end
    return "".join([*parts, text[at:]])


@pytest.mark.parametrize("report", REPORTS, ids=[str(number) for number in range(len(REPORTS))])
def test_report(report):
    text = report["text"]
    assert all(piece in text for piece in report["gone"] + report["kept"])
    redaction = redact(text)
    assert [piece for piece in report["gone"] if piece in redaction.text] == []
    assert [piece for piece in report["kept"] if piece not in redaction.text] == []
    assert rebuilt(text, redaction) == redaction.text


def test_there_are_thirty_reports_in_two_languages():
    assert len(REPORTS) >= 30


PIECES = st.sampled_from(
    ["王小明", "姓名：", "Dr. Smith", "12 mm", "\r\n", "🫀", "👩‍⚕️", "e\u0301", "１２３", " ", "，", "MRN: 0012345", "2024年3月9日", "肝脏大小正常", "RI 0.7",
     "\u3000", "O'Connor", "٣٤٥", "^", "|", "\t", "liver", "a.b@c.de", "[NAME]", "\u200d", "㎜", "Ⅲ", "②", "¹"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.text(max_size=12), max_size=14).map("".join))
def test_output_is_input_with_spans_replaced(text):
    redaction = redact(text, None, {"names": ["王小明"], "ids": ["0012345"]})
    assert rebuilt(text, redaction) == redaction.text
    assert len(fold(text)) == len(text)
    assert "王小明" not in redaction.text
    assert "0012345" not in redaction.text


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("LiWei scanned the liver.", "LiWei"),
        ("WangXiaoming: liver normal.", "Xiaoming"),
        ("<ZhangWei>liver normal</ZhangWei>", "ZhangWei"),
        ("<jsmith> liver normal.", "jsmith"),
        ("Operator AB12345U, liver normal.", "12345"),
    ],
)
def test_marks_and_glued_capitals_hide_nobody(text, gone):
    assert gone not in redact(text).text
    assert "liver" in redact(text).text


def test_marks_keys_and_units_stay():
    text = "<h2>Liver</h2> PatientName: no nodule; activity 5000U; AoV 12 mm; <td colspan=2>15 mm</td>"
    kept = redact(text).text
    assert [
        w for w in ("<h2>Liver</h2>", "PatientName", "5000U", "AoV 12 mm", "<td colspan=2>15 mm</td>") if w not in kept
    ] == []


def test_name_that_a_cue_gives_goes_everywhere():
    first, second = redact_all(["报告医师：覃晓岚\n肝脏未见异常。", "覃晓岚建议复查。"])
    assert "覃晓岚" not in first.text + second.text


def test_known_phi_beats_clinical_grammar():
    assert "LONG" not in redact("Examined by Wei LONG. Liver 12 mm.", None, {"names": ["LONG^WEI"]}).text
    assert redact("LONG axis view 12 mm.", None, {"names": ["LONG^WEI"]}).text == "LONG axis view 12 mm."


def test_strong_span_survives_a_longer_weak_one():
    found = resolve("0123456789", [Span(0, 10, "NAME", Strength.WEAK), Span(3, 6, "ID", Strength.STRONG)], [(0, 10)])
    assert [tuple(item[:3]) for item in found] == [(3, 6, "ID")]


def test_longest_strong_span_names_the_place_and_none_is_given_up():
    found = resolve("0123456789", [Span(0, 6, "DATE"), Span(4, 9, "ID")], [])
    assert [tuple(item[:3]) for item in found] == [(0, 6, "DATE"), (6, 9, "ID")]


def test_nothing_shows_in_a_repr():
    assert "Smith" not in repr(redact("Dr. Smith"))


@pytest.mark.parametrize(
    "text",
    ["Baker cyst 3 cm", "Murphy sign negative", "Morison pouch", "Wilson disease", "Simpson法测EF 60%", "Couinaud分段"],
)
def test_eponyms_stay(text):
    assert redact(text).text == text


@pytest.mark.parametrize("text", ["Mr. Baker", "Dr. Murphy", "Signed by Wilson", "Mrs. Simpson has pain"])
def test_eponyms_that_are_people_go(text):
    assert "[NAME]" in redact(text).text
