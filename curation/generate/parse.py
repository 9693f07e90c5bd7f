"""Read what a model wrote: a question, a choice, or a question with its answer.

In: an ``Answer``. Out: the text, or a ``Failure``; an unusable answer is never a sentinel string.
"""

import json
import re
import unicodedata
from collections.abc import Sequence

from curation.generate.request import Answer, Failure
from schemas.case import Language
from schemas.reject import RejectReason

MIN_QUESTION_CHARS = {Language.EN: 8, Language.ZH: 4}
_REFUSED = re.compile(
    r"^\W*(?:I['’]?m sorry|I am sorry|sorry,|I can(?:no|['’])t|I am unable|I['’]m unable|as an AI|as a language model"
    r"|抱歉|对不起|很抱歉|我无法|我不能|作为(?:一个)?(?:AI|人工智能|语言模型))",
    re.IGNORECASE,
)
_NAMES_SOURCE = re.compile(
    r"\b(?:the|this|given|provided|above)\s+(?:\w+\s+)?(?:report|text|passage|sentence|description|statement|context|data)\b"
    r"|\baccording to\b|</?data>|报告|文本|上文|原文|段落|句子|上述|根据描述|数据中",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^\W*(?:question|q|answer|a|问题|问|答案|答)\s*\d*\s*[:：]\s*", re.IGNORECASE)
_SECOND_LABEL = re.compile(r"^\s*(?:question|answer|问题|答案)\s*[:：]", re.I | re.M)
_PAIR = re.compile(r"^\s*(?:question|问题)\s*[:：]\s*(.+?)\s*\n\s*(?:answer|答案)\s*[:：]\s*(.+?)\s*$", re.I | re.S)
_CJK = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]")
_QUOTES = " \t\"'`“”‘’「」*"


def question_of(answer: Answer, language: Language) -> str | Failure:
    """Read one question: the first line up to its question mark.

    Rejects: EMPTY_ANSWER, REFUSED_ANSWER, TRUNCATED_ANSWER, MALFORMED_ANSWER, WRONG_LANGUAGE, NAMES_SOURCE.
    """
    flaw = _unusable(answer.text)
    if flaw:
        return flaw
    line = _LABEL.sub("", answer.text.strip().splitlines()[0]).strip(_QUOTES)
    mark = re.search(r"[?？]", line)
    if mark is None:
        if answer.finish_reason == "length":
            return Failure(RejectReason.TRUNCATED_ANSWER, "the question was cut off: raise generate.max_tokens")
        return Failure(RejectReason.MALFORMED_ANSWER, "the model wrote no question")
    question = line[: mark.end()]
    flaw = _in_language(question, language) or _names_source(question)
    if flaw is None and len(question) < MIN_QUESTION_CHARS[language]:
        return Failure(RejectReason.MALFORMED_ANSWER, "the model wrote no question")
    return flaw or question


def pair_of(answer: Answer, language: Language) -> tuple[str, str] | Failure:
    """Read a question and its answer.

    Rejects: EMPTY_ANSWER, REFUSED_ANSWER, TRUNCATED_ANSWER, MALFORMED_ANSWER, WRONG_LANGUAGE, NAMES_SOURCE.
    """
    flaw = _unusable(answer.text)
    if flaw:
        return flaw
    if answer.finish_reason == "length":
        return Failure(RejectReason.TRUNCATED_ANSWER, "the answer was cut off: raise generate.max_tokens")
    match = _PAIR.match(answer.text)
    if match is None:
        return Failure(RejectReason.MALFORMED_ANSWER, "the model did not write a question and an answer")
    question, reply = match.group(1).strip(_QUOTES), match.group(2).strip(_QUOTES)
    flaw = _flaw_of_pair(question, reply)
    for text in (question, reply):
        flaw = flaw or _in_language(text, language) or _names_source(text)
    return flaw or (question, reply)


def _flaw_of_pair(question: str, reply: str) -> Failure | None:
    if not question or not reply:
        return Failure(RejectReason.EMPTY_ANSWER, "the model left the question or the answer empty")
    if "\n" in question or _SECOND_LABEL.search(reply):
        return Failure(RejectReason.MALFORMED_ANSWER, "the model wrote more than one pair")
    return _unusable(reply)


def text_of(answer: Answer, language: Language) -> str | Failure:
    """Read a text of any form.

    Rejects: EMPTY_ANSWER, REFUSED_ANSWER, TRUNCATED_ANSWER, WRONG_LANGUAGE, NAMES_SOURCE.
    """
    flaw = _unusable(answer.text)
    if flaw is None and answer.finish_reason == "length":
        flaw = Failure(RejectReason.TRUNCATED_ANSWER, "the answer was cut off: raise generate.max_tokens")
    text = answer.text.strip().strip(_QUOTES)
    return flaw or _in_language(text, language) or _names_source(text) or text


def choice_of(answer: Answer, choices: Sequence[str], *, key: str) -> str | Failure:
    """Read a choice: JSON with the key, or the bare choice. The server may have ignored the schema.

    Rejects: EMPTY_ANSWER, MALFORMED_ANSWER.
    """
    text = answer.text.strip()
    if not text:
        return Failure(RejectReason.EMPTY_ANSWER, "the model answered nothing")
    try:
        content = json.loads(text.removeprefix("```json").removesuffix("```"))
        chosen = content.get(key) if isinstance(content, dict) else content
    except (json.JSONDecodeError, RecursionError):
        chosen = text
    if isinstance(chosen, str) and chosen in choices:
        return chosen
    return Failure(RejectReason.MALFORMED_ANSWER, "the model answered none of the choices")


def gives_answer(question: str, answer: str) -> bool:
    """Tell whether a question already contains its answer, whatever the spacing, width and case."""
    if answer.isascii() and answer.isalpha():
        return re.search(rf"\b{re.escape(answer)}\b", question, re.IGNORECASE) is not None
    return _squeezed(answer) in _squeezed(question)


def _squeezed(text: str) -> str:
    return re.sub(r"[\s\-_]+", "", unicodedata.normalize("NFKC", text)).casefold().replace("×", "x")


def _unusable(text: str) -> Failure | None:
    if not text.strip():
        return Failure(RejectReason.EMPTY_ANSWER, "the model answered nothing")
    if _REFUSED.match(text):
        return Failure(RejectReason.REFUSED_ANSWER, "the model refused")
    return None


def _in_language(text: str, language: Language) -> Failure | None:
    """Chinese may carry Latin terms (BI-RADS); English carries no Chinese."""
    chinese, latin = len(_CJK.findall(text)), len(_LATIN.findall(text))
    fits = chinese == 0 < latin if language is Language.EN else chinese > latin
    return None if fits else Failure(RejectReason.WRONG_LANGUAGE, f"the model did not write in {language.value}")


def names_source(text: str) -> bool:
    """Tell whether a text speaks of its source (report, text) instead of the examination."""
    return _NAMES_SOURCE.search(text) is not None


def _names_source(text: str) -> Failure | None:
    if names_source(text):
        return Failure(RejectReason.NAMES_SOURCE, "the model named its source instead of the examination")
    return None
