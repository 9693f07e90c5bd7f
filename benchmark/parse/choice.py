"""Which option an answer chooses: by its text, its letter, or a word that means the same in the other language.

In: an answer and the options. Out: the option as it is spelled in the list. Longer options win over those inside them;
what is denied, doubted or set aside is not chosen; two options are no choice.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from benchmark.folded import simplified
from benchmark.parse.asked import SEVERAL, ask
from benchmark.parse.clean import alike
from benchmark.parse.echo import without_list
from benchmark.parse.mentions import PUNCTUATION, key_of, spellings
from benchmark.parse.option_words import BARE, LETTERS
from benchmark.parse.stances import chosen_by_text
from benchmark.records import Parsed, Status, answered, unparsable

_LETTER_ALONE = re.compile(r"^[\"'“「(\[【]?\s*([A-Ja-j])\s*[\"'”」)\]】]?\s*[.。、:,]?$")
_LETTER_FIRST = re.compile(
    r"^[\"'“「(\[【]?\s*([A-J])\s*[\"'”」)\]】]?\s*(?:[.。、:)]|[,，]|-{1,2}|—)\s*(.+)$", re.DOTALL
)
_LETTER_IN = re.compile(
    r"(?:\b(?:[Oo]ption|[Cc]hoice|[Aa]nswer|[Ll]etter|[Ss]elect|[Cc]hoose|[Pp]ick|OPTION|"
    r"ANSWER)(?:\s+is|\s*:|\s*=)?|(?:选项?|选择|答案|应选|"
    r"故选)[为是:]?)\s*[\"'“「(\[【]?([A-J])\b(?!'|-\w)"
    r"|(?<![A-Za-z])\(?([A-J])\)?\s*(?:项|选项|is (?:the )?(?:correct|right|best|most)|正确|符合)"
    r"|(?<![A-Za-z])\(([A-J])\)|(?<![A-Za-z])([A-J])[.)](?=\s)"
)
_LETTER_OF_LINE = re.compile(r"(?m)^[ \t(\[]*([A-J])[.):\]]")
#: A letter that begins a word (A-lines, B-mode).
_HYPHENED = re.compile(r"^\W*[A-J]-\w")
#: Letters that may stand before an option, one behind the other ("(A) A. benign").
_MOST_LETTERS = 2
#: Characters around an option's words that are none of them.
_LONGEST_SIGNS = 40
_SMALL_LETTER = re.compile(r"\b(?i:option|choice|answer)(?:\s+is|\s*:)?\s*\(?([a-j])\)?\s*\.?\s*$")
_TWO_LETTERS = re.compile(
    r"(?<![A-Za-z])\(?([A-J])\)?\s*(?:,|/|&|\bor\b|\band\b|或|和|与|及|、|\+)\s*\(?([A-J])\)?(?![A-Za-z])"
    r"|(?<![A-Za-z])([A-J])[.)]\s+\(?(?!\3)[A-J][.)]"
)


def parse_choice(text: str, options: Sequence[str]) -> Parsed:
    """Find the one option that an answer chooses."""
    given = tuple(options)
    return ask(alike(text), lambda candidate: read_choice(candidate, given))


def read_choice(text: str, options: tuple[str, ...]) -> Parsed:
    """Read a short text; what lists all options to choose from is no answer where another is left."""
    rest = without_list(text, options)
    if rest == text:
        return _read(text, options)
    decided = _read(rest, options)
    return decided if decided.status is Status.ANSWERED else unparsable(SEVERAL)


def _read(text: str, options: tuple[str, ...]) -> Parsed:
    """Read exactly an option, a letter, or a text that names one option."""
    for part in _parts(text.strip()):
        exact = _exactly(part, options)
        if exact is not None and not _contradicted(part, text, exact, options):
            return answered(options[exact])
    by_text = chosen_by_text(text, options)
    by_letter = _by_letter(text, options, several=by_text == SEVERAL)
    if isinstance(by_text, int) and isinstance(by_letter, int) and by_text != by_letter:
        return unparsable("contradiction")
    if isinstance(by_text, int):
        return answered(options[by_text])
    if isinstance(by_letter, int):
        return answered(options[by_letter])
    return unparsable(by_text or by_letter or "no option")


def _parts(text: str) -> Iterator[str]:
    """Give the text, its first line, its first sentence (not a lone letter) and its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip(PUNCTUATION)]
    first = re.match(r"(.{3,}?)[.。!！;；](?:\s|$|(?<=[。！；]))", text)
    yield from dict.fromkeys([text, *lines[:1], *([first.group(1)] if first else []), *lines[-1:]])


def _exactly(text: str, options: tuple[str, ...]) -> int | None:
    """Find the option that a text is, with or without its letter."""
    letters: set[int] = set()
    for _ in range(_MOST_LETTERS + 1):
        found = _without_letter(text, options)
        if found is not None:
            return found if letters <= {found} else None
        first = _LETTER_FIRST.match(text.strip())
        number = LETTERS.index(first.group(1)) if first else len(options)
        if first is None or number >= len(options):
            return _leading(text, options) if not letters else None
        letters.add(number)
        text = first.group(2)
    return None


def _without_letter(text: str, options: tuple[str, ...]) -> int | None:
    """Find the option that a text is, by its words or by a letter alone."""
    keys = _keys(options)
    if len(text) <= _LONGEST_SIGNS + max(map(len, keys)) and (number := keys.get(key_of(text))) is not None:
        return number
    alone = _LETTER_ALONE.match(text.strip())
    number = LETTERS.index(alone.group(1).upper()) if alone else len(options)
    return number if number < len(options) else None


def _leading(text: str, options: tuple[str, ...]) -> int | None:
    """Find the option that the first word of a text is, where the word chooses only there."""
    lead = re.match(r"^(\w+(?:的|'s)?)\s*[,.:;!，。：；！]", text.strip())
    return _keys(options).get(key_of(lead.group(1))) if lead and key_of(lead.group(1)) in BARE else None


@lru_cache(maxsize=512)
def _keys(options: tuple[str, ...]) -> dict[str, int]:
    """Map what an option may be called to its number: the options themselves before other words for them."""
    keys: dict[str, int] = {}
    for words in ([(simplified(option),) for option in options], spellings(options)):
        for number, own in enumerate(words):
            for word in own:
                keys.setdefault(key_of(word), number)
    return keys


def _contradicted(part: str, text: str, option: int, options: tuple[str, ...]) -> bool:
    """Say whether another line of the text is exactly another option."""
    others = [line for line in text.strip().splitlines() if line.strip() and line.strip() != part.strip()]
    return any(_exactly(line, options) not in (None, option) for line in others)


def _by_letter(text: str, options: tuple[str, ...], *, several: bool) -> int | str | None:
    """Find the one letter that a text names; the first decides unless the text names ``several`` options."""
    if _TWO_LETTERS.search(text):
        return SEVERAL
    letters = {next(filter(None, found)) for found in _LETTER_IN.findall(text)}
    letters |= {found.upper() for found in _SMALL_LETTER.findall(text)}
    first = _LETTER_FIRST.match(text.strip())
    if first and not _HYPHENED.match(text.strip()):
        listed = set(_LETTER_OF_LINE.findall(text))
        letters = {first.group(1)} | listed | (letters if several else set())
    numbers = {LETTERS.index(letter) for letter in letters} & set(range(len(options)))
    if len(numbers) == 1:
        return numbers.pop()
    return SEVERAL if numbers else None
