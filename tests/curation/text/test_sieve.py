"""The sieve never hides a match: whatever a pattern finds, it is among the candidates."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.text import sieve as module
from curation.text.analyzer import Matcher
from curation.text.digits import GRAMMAR
from curation.text.folding import fold
from curation.text.recognizers import all_rules
from curation.text.sieve import Sieve, loosened

LABELLED = Path(__file__).parent / "labelled"
PATTERNS = [(rule.name, Matcher(rule).pattern, rule.ignore_case) for rule in all_rules()]
PATTERNS += [(name, re.compile(text, re.IGNORECASE), True) for name, text in GRAMMAR.items()]
SIEVE = Sieve([(pattern.pattern, ignore_case) for _, pattern, ignore_case in PATTERNS])


def missed(text):
    candidates = set(SIEVE.candidates(text))
    return [name for at, (name, pattern, _) in enumerate(PATTERNS) if at not in candidates and pattern.search(text)]


@pytest.mark.parametrize("path", sorted(LABELLED.glob("development_*.jsonl")), ids=lambda path: path.stem)
def test_no_match_is_missed_on_labelled_reports(path):
    texts = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines() if line]
    assert [name for text in texts[::3] for name in missed(fold(text))] == []


@given(st.text(alphabet="aB1 2.:-/年月日岁院医王mR\n", max_size=40))
def test_no_match_is_missed_on_any_text(text):
    assert missed(fold(text)) == []


def test_most_patterns_are_left_out():
    text = fold("The liver is normal. No focal lesion is seen. The gallbladder wall is 3 mm.")
    assert len(SIEVE.candidates(text)) < len(PATTERNS) / 4


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(?<=a)b(?=c)", "abc"),
        (r"(?:^|(?<=\n))[A-Z]{2,3}(?=\s*$)", "x\nAB "),
        (r"(?P<s>[-/])\d(?P=s)", "-1-"),
        (r"\w+(?!x)\s(?!y)(?=z)z", "é z"),
        (r"(?:(?=a)a|b(?=c))+d?", "bc"),
        (r"[\w'-]{3,9}\b", "Ó'x"),
    ],
)
def test_loosened_matches_wherever_the_pattern_does(pattern, text):
    assert re.search(pattern, text, re.MULTILINE)
    assert Sieve([(pattern, False)]).candidates(text) == [0]


def test_full_memory_hides_nothing(monkeypatch):
    monkeypatch.setattr(module, "_MEMORY", 1)
    try:
        small = Sieve([(r"a{1,4}b[\w]{3,9}", True), (r"zzz", False)])
    except Exception:  # noqa: BLE001 - RE2 may refuse to build at all, which is no silence
        return
    assert 0 in small.candidates("aabcde" * 50)


def test_lone_surrogates_are_tried_by_all():
    assert Sieve([("a", False), ("b", False)]).candidates("\ud800") == [0, 1]


def test_loosened_has_no_looks_and_no_names():
    assert not re.search(r"\(\?(?:[=!<]|P)", loosened(r"(?<!x)(?P<v>a)(?=b)(?!c)"))
