"""Where a text names an option: its text, or a word that means the same; not inside longer ones.

In: a text and the options. Out: ``Mention``s in order, and those that are listed together (a or b).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from benchmark.folded import simplified
from benchmark.parse.codes import code_patterns
from benchmark.parse.option_words import BARE, ROMAN, same_words

PUNCTUATION = " \t\n.,:;!?\"'()[]{}<>。，：；！？、「」『』“”【】《》*_-"
_JOINT = re.compile(
    r"^[\s\"'”」)]*(?:类|级|型|期)?(?:,|/|&|\bor\b|\band\b|\bvs\.?|\bversus\b|\bor even\b|\band/or\b|或者?|和|与|及|"
    r"以及|、|,|还是|\bto\b|\s)+(?:\b(?:either|even|possibly|an?|the|也可能是?)\b)?[\s\"'“「(]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where a text names an option."""

    start: int
    end: int
    option: int


def key_of(text: str) -> str:
    """Make a text comparable: without case, punctuation around it, hyphens."""
    return re.sub(r"[\s_\-/]+", " ", text.strip(PUNCTUATION)).casefold().strip(PUNCTUATION)


@lru_cache(maxsize=512)
def spellings(options: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """List the words for each option; a word that two options would share belongs to neither."""
    spelled = [(option, *same_words(option)) for option in map(simplified, options)]
    own = [{key_of(word) for word in words} for words in spelled]
    return tuple(
        tuple(
            word
            for place, word in enumerate(words)
            if place == 0 or not any(key_of(word) in keys for other, keys in enumerate(own) if other != number)
        )
        for number, words in enumerate(spelled)
    )


@lru_cache(maxsize=512)
def _patterns(options: tuple[str, ...]) -> tuple[tuple[re.Pattern[str], int], ...]:
    found = []
    for number, words in enumerate(spellings(options)):
        for word in words:
            if key_of(word) in BARE:
                continue
            found.append((re.compile(_pattern(word), re.IGNORECASE), number))
    found += [(re.compile(pattern, re.IGNORECASE), number) for pattern, number in code_patterns(options)]
    return tuple(found)


def _pattern(word: str) -> str:
    if re.fullmatch(r"\d+(?:\.\d+)?", word):
        roman = ROMAN.get(word)
        return rf"(?<![\d.\w])0*{re.escape(word)}(?:\.0+)?(?!\d|\.\d|[a-zA-Z%])" + (
            rf"|(?<=[Gg]rade )(?-i:{roman})\b|(?<=[Cc]lass )(?-i:{roman})\b|(?<=[Tt]ype )(?-i:{roman})\b"
            if roman
            else ""
        )
    parts = [re.escape(part) for part in re.split(r"[\s_\-/]+", word.strip()) if part]
    body = r"[\s_\-/]*".join(parts)
    first = r"(?<![A-Za-z0-9])" if word[:1].isascii() and word[:1].isalnum() else r"(?<!良)" if word[:1] == "恶" else ""
    last = r"(?:s|es)?(?![A-Za-z0-9])" if word[-1:].isascii() and word[-1:].isalnum() else ""
    return first + body + last


@lru_cache(maxsize=16)
def mentions(text: str, options: tuple[str, ...]) -> tuple[Mention, ...]:
    """Find the options that a text names; not those inside longer ones."""
    found = [
        Mention(*at.span(), number) for pattern, number in _patterns(options) for at in pattern.finditer(text) if at[0]
    ]
    kept: list[Mention] = []
    reach = -1
    for one in sorted(set(found), key=lambda one: (one.start, -one.end)):
        same = bool(kept) and (kept[-1].start, kept[-1].end) == (one.start, one.end)
        if one.end > reach or same:
            kept.append(one)
        reach = max(reach, one.end)
    return tuple(kept)


def clusters(text: str, named: Sequence[Mention]) -> Iterator[list[Mention]]:
    """Group mentions that are listed together (a or b)."""
    cluster: list[Mention] = []
    for one in named:
        if cluster and not _JOINT.match(text[cluster[-1].end : one.start]):
            yield cluster
            cluster = []
        cluster.append(one)
    if cluster:
        yield cluster
