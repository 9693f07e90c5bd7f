"""Pairs whose answer means something by its question: True or False of a statement, a letter of listed options.

In: a ``Case``. Out: the case to check in its place, or ``Broken`` rows of rule ``judge`` or ``choice``.
Source: the tasks judge and single choice of the EchoVLM repository.
"""

import re
from typing import NamedTuple

from curation.facts.reading import Reading
from curation.verify.claims import Case, Span

_VERDICT = re.compile(
    r"^\W*(?:(?P<true>true|correct|right|正确|对|相符|一致)|(?P<false>false|incorrect|wrong|错误|错|不相符|不符"
    r"|不一致|不正确|不对))\W*$",
    re.IGNORECASE,
)
#: Words of approval are verdicts only where the question asks for one.
_SURE = re.compile(r"^\W*(?:true|false)\W*$", re.IGNORECASE)
_ASKS = re.compile(r"true|false|correct|right or wrong|正确|对还是|对错|正误|相符|一致|是否恰当|对吗", re.IGNORECASE)
_OPTION = re.compile(r"^[ \t]*\(?(?P<letter>[A-H])[.．、:：)）]\s*(?P<text>\S.*?)\s*$", re.MULTILINE)
_ANSWER = re.compile(
    r"^\W*(?:(?:the )?(?:correct )?(?:answer|option)(?: is)?|答案(?:是|为)?|选项?"
    r"|选择)?\W*(?P<letter>[A-H])(?![A-Za-z])[.．、:：)）]?\s*(?P<text>.*?)\s*$",
    re.IGNORECASE | re.DOTALL,
)
#: What instructions of judge questions say around the statement.
_FRAME = re.compile(
    r"(?:answer|reply|respond|say|state|give)[^.:]*?(?:true|false)[^.:]*[.:]?|true or false\W?|(?:请|只|用)?(?:回答"
    r"|答|标注|判断|选择)?\s*True\s*(?:或|/|、)?\s*False\s*(?:回答|作答)?|判断正误|图文是否相符",
    re.IGNORECASE,
)


class Choice(NamedTuple):
    """The options of a question and the letter of the answer; ``said`` is the option that the answer restates."""

    options: dict[str, str]
    letter: str
    said: str
    said_at: Span


def verdict_of(answer: str, question: str) -> bool | None:
    """Read True or False; None where the answer is neither."""
    if not _SURE.match(answer) and not _ASKS.search(question):
        return None
    match = _VERDICT.match(answer)
    return None if match is None else bool(match["true"])


def choice_of(case: Case) -> Choice | None:
    """Read a single choice; None where the question lists no options or the answer is no letter."""
    options = {match["letter"]: match["text"] for match in _OPTION.finditer(case.question_text)}
    match = _ANSWER.match(case.answer_text)
    if len(options) < 2 or match is None or match["letter"].upper() not in options:
        return None
    return Choice(options, match["letter"].upper(), match["text"], match.span("text"))


def statement_of(question: str) -> str:
    """Take the frame off a judge question."""
    return _FRAME.sub(" ", question).strip()


def is_verbatim(text: str, report: Reading) -> bool:
    """Tell whether a sentence of the report stands in a text, whatever the spacing."""
    wanted = _squeezed(text)
    for number in {segment.sentence for segment in report.segments}:
        parts = [segment for segment in report.segments if segment.sentence == number]
        sentence = _squeezed(report.text[parts[0].start : parts[-1].end])
        if len(sentence) >= 6 and sentence in wanted:
            return True
    return False


def is_named(option: str, report: Reading) -> bool:
    """Tell whether the report holds the words of an option."""
    return _squeezed(option) in _squeezed(report.text)


def _squeezed(text: str) -> str:
    return re.sub(r"[\s.。;；,，:]+", "", text).casefold()
