"""Numbers of a rationale against the facts: each must be one of the geometry, and of the measure that it is said of.

In: a text and the facts that its writer was shown (lines ``object: measure value, measure value``). Out: yes or no. A
number belongs to the word of its sentence that names a measure: the first to the first where there are as many words as
numbers ("long and short axis are 12 mm and 8 mm"), else to the nearest word that has no nearer number. A number that
belongs to no word may be any of the facts. What is said of a measure that was not computed is refused.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from curation.facts.quantities import Quantity, quantities

#: Numbers that ``quantities`` does not read: longer words, Chinese numerals before a unit, fractions, digits in words.
_WORDED = re.compile(
    r"\b(?:thir|four|fif|six|seven|eigh|nine)teen\b|\b(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred"
    r"|thousand|half|third|quarter|twice|double|triple)\b|[零一二三四五六七八九十百千两半]+(?:点[零一二三四五六七八九]+)?"
    r"\s*(?:毫米|厘米|平方|毫升|倍|度|成|mm|cm)|百分之|[½¼¾]",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_SENTENCE = re.compile(r"[.!?;](?=\s|$)|[。！？；\n]")
#: Words of measures, longest first where one begins like another; ``other`` is only computed where a name says so.
_MEASURES = {
    "long": r"(?:long(?:est)?|maximum|maximal|largest|greatest|major)[ -](?:ax[ei]s|diameters?|dimensions?)|long|length"
    r"|长径|长轴|最大径|长度|(?<![生增延])长",
    "short": r"(?:short(?:est)?|minimum|minimal|smallest|minor)[ -](?:ax[ei]s|diameters?|dimensions?)|short|wide|width"
    r"|breadth|短径|短轴|最小径|宽度|宽",
    "area": r"areas?|面积",
    "border": r"perimeters?|circumferences?|周长",
    "angle": r"angles?|角度?",
    "other": r"depths?|deep|heights?|thick|thickness|volumes?|深度|高度|厚度|厚|深|体积",
}
_WORD = re.compile(
    "|".join(rf"(?P<{kind}>(?<![A-Za-z])(?:{words})(?![A-Za-z]))" for kind, words in _MEASURES.items()), re.IGNORECASE
)


def numbers_agree(text: str, facts: str) -> bool:
    """Tell whether every number of a text is one of the facts.

    Same measure, same unit, equal to the last place that is written.
    """
    if _WORDED.search(text):
        return False
    covered = [(one.start, one.end) for one in quantities(text)]
    if any(not any(start <= m.start() < end for start, end in covered) for m in _DIGIT.finditer(text)):
        return False
    known = list(_facts(facts))
    return all(_agrees(one, kind, known) for sentence in _SENTENCE.split(text) for one, kind in _said(sentence))


def _agrees(one: Quantity, kind: str | None, known: Sequence[tuple[Quantity, frozenset[str]]]) -> bool:
    return any(
        one.unit == fact.unit and abs(one.value - fact.value) <= one.step / 2 and (kind is None or kind in kinds)
        for fact, kinds in known
    )


def _is_article(one: Quantity) -> bool:
    """Tell whether a number is a word like "one" or "no": it counts nothing that was measured."""
    return one.is_word and not one.unit and one.raw <= 1


def _facts(facts: str) -> Iterator[tuple[Quantity, frozenset[str]]]:
    """Give every number of the facts with the measures that its name may stand for."""
    for line in facts.splitlines():
        for piece in line.partition(": ")[2].split(", "):
            for one in quantities(piece):
                yield one, frozenset(str(match.lastgroup) for match in _WORD.finditer(piece[: one.start]))


def _said(sentence: str) -> Iterator[tuple[Quantity, str | None]]:
    """Give every number of a sentence with the measure that it is said of, None where none is named."""
    numbers = [one for one in quantities(sentence) if not _is_article(one)]
    words = [(match.start(), match.end(), str(match.lastgroup)) for match in _WORD.finditer(sentence)]
    if len(words) == len(numbers):
        yield from ((one, word[2]) for one, word in zip(numbers, words, strict=True))
        return
    owners = _nearest(numbers, words)
    yield from ((one, owners.get(at)) for at, one in enumerate(numbers))


def _nearest(numbers: Sequence[Quantity], words: Sequence[tuple[int, int, str]]) -> Mapping[int, str]:
    """Give the numbers, by their place, whose nearest word has no nearer number."""

    def gap(at: int, word: int) -> int:
        return max(words[word][0] - numbers[at].end, numbers[at].start - words[word][1])

    if not numbers or not words:
        return {}
    found = {}
    for at in range(len(numbers)):
        word = min(range(len(words)), key=lambda one: gap(at, one))
        if min(range(len(numbers)), key=lambda one: gap(one, word)) == at:
            found[at] = words[word][2]
    return found
