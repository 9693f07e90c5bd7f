"""What a report says about the exam, without the lines and sentences that only carried identity.

In: a scrubbed section. Out: the same text without header and footer (``NAME: [NAME]``, ``审核医师：[NAME]``) and
without short sentences about a redacted person or moment (``Dr. [NAME] was informed.``): a model that learned to answer
with placeholders would print them. Header and footer are those of scrubbing: lines at the ends without clinical text.
"""

import re

from curation.generate.spans import REDACTED, sentences
from curation.text.fields import find_labels
from curation.text.lines import clinical_words, split_lines
from schemas.case import Language

#: Longest piece between placeholders of a sentence about a person or moment: words, or Chinese characters.
_MOST_WORDS, _MOST_HANZI = 6, 8
#: Such a sentence says what was done with someone; beside that it has no word that reports use, and no number.
_DONE = re.compile(
    r"\b(?:informed|notified|discussed|communicated|telephone|phone|called|signed|dictated|transcribed|verified|examined|"
    r"referred|arranged|reported|reviewed)\b|告知|通知|电话|联系|审核|签[名字发]|申请|检查者|检查医[师生]|报告医[师生]",
    re.IGNORECASE,
)
_HANZI = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[^\W\d_\u3400-\u9fff]+")
_ENDED = re.compile(r"[.。;；!！?？]$")
_VALUE = re.compile(r"\d")
_HONORIFIC = re.compile(r"\b(?:Drs?|Mrs?|Ms|Prof)\.$")
_PIECES = re.compile(rf"(?:{REDACTED.pattern})|[，,；;|/\t\u3000]|\s{{2,}}")


def body(text: str, language: Language) -> str:
    """Give a section without the traces of identity; '' when nothing else was there."""
    blank = REDACTED.sub(lambda found: " " * len(found.group()), text)
    labels = find_labels(blank)
    lines = split_lines(blank, labels)
    told = [line.body or _states(text[line.start : line.end], language) for line in lines]
    identity = [
        bool(REDACTED.search(text, line.start, line.end))
        or any(line.start <= label.start < line.end and label.entity != "KEEP" for label in labels)
        for line in lines
    ]
    inner = [at for at, one in enumerate(told) if one]
    first, last = (inner[0], inner[-1]) if inner else (len(lines), -1)
    above = [at for at in range(first) if identity[at]]
    below = [at for at in range(last + 1, len(lines)) if identity[at]] if inner else []
    begin = lines[above[-1]].end if above else 0
    end = lines[below[0]].start if below else len(text)
    return _without_asides(text[begin:end], language).strip()


def _states(line: str, language: Language) -> bool:
    """Say whether a line that looks like a header has a clinical sentence: a finding before a signature."""
    parts = (line[start:end] for start, end in _sentences(line, language))
    return any(_ENDED.search(part) and not REDACTED.search(part) and clinical_words(part) for part in parts)


def _without_asides(text: str, language: Language) -> str:
    """Leave out the sentences that only speak of someone or some moment."""
    for start, end in reversed(_sentences(text, language)):
        if _is_aside(text[start:end]):
            text = f"{text[:start]}{text[end:].lstrip(' ')}"
    return text


def _sentences(text: str, language: Language) -> list[tuple[int, int]]:
    """Split a text into sentences; the full stop of a title (``Dr.``) ends none."""
    found: list[tuple[int, int]] = []
    for start, end in sentences(text, language):
        joined = bool(found) and bool(_HONORIFIC.search(text, 0, found[-1][1]))
        found.append((found.pop()[0] if joined else start, end))
    return found


def _is_aside(sentence: str) -> bool:
    if not (REDACTED.search(sentence) and _DONE.search(sentence)):
        return False
    rest = _DONE.sub(" ", REDACTED.sub(" ", sentence))
    short = all(_is_short(piece) for piece in _PIECES.split(sentence))
    return short and not _VALUE.search(rest) and clinical_words(rest) == 0


def _is_short(piece: str) -> bool:
    return len(_WORD.findall(piece)) <= _MOST_WORDS and len(_HANZI.findall(piece)) <= _MOST_HANZI
