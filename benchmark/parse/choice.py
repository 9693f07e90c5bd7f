"""Which option an answer chooses: by its text, its letter, or a word that means the same in the other language.

In: an answer and the options. Out: the option as it is spelled in the list. Longer options win over those inside them;
what is denied, doubted or set aside is not chosen; two options are no choice.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from benchmark.parse.asked import SEVERAL, ask
from benchmark.parse.codes import code_patterns
from benchmark.parse.option_words import BARE, LETTERS, ROMAN, same_words
from benchmark.records import Parsed, answered, unparsable

_PUNCTUATION = " \t\n.,:;!?\"'()[]{}<>。，：；！？、「」『』“”【】《》*_-"
_DENIED_BEFORE = re.compile(
    r"(?:\b(?:not|no|non|isn't|aren't|wasn't|doesn't|don't|without|never|neither|nor|rather than|"
    r"instead of|as opposed to|"
    r"exclud\w+|rul(?:e|es|ed|ing) out|unlikely|less likely|against|differs? from|unlike|over|absence of|lacks?|"
    r"no (?:sign|evidence|feature)s? of)\b[\s:-]*(?:(?:be|an?|the|to|is|are|look|appear|seem|as|"
    r"likely|typical|of|any|evidence|show|in|show|being|"
    r"suggest|suggestive|consistent|with|sign|signs|features?|for|definitely|clearly|frankly|"
    r"obviously|truly|necessarily|really|category|grade|class)\b\s*){0,4}"
    r"|(?:不是|并非|并不是|而非|而不是|非|不属于|不像|不符合|不支持|不考虑|不倾向于?|排除|除外|未见|"
    r"没有|不存在|不为|不选|无|否定|欠|不太可能是?|不可能是?|不应是?|不应选|不)"
    r"(?:明显|典型|明确|为|是|任何|有|的|属于){0,2})$",
    re.IGNORECASE,
)
_DOUBTED_BEFORE = re.compile(
    r"(?:\b(?:can(?:no|')t|cannot|can not|could not|not|unable to)\s+(?:be\s+)?(?:completely |"
    r"entirely |fully )?(?:exclude|rule out|excluding)"
    r"|(?:不能|无法|未能|难以|不)(?:完全)?(?:排除|除外))\s*(?:an?|the)?\s*$",
    re.IGNORECASE,
)
_SET_ASIDE = re.compile(
    r"^\s*(?:\w+\s+){0,2}?(?:(?:is|are|was|seems?|appears?|would be|being|lesion is|"
    r"tumou?r is)\s+)?(?:very |highly |much |considered |also )?"
    r"(?:unlikely|excluded|ruled out|less likely|not likely|not supported|not seen|not present|"
    r"absent|lacking|missing|improbable|incorrect|wrong|"
    r"(?:can(?:no|')t|cannot|can not|could not|may not) be (?:completely |entirely |"
    r"fully )?(?:excluded|ruled out)|not excluded|"
    r"is not|are not|isn't|aren't|does not|doesn't)"
    r"|^(?:性质|病变|结节|肿瘤|的)?(?:可能性)?(?:较小|不大|很小|极小|小|较低|低|可排除|可除外|被排除|"
    r"不能排除|不能除外|不能完全排除|不除外|不排除|除外|待排|不像|不符|不成立|不对|错误|不正确|"
    r"不支持)",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"(?:\b(?:most likely|likely|probably|(?:most |more )?(?:consistent|compatible) with|(?:most |"
    r"more |highly )?suggest(?:s|ive of|ing)?|indicat(?:es?|ive of|ing)|"
    r"appears?(?: to be)?|looks? (?:like|more)|classified as|categori[sz]ed as|diagnos\w+(?: is| as|"
    r" of|:)?|described as|favou?rs?|favou?ring|"
    r"corresponds? to|represents?|labelled as|labeled as|graded? as|belongs? to|identified as|"
    r"considered|concluded?|overall|final(?:ly)?|so it is|it is|this is|it's|shows?|seen (?:is|as))\b"
    r"|考虑为?|倾向于?|最可能为?是?|更?符合|提示为?|诊断为?|属于|判断为|判定为|应为|应该是|分类为|"
    r"归为|结论为?|定性为|显示为?|可能为|可能是|这是|该图像?为|更像|为|是)"
    r"\s*(?:an?|the|be|to be|of|a case of|more|most|is|as|grade|class|category|view|:|:)?\s*[\"'“「*(]*$",
    re.IGNORECASE,
)
_JOINT = re.compile(
    r"^[\s\"'”」)]*(?:类|级|型|期)?(?:,|/|&|\bor\b|\band\b|\bvs\.?|\bversus\b|\bor even\b|\band/or\b|或者?|和|与|及|"
    r"以及|、|,|还是|\bto\b|\s)+(?:\b(?:either|even|possibly|an?|the|也可能是?)\b)?[\s\"'“「(]*$",
    re.IGNORECASE,
)
_LETTER_ALONE = re.compile(r"^[\"'“「(\[【]?\s*([A-Ja-j])\s*[\"'”」)\]】]?\s*[.。、:,]?$")
_LETTER_FIRST = re.compile(
    r"^[\"'“「(\[【]?\s*([A-J])\s*[\"'”」)\]】]?\s*(?:[.。、:)]|[,，]|-{1,2}|—)\s*(.+)$", re.DOTALL
)
_LETTER_IN = re.compile(
    r"(?:\b(?:[Oo]ption|[Cc]hoice|[Aa]nswer|[Ll]etter|[Ss]elect|[Cc]hoose|[Pp]ick|OPTION|"
    r"ANSWER)(?:\s+is|\s*:|\s*=)?|(?:选项?|选择|答案|应选|"
    r"故选)[为是:]?)\s*[\"'“「(\[【]?([A-J])\b(?!')"
    r"|(?<![A-Za-z])\(?([A-J])\)?\s*(?:项|选项|is (?:the )?(?:correct|right|best|most)|正确|符合)"
    r"|(?<![A-Za-z])\(([A-J])\)|(?<![A-Za-z])([A-J])[.)](?=\s)"
)
_SMALL_LETTER = re.compile(r"\b(?i:option|choice|answer)(?:\s+is|\s*:)?\s*\(?([a-j])\)?\s*\.?\s*$")
_TWO_LETTERS = re.compile(
    r"(?<![A-Za-z])\(?([A-J])\)?\s*(?:,|/|&|\bor\b|\band\b|或|和|与|及|、|\+)\s*\(?([A-J])\)?(?![A-Za-z])"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where a text names an option."""

    start: int
    end: int
    option: int


def parse_choice(text: str, options: Sequence[str]) -> Parsed:
    """Find the one option that an answer chooses."""
    given = tuple(options)
    return ask(text, lambda candidate: read_choice(candidate, given))


def read_choice(text: str, options: tuple[str, ...]) -> Parsed:
    """Read a short text: exactly an option, a letter, or a text that names one option."""
    for part in _parts(text.strip()):
        exact = _exactly(part, options)
        if exact is not None and not _contradicted(part, text, exact, options):
            return answered(options[exact])
    by_text, by_letter = _by_text(text, options), _by_letter(text, options)
    if isinstance(by_text, int) and isinstance(by_letter, int) and by_text != by_letter:
        return unparsable("contradiction")
    if isinstance(by_text, int):
        return answered(options[by_text])
    if isinstance(by_letter, int):
        return answered(options[by_letter])
    return unparsable(by_text or by_letter or "no option")


def _parts(text: str) -> Iterator[str]:
    """Give the text, its first line, its first sentence (not a lone letter) and its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip(_PUNCTUATION)]
    first = re.match(r"(.{3,}?)[.。!！;；](?:\s|$|(?<=[。！；]))", text)
    yield from dict.fromkeys([text, *lines[:1], *([first.group(1)] if first else []), *lines[-1:]])


def _key(text: str) -> str:
    return re.sub(r"[\s_\-/]+", " ", text.strip(_PUNCTUATION)).casefold().strip(_PUNCTUATION)


def _exactly(text: str, options: tuple[str, ...]) -> int | None:
    """Find the option that a text is, with or without its letter."""
    key = _key(text)
    for number, option in enumerate(options):
        if key == _key(option):
            return number
    for number, words in enumerate(_spellings(options)):
        if key in {_key(word) for word in words}:
            return number
    if alone := _LETTER_ALONE.match(text.strip()):
        number = LETTERS.index(alone.group(1).upper())
        return number if number < len(options) else None
    if (first := _LETTER_FIRST.match(text.strip())) and (number := LETTERS.index(first.group(1))) < len(options):
        named = _exactly(first.group(2), options)
        return named if named == number else None
    lead = re.match(r"^(\w+(?:的|'s)?)\s*[,.:;!，。：；！]", text.strip())
    if lead and _key(lead.group(1)) in BARE:
        return _exactly(lead.group(1), options)
    return None


def _contradicted(part: str, text: str, option: int, options: tuple[str, ...]) -> bool:
    """Say whether another line of the text is exactly another option."""
    others = [line for line in text.strip().splitlines() if line.strip() and line.strip() != part.strip()]
    return any(_exactly(line, options) not in (None, option) for line in others)


@lru_cache(maxsize=512)
def _spellings(options: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """List the words for each option; a word that two options would share belongs to neither."""
    spelled = [(option, *same_words(option)) for option in options]
    own = [{_key(word) for word in words} for words in spelled]
    return tuple(
        tuple(
            word
            for place, word in enumerate(words)
            if place == 0 or not any(_key(word) in keys for other, keys in enumerate(own) if other != number)
        )
        for number, words in enumerate(spelled)
    )


@lru_cache(maxsize=512)
def _patterns(options: tuple[str, ...]) -> tuple[tuple[re.Pattern[str], int], ...]:
    found = []
    for number, words in enumerate(_spellings(options)):
        for word in words:
            if _key(word) in BARE:
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


def _mentions(text: str, options: tuple[str, ...]) -> list[Mention]:
    """Find the options that a text names; not those inside longer ones."""
    found = [
        Mention(*at.span(), number) for pattern, number in _patterns(options) for at in pattern.finditer(text) if at[0]
    ]
    kept = [
        one
        for one in found
        if not any(
            two.start <= one.start and one.end <= two.end and (two.end - two.start) > (one.end - one.start)
            for two in found
        )
    ]
    return sorted(kept, key=lambda one: one.start)


def _by_text(text: str, options: tuple[str, ...]) -> int | str | None:
    """Find the one option that a text names and does not deny; SEVERAL where there are more."""
    text = _without_questions(text, options)
    named = _mentions(text, options)
    denied = [one for one in named if _DENIED_BEFORE.search(_clause_before(text, one.start))]
    doubted = [one for one in denied if _DOUBTED_BEFORE.search(_clause_before(text, one.start))]
    denied = [one for one in denied if one not in doubted]
    aside = doubted + [
        one for one in named if one not in (*denied, *doubted) and _SET_ASIDE.search(text[one.end : one.end + 60])
    ]
    kept = [one for one in named if one not in denied and one not in aside]
    chosen = {one.option for one in kept}
    if len(chosen) == 1:
        return chosen.pop()
    if not chosen:
        against = {one.option for one in denied}
        if len(options) == 2 and len(against) == 1 and not aside:
            return 1 - against.pop()
        return None
    single = [cluster[0] for cluster in _clusters(text, kept) if len({one.option for one in cluster}) == 1]
    cued = {one.option for one in single if _CUE.search(_clause_before(text, one.start))}
    return cued.pop() if len(cued) == 1 else SEVERAL


def _without_questions(text: str, options: tuple[str, ...]) -> str:
    """Leave out the questions that a text repeats, where it names an option beside them."""
    rest = re.sub(r"[^.!?。！？\n]*[?？]", " ", text)
    return rest if _mentions(rest, options) else text


def _clause_before(text: str, start: int) -> str:
    return re.split(r"[.;!?\n。；！？,，]", text[max(0, start - 70) : start])[-1]


def _clusters(text: str, mentions: list[Mention]) -> Iterator[list[Mention]]:
    """Group mentions that are listed together (a or b)."""
    cluster: list[Mention] = []
    for one in mentions:
        if cluster and not _JOINT.match(text[cluster[-1].end : one.start]):
            yield cluster
            cluster = []
        cluster.append(one)
    if cluster:
        yield cluster


def _by_letter(text: str, options: tuple[str, ...]) -> int | str | None:
    """Find the one letter that a text names."""
    if _TWO_LETTERS.search(text):
        return SEVERAL
    letters = {next(filter(None, found)) for found in _LETTER_IN.findall(text)}
    letters |= {found.upper() for found in _SMALL_LETTER.findall(text)}
    if first := _LETTER_FIRST.match(text.strip()):
        letters = {first.group(1)}
    numbers = {LETTERS.index(letter) for letter in letters} & set(range(len(options)))
    if len(numbers) == 1:
        return numbers.pop()
    return SEVERAL if numbers else None
