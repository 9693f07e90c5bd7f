"""Give back what a found place holds beside the identifier: titles, roles, credentials, words of the sentence.

In: replacements of one text. Out: replacements that are shorter or fewer; nothing known of the case is given back.
Source: the issue of field labels in general ("labels stay, values go"); lists of ``lexicon/word_sets.txt``.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from curation.text.lexicon import word_set
from curation.text.spans import Replacement

#: Words of a sentence that name nobody, wherever they stand inside a place.
_LINKS = frozenset(
    {"and", "or", "with", "of", "for", "the", "by", "her", "his", "to", "at", "from", "is", "was", "a", "in", "on"}
)
_TITLES = (word_set("titles") | word_set("roles_en") | {"mst", "smt", "shri", "fr"}) - {"baby"}
_CREDENTIALS = word_set("credentials")
_INITIALS = 3
#: A word, a credential with points ("M.D."), or a link written as a sign.
_WORD = re.compile(r"(?:[A-Za-z]\.){2,}|[A-Za-zÀ-ɏ]+(?:['-][A-Za-zÀ-ɏ]+)*|&(?=\s)")
#: Words that lead to a place. Only words listed here are given back: what hides behind them may be anything.
_PLACE_CUE = re.compile(
    r"(?:at|from|seen|scan(?:ned)?|asking|for|by|with|to|in|under|via|Seen|Scan(?:ned)?|Site|Member|Done|From|At|Location|"
    r"(?:MRI|CT|US)\s(?:at|in))(?:\s(?:of|at|to|in|for))*[\s:.]{1,20}(?=\S)"
)
_PLACE_CUE_ZH = re.compile(r"(?:本?报?告?仅供|资料见|患者系|建议转|(?:就诊|就读|首诊|曾)于|曾在)(?=[\u4e00-\u9fff]{3})")


def trimmed(text: str, replacements: Sequence[Replacement], known: Sequence[tuple[int, int]]) -> list[Replacement]:
    """Shorten replacements; ``known`` are half-open places of known PHI, which stay as they are."""
    out: list[Replacement] = []
    for item in replacements:
        cut = _CUTS.get(item.entity)
        if cut is None or any(start < item.end and item.start < end for start, end in known):
            out.append(item)
            continue
        out += [item._replace(start=start, end=end) for start, end in cut(text, item.start, item.end)]
    return out


def _names(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a name at links; drop titles before and credentials behind each part."""
    words = list(_WORD.finditer(text, start, end))
    if not words or words[0].start() > start or "^" in text[start:end]:
        yield start, end
        return
    part: list[re.Match[str]] = []
    for word in [*words, None]:
        if word is not None and not _links(word.group()):
            part.append(word)
            continue
        yield from _bare_name(text, part, end if word is None else word.start())
        part = []


def _links(word: str) -> bool:
    return word == "&" or (word.islower() and word in _LINKS)


def _bare_name(text: str, part: list[re.Match[str]], limit: int) -> Iterator[tuple[int, int]]:
    """Give what is left of one name without titles and credentials."""
    kept = list(part)
    while kept and kept[0].group().lower() in _TITLES:
        kept.pop(0)
    while kept and _is_credential(kept[-1].group()):
        kept.pop()
    if not kept:
        if part and len(part[-1].group()) <= _INITIALS:  # "re", "NP": initials, where nothing else is left
            yield part[-1].span()
        return
    end = limit if kept[-1] is part[-1] else kept[-1].end()
    while end > kept[-1].end() and (text[end - 1].isspace() or text[end - 1] in ",;:/("):
        end -= 1
    if text[: kept[-1].end()].endswith("'s") and end == kept[-1].end():
        end -= 2
    yield kept[0].start(), end


def _is_credential(word: str) -> bool:
    plain = word.replace(".", "").lower()
    return plain in _CREDENTIALS and (word.isupper() or "." in word or len(plain) > 3)


def _place(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Drop the words that lead to a place, where capitals or characters enough are left to be its name."""
    while found := _PLACE_CUE.match(text, start, end):
        if not re.search(r"[A-Z]", text[found.end() : end]):
            break
        start = found.end()
    if found := _PLACE_CUE_ZH.match(text, start, end):
        start = found.end()
    yield start, end


_CUTS: dict[str, Callable[[str, int, int], Iterator[tuple[int, int]]]] = {
    "NAME": _names,
    "HOSPITAL": _place,
}
