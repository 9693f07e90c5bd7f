"""Default deny for Chinese words where names occur: a family name followed by what no clinical word covers goes.

In: folded text. Out: weak name spans, and the reading of a name after a cue.
Source: lexicon/ lists; wordfreq frequencies (large list) for the segmentation (most probable path over words).
"""

import math
import re
from collections.abc import Iterator
from functools import cache, lru_cache

from curation.text.lexicon import clinical_chars, clinical_zh, frequencies, surnames_zh
from curation.text.spans import Span, Strength
from schemas.case import Language

HAN = re.compile(r"[\u3400-\u9fff]+")
TITLE = (
    "主任医师|副主任医师|主治医师|住院医师|主任|副主任|医师|医生|大夫|教授|专家|护士长|护士|技师|老师|院长|女士|先生|小姐|太太|"
    "阿姨|叔叔|大爷|大妈|奶奶|爷爷|同志|夫人|师傅|之女|之子|之妻|之母|之夫"
)
_TITLE = re.compile(TITLE)
_LONGEST = 8
COMMON = 5e-6  # zipf 3.7: words of everyday and office language
_UNKNOWN = -16.0
_CLINICAL = -8.5  # as likely as a fairly common word, whatever the general list says
_STOP = frozenset("男女岁性年月日号时分床科室院区因于在来就以为是有无未已经由请见示诊取行伴的了等与和及或主副未")
_PLAIN_GIVEN = frozenset("清整匀平滑宽窄厚薄大小高低强弱多少浅深软硬圆密亮暗光常均规则区侧叶段支部面层位")
_EDGE = frozenset(" \t\n\r,.;:!?，。；：、！？()（）[]【】<>《》/|\"'“”~-_=+*")


@cache
def _log_frequencies() -> dict[str, float]:
    table = {word: math.log(value) for word, value in frequencies(Language.ZH).items() if HAN.fullmatch(word)}
    for word in clinical_zh():
        table[word] = max(table.get(word, _CLINICAL), _CLINICAL) + 0.5 * (len(word) > 1)
    return table


@lru_cache(maxsize=16384)
def segment(run: str) -> tuple[tuple[int, int], ...]:
    """Cut a run of Han characters into its most probable words."""
    table = _log_frequencies()
    best, back = [0.0] + [-math.inf] * len(run), [0] * (len(run) + 1)
    for start in range(len(run)):
        for end in range(start + 1, min(len(run), start + _LONGEST) + 1):
            score = table.get(run[start:end])
            if score is None:
                if end > start + 1:
                    continue
                score = _UNKNOWN
            if best[start] + score > best[end]:
                best[end], back[end] = best[start] + score, start
    cuts: list[tuple[int, int]] = []
    at = len(run)
    while at:
        cuts.append((back[at], at))
        at = back[at]
    return tuple(reversed(cuts))


def words(run: str) -> list[str]:
    """Cut a run of Han characters into words."""
    return [run[start:end] for start, end in segment(run)]


@lru_cache(maxsize=65536)
def is_plain(word: str) -> bool:
    """Tell whether a word is clinical or everyday language and begins with no family name."""
    return word in clinical_zh() or (not surname_length(word) and frequency(word) >= COMMON)


@lru_cache(maxsize=65536)
def is_clinical(word: str, least: int = 1) -> bool:
    """Tell whether a Han word is vocabulary of reports or put together from it, in pieces of at least ``least``."""
    reached = [True] + [False] * len(word)
    for end in range(1, len(word) + 1):
        reached[end] = any(
            reached[at] and word[at:end] in clinical_zh() for at in range(max(0, end - _LONGEST), end - least + 1)
        )
    return reached[-1]


def holds_title(run: str) -> bool:
    """Tell whether a run holds a title such as 主任 or 女士."""
    return bool(_TITLE.search(run))


@lru_cache(maxsize=65536)
def frequency(word: str) -> float:
    """Look up how often a Chinese word is used."""
    return frequencies(Language.ZH).get(word, 0.0)


def surname_length(run: str) -> int:
    """Return how many characters of family name a run begins with."""
    return _surname_length(run[:2])


@lru_cache(maxsize=65536)
def _surname_length(two: str) -> int:
    if two in surnames_zh("compound"):
        return 2
    return int(two[:1] in surnames_zh("strong") or two[:1] in surnames_zh("weak"))


def may_be_given(run: str, at: int) -> bool:
    """Tell whether what stands at ``at`` follows a family name: 建国 in 李建国 is a word by itself."""
    return at > 0 and (run[at - 1] in surnames_zh("strong") or run[at - 1] in surnames_zh("weak"))


def _suspect(word: str) -> bool:
    """Tell whether a word of the general list may be a lexicalised name (张伟, 王小明) or given name."""
    return word not in clinical_zh() and frequencies(Language.ZH).get(word, 0.0) < 6e-6


def _edge(text: str, at: int) -> bool:
    return at < 0 or at >= len(text) or text[at] in _EDGE or not HAN.match(text[at])


def _lexicalised(text: str, words: list[tuple[int, int]], index: int, *, strong: bool) -> bool:
    """Tell whether one word of the general list is a name here: by its title, its length or what stands around it."""
    left, right = words[index]
    if right - left > 4 or not _suspect(text[left:right]):
        return False
    if _TITLE.match(text, right):
        return True
    before, after = _edge(text, left - 1), _edge(text, right)
    follows = words[index + 1] if index + 1 < len(words) else None
    clinical = follows is not None and text[follows[0] : follows[1]] in clinical_zh()
    return strong and (right - left == 3 or (before and (after or clinical)))


def _name_at(text: str, start: int, end: int, words: list[tuple[int, int]], index: int) -> int:
    """Return the end of a name that begins with word ``index``, or its start."""
    left, right = words[index]
    word = text[left:right]
    size = surname_length(word)
    if not size or word in clinical_zh():
        return left
    strong = word[0] in surnames_zh("strong") or size == 2
    if right - left > size:  # the frequency list knows it as one word
        return right if _lexicalised(text, words, index, strong=strong) else left
    if _TITLE.match(text, right) and strong:
        return right
    last = _given_end(text, words, index, strong=strong) if index + 1 < len(words) else 0
    return last if last and _is_given(text, (start, end), words[index : index + 2], last, strong=strong) else left


def _is_given(text: str, run: tuple[int, int], pair: list[tuple[int, int]], last: int, *, strong: bool) -> bool:
    """Tell whether a family name and what follows up to ``last`` are a name in this run."""
    (left, right), (_, end) = pair
    taken = text[right:end]
    if strong and len(taken) == 2 and text[left] not in clinical_chars():  # hardly ever anything but a family name
        return True
    lone = _edge(text, left - 1) or _edge(text, last) or bool(_TITLE.match(text, last))
    unusual = _suspect(taken) or len(taken) == 1
    return (strong and unusual and (lone or left == run[0])) or (lone and unusual and last == run[1])


def _given_end(text: str, words: list[tuple[int, int]], index: int, *, strong: bool) -> int:
    """Return where the one or two characters behind a family name end, or 0 where they are no given name."""
    left, right = words[index + 1]
    taken = text[left:right]
    plain = not strong and taken in _PLAIN_GIVEN
    if taken in clinical_zh() or right - left > 2 or taken[0] in _STOP or plain:
        return 0
    if right - left == 1 and index + 2 < len(words):
        third = text[words[index + 2][0] : words[index + 2][1]]
        if len(third) == 1 and third not in clinical_zh() and third not in _STOP:
            return words[index + 2][1]
    return right


def unknown_words(text: str) -> Iterator[Span]:
    """Find a family name with one or two characters that no clinical or common word covers."""
    for run in HAN.finditer(text):
        words = [(run.start() + a, run.start() + b) for a, b in segment(run.group())]
        taken = run.start()
        for index, (left, _) in enumerate(words):
            if left < taken:
                continue
            end = _name_at(text, run.start(), run.end(), words, index)
            if end > left:
                yield Span(left, end, "NAME", Strength.WEAK)
                taken = end


_SPACED = re.compile(r"[\u3400-\u9fff](?:[ \t]{1,4}[\u3400-\u9fff]){1,3}(?![\u3400-\u9fff])")
_DOTTED = re.compile(r"[\u3400-\u9fff]{1,8}(?:[·•・][\u3400-\u9fff]{1,8}){1,3}")


def _stands_alone(text: str, at: int, name: str, *, certain: bool) -> bool:
    """Tell whether a run between a cue and an edge (a bracket, where the cue has no colon) is a name as a whole."""
    after = text[at + len(name) : at + len(name) + 1]
    edge = _edge(text, at + len(name)) if certain else after in ("(", "（")
    if not edge or not 2 <= len(name) <= 4 or name in _NO_NAMES or _TITLE.fullmatch(name):
        return False
    return bool(surname_length(name) and len(name) <= 3) or not is_clinical(name, 2)


_NO_NAMES = frozenset({"同上", "同前", "不详", "未知", "见上", "平安", "正常", "常规", "空白", "无误"})
_ACTS = re.compile(
    r"因|于|取|自|来|就|主诉|行|今|现|入|诉|发|无|有|既|由|为|在|性|本|家|已|拒|要|需|前|后|出|在|进|术|陪|电话|送|签|代|催|的|说|告|联系|要|及|和|审核|复核"
)


def read_name(text: str, at: int, end: int, *, certain: bool) -> int:
    """Read a Chinese name from ``at``; return where it ends (``at`` when there is none).

    ``certain``: a label with a colon stands before it, so that any short run of characters is a name.
    """
    for pattern in (_SPACED, _DOTTED):
        found = pattern.match(text, at, end)
        if (
            found
            and (certain or surname_length(found.group()))
            and not is_clinical(re.sub(r"\s", "", found.group()), 2)
        ):
            return found.end()
    run = HAN.match(text, at, end)
    if run is None:
        return at
    name = run.group()
    title = _TITLE.search(name)
    cut = title.start() if title else len(name)
    size = surname_length(name)
    if _stands_alone(text, at, name, certain=certain):
        return at + len(name)
    if cut == 0 or is_clinical(name[:cut], 2) or name[:1] in "男女" or (not certain and not size):
        return at
    if cut <= 3 + (size == 2) and (certain or cut <= 3):
        acts = None if certain and surname_length(name) else _ACTS.search(name[:cut], 1)
        return at + cut if acts is None or acts.start() >= 2 else at
    return at + _long_run(name[:cut], size, certain=certain)


def _long_run(name: str, size: int, *, certain: bool) -> int:
    """Cut a name off a longer run: at the first word that acts or is clinical, else three characters."""
    if not size:
        return len(name) if certain and len(name) <= 4 else 0
    for length in (size + 1, size + 2):
        rest = name[length:]
        first = rest[: segment(rest)[0][1]] if rest else ""
        if not rest or first in clinical_zh() or _ACTS.match(rest) or rest[0] in "男女":
            return length
    return size + 2 if certain else 0
