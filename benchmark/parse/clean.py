"""What of an answer is the answer: without reasoning, mark-up and JSON around it.

In: the text of a model. Out: plain text, or the candidates for the answer within it, the most explicit first.
"""

import json
import re
import unicodedata
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from benchmark.folded import simplified
from benchmark.parse.figures import with_plain_signs

#: Keys under which models put their answer, the surest first.
ANSWER_KEYS = (
    *(
        "final_answer",
        "finalanswer",
        "final answer",
        "answer",
        "答案",
        "最终答案",
        "prediction",
        "label",
        "choice",
        "option",
    ),
    *("result", "结果", "selected_option", "selection", "selected", "response", "output", "class", "classification"),
    *(
        "location",
        "position",
        "位置",
        "diagnosis",
        "诊断",
        "quality",
        "quality_level",
        "质量",
        "overall_score",
        "overall score",
        "overall_quality",
        "overall quality",
        "overall",
        "total_score",
        "总分",
        "总体评分",
        "综合评分",
        "level",
        "value",
        "数值",
        "score",
    ),
    *(
        "estimate",
        "estimated_value",
        "measurement",
        "category",
        "grade",
        "rating",
        "conclusion",
        "结论",
        "view",
        "选择",
        "选项",
    ),
)
_THINK = re.compile(r"<(think|thinking|reasoning|thought|analysis|scratchpad)>.*?</\1>", re.IGNORECASE | re.DOTALL)
_THOUGHT = re.compile(r"^.*</(?:think|thinking|reasoning|thought)>", re.IGNORECASE | re.DOTALL)
_UNFINISHED = re.compile(r"<(?:think|thinking|reasoning|thought)>.*$", re.IGNORECASE | re.DOTALL)
_TAGGED = re.compile(r"<(?:final_?)?answer>\s*(.*?)\s*(?:</(?:final_?)?answer>|$)", re.IGNORECASE | re.DOTALL)
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_LATEX = re.compile(r"\\(?:text|mathrm|mathbf|textbf|operatorname)\s*\{([^{}]*)\}")
_SPECIAL = re.compile(r"<\|[a-z_]+\|>|</?s>|\[/?INST\]|<end_of_turn>|<eos>|<pad>", re.IGNORECASE)
_FENCE = re.compile(r"```[a-zA-Z]*\n?|```")
_MARKUP = re.compile(
    r"(?m)^\s{0,3}(?:#{1,6}\s+|>\s?(?=[^\d\s])|[-*+•·●]\s+)|\*{1,3}|(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w)|`|~~|\$"
)
_HTML = re.compile(r"</?(?:b|i|em|strong|p|br|span|div|code|u|h[1-6])\b[^<>]*>", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")
_MARKER = re.compile(
    r"(?:\b(?:(?:my|the|your)\s+)?(?:final|correct|best|right|overall|chosen|selected)?\s*"
    r"(?:answer|choice|option|selection|verdict|conclusion|prediction)\s*(?:would be|should be|"
    r"must be|is|are|=|:|->|→)+\s*:?"
    r"|\banswer\s+(?=[A-H]\b)"
    r"|\b(?:final answer|in conclusion|to conclude|in summary|therefore|thus|hence|so)\s*[:,]\s*"
    r"|\bi(?:'d| would| will|'ll)?\s+(?:choose|pick|select|go with|answer|opt for|say)\s*:?"
    r"|(?:(?:最终|正确|最佳|我的|标准|参考|最后的?)?(?:答案|回答|选择|结论|判断|结果)|"
    r"(?:最终|正确|最佳|我的|最后的?)选项|选项(?=[应该当是为:=\s]+[A-Ja-j](?![A-Za-z])))(?:应该|应当|"
    r"应)?(?:是|为|:|=)+\s*:?"
    r"|(?:故|应|因此|所以|我|则|答|综上)(?:此|以)?[,，:：]?(?:应)?(?:该)?选择?(?:项|答案)?[是为:：]?)",
    re.IGNORECASE,
)
#: Markers of an answer that are looked behind, the last ones, and how far.
_MOST_MARKERS = 6
_LONGEST_SENTENCE = 600
#: Brackets of no JSON after which a text is taken to hold none.
_MOST_FAILED = 200


def clean(text: str) -> str:
    """Take away reasoning, mark-up and invisible characters; full-width characters become plain ones."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    text = _THINK.sub(" ", text)
    text = _UNFINISHED.sub(" ", _THOUGHT.sub("", text))
    text = _SPECIAL.sub(" ", text)
    for _ in range(2):
        text = _LATEX.sub(r"\1", text)
    return text.replace("\\%", "%").replace("’", "'").replace("‘", "'").strip()


def alike(text: str) -> str:
    """Write the figures and Chinese characters of a short answer in one way: nothing for texts that are scored."""
    return simplified(with_plain_signs(text))


def plain(text: str) -> str:
    """Take away Markdown and HTML, and join the lines."""
    text = _HTML.sub(" ", _FENCE.sub(" ", text))
    text = _MARKUP.sub("", text)
    return re.sub(r"[ \t]+", " ", text).strip()


@dataclass(frozen=True, slots=True)
class Candidates:
    """Where the answer may be. ``explicit`` (JSON, tags, boxes) decides alone where there is any."""

    explicit: tuple[str, ...]
    others: tuple[str, ...]


@lru_cache(maxsize=4096)
def candidates(text: str) -> Candidates:
    """List what may be the answer, the surest first: JSON, tags, boxes; else what follows a marker, the whole text."""
    cleaned = clean(text)
    explicit = [*_from_json(cleaned), *(one.group(1) for one in _TAGGED.finditer(cleaned))]
    explicit += [one.group(1) for one in _BOXED.finditer(cleaned)][-1:]
    whole = plain(_TAGGED.sub(r"\1", _BOXED.sub(r"\1", cleaned)))
    return Candidates(_once(explicit), _once([*_marked(whole), whole]))


def _once(found: list[str]) -> tuple[str, ...]:
    return tuple(one for one in dict.fromkeys(plain(one) for one in found) if one)


def _marked(text: str) -> Iterator[str]:
    """Give the sentence behind the last marker of an answer, then behind those before."""
    for marker in reversed(deque(_MARKER.finditer(text), _MOST_MARKERS)):
        rest = text[marker.end() : marker.end() + _LONGEST_SENTENCE].lstrip(" :：\n\"'([「『“")
        sentence = re.split(r"(?<!\d)\.(?=\s|$)|[。!！?？\n;；]|\.(?=\s+[A-Z]|\s*$)", rest, maxsplit=1)[0]
        if re.fullmatch(r"\(?[A-Za-z]\)?", sentence.strip()) and len(rest) > len(sentence) + 1:
            more = re.split(r"[。!！?？\n;；]", rest, maxsplit=1)[0]
            yield more
        if sentence.strip():
            yield sentence


def _from_json(text: str) -> Iterator[str]:
    """Give the values under answer keys of the JSON in a text, the last object first."""
    for found in reversed(list(json_values(text))):
        yield from _values(found)


def _values(found: object) -> Iterator[str]:
    if isinstance(found, Mapping):
        keys = {str(key).strip().casefold(): value for key, value in found.items()}
        for key in ANSWER_KEYS:
            if key in keys:
                yield from _values(keys[key])
                return
        if len(keys) == 1:
            yield from _values(next(iter(keys.values())))
    elif isinstance(found, list):
        if len(found) == 1:
            yield from _values(found[0])
        elif found and all(isinstance(one, str) for one in found):
            yield ", ".join(found)
    elif isinstance(found, bool):
        yield "true" if found else "false"
    elif found is None:
        yield "null"
    elif isinstance(found, str | int | float):
        yield str(found)


def json_values(text: str) -> Iterator[Any]:
    """Find the JSON objects and lists in a text, also with single quotes or a trailing comma."""
    decoder, position, failed = json.JSONDecoder(), 0, 0
    while failed < _MOST_FAILED and (start := _opening(text, position)) >= 0:
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            value, end = _lenient(text, start)
        if end > start:
            yield value
        else:
            failed += 1
        position = max(end, start + 1)


def _opening(text: str, position: int) -> int:
    places = [place for place in (text.find("{", position), text.find("[", position)) if place >= 0]
    return min(places, default=-1)


def _lenient(text: str, start: int) -> tuple[Any, int]:
    """Read an object that is nearly JSON: Python quotes, a comma too many, keys without quotes."""
    close = {"{": "}", "[": "]"}[text[start]]
    end = text.find(close, start) + 1
    if end <= start or end - start > 20_000:
        return None, start
    body = re.sub(r"'([^'\"\n]*)'", r'"\1"', text[start:end])
    body = re.sub(r",\s*([}\]])", r"\1", body)
    body = re.sub(r"([{,]\s*)([A-Za-z_]\w*)\s*:", r'\1"\2":', body)
    body = re.sub(r":\s*(None|NaN)\b", ": null", body)
    try:
        return json.loads(body), end
    except (ValueError, RecursionError):
        return None, start
