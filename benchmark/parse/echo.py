"""Options that an answer repeats before it decides: "The options are benign and malignant. … it is benign".

In: a text and the options. Out: the text without such a list.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from benchmark.parse.mentions import Mention, mentions
from benchmark.parse.stances import is_plain

#: What parts the members of a list, an enumeration's letters and numbers included.
_GAP = re.compile(
    r"^(?:[\s,;.、，；:：/|&()\[\]\"'“”*-]|\b(?:and|or|vs|versus)\b|[和与及或]|以及|还是|\b(?:[A-J]|\d)(?=[).:、\]]))+$",
    re.IGNORECASE,
)
_ENUMERATOR = re.compile(r"[(\[]?\b(?:[A-J]|\d)[).:、\]]\s*$")
_LINE_END = re.compile(r"[^\w\n]*(?:\n|$)")
_BRACKET = re.compile(r"[(\[（]\s*$")
#: Words of a sentence that lists what there is to choose from.
_OFFER = re.compile(
    r"\b(?:options?|choices?|candidates?|categor(?:y|ies)|labels?|classes|choos\w+|select\w*|pick|decide|determine|"
    r"distinguish|differentiat\w+|classif\w+|whether|between)\b|选项|选择|候选|类别|区分|判断|判别|之间|从",
    re.IGNORECASE,
)


def without_list(text: str, options: tuple[str, ...]) -> str:
    """Take away the places where a text lists all options to choose from."""
    for run in reversed(list(_lists(mentions(text, options), text, len(options)))):
        start, end = run[0].start, run[-1].end
        if lead := _ENUMERATOR.search(text[max(0, start - 8) : start]):
            start -= len(lead.group())
        text = f"{text[:start].rstrip()} {text[end:]}"
    return text


def _lists(named: Sequence[Mention], text: str, size: int) -> Iterator[Sequence[Mention]]:
    """Give the runs of mentions that name each option once and offer them."""
    place = 0
    while size > 1 and place + size <= len(named):
        run = named[place : place + size]
        if len({one.option for one in run}) == size and _is_offer(run, text):
            yield run
            place += size
        else:
            place += 1


def _is_offer(run: Sequence[Mention], text: str) -> bool:
    gaps = [text[one.end : two.start] for one, two in pairwise(run)]
    if not all(map(_GAP.match, gaps)) or not all(is_plain(text, one) for one in run):
        return False
    before = re.split(r"[.!?。！？\n]", text[max(0, run[0].start - 100) : run[0].start])[-1]
    parted = len(run) > 2 or bool(_BRACKET.search(before))
    against = any(re.search(r"\bv(?:s|ersus)\b", gap, re.IGNORECASE) for gap in gaps)
    lines = all("\n" in gap for gap in gaps) and _LINE_END.match(text[run[-1].end : run[-1].end + 60])
    return parted or against or bool(lines or _ENUMERATOR.search(before) or _OFFER.search(before))
