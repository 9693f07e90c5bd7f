"""Report text inside a prompt: marked as data that can neither end its own fence nor speak as system or user.

In: text of a report. Out: text for a prompt. Two lines of defence: marks of structure are taken out of the data
(``plain``), and sentences that address a model are neither asked about nor shown (``speaks_to_model``). The first holds
for any text; the second knows only the ways of speaking that its rules list.
"""

import re
import unicodedata

from curation.generate.orders import CODED, speaks_to_model
from curation.generate.spans import sentences
from schemas.case import Language

_LT = r"(?:[<＜﹤〈‹⟨]|&(?:lt|\#0*60|\#x0*3c);?|\\u003c|%3c)"
_GT = r"(?:[>＞﹥〉›⟩]|&(?:gt|\#0*62|\#x0*3e);?|\\u003e|%3e)"
_LETTER = r"(?![\u3400-\u9fff])[^\W\d_]"
_ZH_NAMES = r"(?:数据|系统|用户|助手|指令|提示)"
#: Tags of any name, chat-template marks (``<|im_end|>``, ``[INST]``), cut-off ends of our own fence, role labels,
#: comments, JSON objects and coded text.
_STRUCTURE = re.compile(
    rf"{_LT}\s*[/／\\]?\s*(?:[|｜!?]|{_LETTER}|{_ZH_NAMES})[^<>＜＞\n]{{0,80}}?{_GT}(?:\s*(?:system|user|assistant)\b)?"
    rf"|{_LT}\s*[/／\\]\s*(?:{_LETTER}|{_ZH_NAMES})+"
    rf"|{_LT}\s*(?:data|system|user|assistant|[|｜])"
    r"|<<\s*/?SYS\s*>>|\[\s*/?\s*(?:INST|SYSTEM|DATA|USER|ASSISTANT)\s*\]"
    r"|^[ \t#*>-]*(?:system|assistant|user|human|系统|助手|用户)\s*(?:prompt|message|提示)?\s*[:：]"
    r"|```|<!--.*?-->|\{\s*\"[^{}]{0,300}\}"
    rf"|{CODED}",
    re.IGNORECASE | re.MULTILINE,
)
_ANGLES = re.compile(rf"{_LT}|{_GT}")
_MAX_PASSES = 20


def plain(text: str) -> str:
    """Take out of a text what a server or model could read as structure; measurements such as ``<5 mm`` stay."""
    text = "".join(char for char in text if not _is_invisible(char))
    for _ in range(_MAX_PASSES):
        cleaned = _STRUCTURE.sub(" ", text)
        if cleaned == text:
            return text
        text = cleaned
    return _ANGLES.sub(" ", text)  # nested on purpose


def fenced(text: str) -> str:
    """Mark text as data."""
    return f"<data>{plain(text)}</data>"


def clinical(text: str, language: Language) -> str:
    """Leave out the parts that address a model; all of the text if nothing else would be left."""
    kept = text
    for start, end in reversed(parts(text, language)):
        if speaks_to_model(text[start:end]):
            kept = kept[:start] + kept[end:]
    return kept if kept.strip() else text


def parts(text: str, language: Language) -> list[tuple[int, int]]:
    """Split a text into sentences, and those where marks of structure stand: offsets, half-open."""
    marks = [mark.span() for mark in _STRUCTURE.finditer(text)]
    starts, ends = [0, *(after for _, after in marks)], [*(before for before, _ in marks), len(text)]
    found: list[tuple[int, int]] = []
    for start, end in zip(starts, ends, strict=True):
        found += [(start + first, start + last) for first, last in sentences(text[start:end], language)]
    return [(start, end) for start, end in found if text[start:end].strip()]


def _is_invisible(char: str) -> bool:
    """Zero-width, directional, tag and control characters and variation selectors; not line breaks and tabs."""
    category = unicodedata.category(char)
    selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return selector or category in {"Cf", "Co", "Cs"} or (category == "Cc" and char not in "\n\t\r")
