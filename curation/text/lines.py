"""Header, body and footer: lines that say nothing clinical at the ends of a report are denied word by word.

In: folded text, its labels. Out: weak spans for what header and footer lines hold beyond labels and report words.
Source: own writing; clinical weight counts vocabulary words, so that a one-line report is body.
"""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from curation.text import words_en, words_zh
from curation.text.fields import Label
from curation.text.lexicon import clinical_zh, fields, word_set
from curation.text.spans import Span, Strength, uncovered

_PLAIN_EN = word_set("plain_en")
_PLAIN_ZH = word_set("plain_zh")
_CREDENTIALS = word_set("credentials")
_SENTENCE = re.compile(r"[。；;!?！？]|[a-z]\.(?:\s|$)")
#: A run of so many characters that begins with a family name may be a name as a whole.
_LONGEST_NAME = 4
#: Capitals of so few letters are an abbreviation, unless they are a name.
_ABBREVIATION = 5
#: A word of the general list is hardly a name where no family name stands before it (share of all words).
_KNOWN_WORD = 3e-7
_HEADING = re.compile(
    r"(?:findings?|impressions?|conclusions?|technique|comparison|history|indications?|opinion|summary|recommendations?|"
    r"超声所见|超声描述|检查所见|影像所见|所见|超声提示|超声诊断|诊断意见|诊断提示|印象|提示|结论|描述)[ \t]*[:：]?",
    re.IGNORECASE,
)


@cache
def _plain_en() -> frozenset[str]:
    """Words that headers and footers are made of: the list's, and those of the field labels."""
    return _PLAIN_EN | {word for label in fields() for word in re.findall(r"[a-z]+", label)}


class Line(NamedTuple):
    """One line: half-open offsets and whether it is body."""

    start: int
    end: int
    body: bool


@lru_cache(maxsize=65536)
def _weight(word: str) -> int:
    """Weigh one word: clinical 1, other 0."""
    if words_zh.HAN.match(word):
        return int(len(word) > 1 and word in clinical_zh() and word not in _PLAIN_ZH)
    return int(
        len(word) > 2 and words_en.is_clinical(word) and word.lower() not in _PLAIN_EN and not words_en.is_name(word)
    )


def _words(line: str) -> list[str]:
    han = [run[a:b] for run in words_zh.HAN.findall(line) for a, b in words_zh.segment(run)]
    return words_en.TOKEN.findall(line) + han


def clinical_words(text: str) -> int:
    """Count the words of a text that are clinical, beyond those that headers and footers are made of."""
    return sum(map(_weight, _words(text)))


def _is_body(line: str, labelled: int) -> bool:
    """Tell whether a line is clinical text: enough vocabulary beside its field labels."""
    if _HEADING.match(line.strip()):
        return True
    words, clinical = _words(line), clinical_words(line)
    needed = min(2 + 2 * labelled, 5)
    return clinical >= needed or (
        not labelled and clinical >= 1 and (clinical * 3 >= len(words) or bool(_SENTENCE.search(line)))
    )


def split_lines(folded: str, labels: list[Label]) -> list[Line]:
    """Cut a text into lines; from the first to the last clinical one all are body but those with identifying labels."""
    bounds = [match.span() for match in re.finditer(r"[^\r\n\u2028\u2029\v\f]+", folded)]
    counts = [sum(start <= label.start < end and label.entity != "KEEP" for label in labels) for start, end in bounds]
    body = [_is_body(folded[start:end], count) for (start, end), count in zip(bounds, counts, strict=True)]
    first = body.index(True) if True in body else len(body)
    last = len(body) - 1 - body[::-1].index(True) if True in body else -1
    return [
        Line(start, end, body[at] or (first < at < last and not counts[at])) for at, (start, end) in enumerate(bounds)
    ]


def denied_words(folded: str, line: Line, labels: list[Label]) -> list[Span]:
    """Deny every word of a header or footer line that is no label, no report word and not clinical."""
    sentence = bool(_SENTENCE.search(folded, line.start, line.end))
    kept = [(label.start, label.end) for label in labels]
    out: list[Span] = []
    for match in words_en.TOKEN.finditer(folded, line.start, line.end):
        if uncovered(*match.span(), kept) and not _stays_en(folded, match, sentence=sentence):
            out.append(Span(*match.span(), "NAME", Strength.WEAK))
    for run in words_zh.HAN.finditer(folded, line.start, line.end):
        out += _denied_han(run.group(), run.start(), kept, sentence=sentence)
    return out


def _stays_en(folded: str, match: re.Match[str], *, sentence: bool) -> bool:
    """Tell whether an English word may stay in a header or footer line."""
    word = match.group()
    plain = word.lower() in _plain_en() or word.lower() in _CREDENTIALS
    if len(word) == 1 or plain or words_en.is_eponym(word, folded, match.end()):
        return True
    if words_en.is_name(word):
        return False
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", word)
    if len(parts) > 1 and all(part.lower() in _plain_en() or words_en.is_clinical(part) for part in parts):
        return True
    if word.isupper() and len(word) <= _ABBREVIATION and not words_en.is_listed_name(word):
        return True
    return words_en.is_clinical(word) or words_en.is_usual(word, sentence=sentence)


def _denied_han(run: str, offset: int, kept: list[tuple[int, int]], *, sentence: bool) -> list[Span]:
    out: list[Span] = []
    named = words_zh.surname_length(run) and len(run) <= _LONGEST_NAME and words_zh.frequency(run) < words_zh.COMMON
    for a, b in words_zh.segment(run):
        word, start, end = run[a:b], offset + a, offset + b
        if word in _PLAIN_ZH or word in fields() or words_zh.is_clinical(word) or not uncovered(start, end, kept):
            continue
        if len(run) == 1 and not words_zh.surname_length(run):
            continue
        usual = b - a > 1 and not words_zh.surname_length(word) and words_zh.frequency(word) >= _KNOWN_WORD
        if usual and not named and not words_zh.may_be_given(run, a):
            continue
        if (sentence and len(run) > 6) or (b - a == 1 and len(run) > 4):
            continue
        out.append(Span(start, end, "NAME", Strength.WEAK))
    return out
