"""Where Chinese names stand: lone words, before titles, at the end of a report, and syllables of other languages.

In: folded text. Out: weak spans; the clinical grammar and the vocabulary speak against them.
Source: spec, Reports: deny in positions where names occur.
"""

import re
from collections.abc import Iterator

from curation.text import words_zh
from curation.text.lexicon import clinical_chars, clinical_zh, surnames_zh, word_set
from curation.text.spans import Span, Strength

_EDGE = r"(?<![\u3400-\u9fff·])"
_LONE = re.compile(rf"{_EDGE}[\u3400-\u9fff]{{2,4}}(?![\u3400-\u9fff·])")
_DOTTED = re.compile(r"[\u3400-\u9fff]{1,8}(?:[·•・][\u3400-\u9fff]{1,8}){1,3}")
_TITLED = re.compile(
    r"([\u3400-\u9fff]{1,9}?)(?=(?:副?主任|主治|住院)?(?:医生|医师|大夫|主任|教授|护士长|护士|技师|女士|先生|小朋友|同学|老师))"
)
_END_OF_NOTE = re.compile(
    r"(?<=[。；;.\n(（])[ \t]{0,24}([\u3400-\u9fff]{1,4})(?:[/／、]([\u3400-\u9fff]{1,4}))?"
    r"(?=[)）。]?[ \t]*(?:$|\n)|[,，；;][ \t]?\d)"
)
_FAMILY = re.compile(
    r"(?<![\u3400-\u9fff])姓([\u3400-\u9fff])(?![名氏])|(?<=[\u3400-\u9fff])姓([\u3400-\u9fff])(?=[,，。;；])"
)
_BEDSIDE = re.compile(r"(?:床|家里|[老小])([\u3400-\u9fff]{1,3})(?=的|在催|[,，])")


def chinese_names(text: str) -> Iterator[Span]:
    """Find Chinese names by where they stand."""
    if not words_zh.HAN.search(text):
        return
    for find in (_lone, _titled, _acting, _at_the_end, _by_the_bed, _transliterated):
        yield from (Span(start, end, "NAME", Strength.WEAK) for start, end in find(text))


def _lone(text: str) -> Iterator[tuple[int, int]]:
    """Find names between edges: whole, with blanks between characters, or parted by points."""
    for match in _DOTTED.finditer(text):
        parts = re.split(r"[·•・]", match.group())
        if not any(part in _PLAIN or words_zh.is_clinical(part, 2) for part in parts):
            yield match.span()
    for match in _SPACED.finditer(text):
        if words_zh.surname_length(re.sub(r"\s", "", match.group())):
            yield match.span()
    yield from (match.span() for match in _LONE.finditer(text) if _lone_name(match.group()))


_ACTS = (
    "在旁|在场|到场|陪检|陪同|陪护|送检|签字|签名|签发|代诉|代述|代签|自诉|要求|参与|口头|已知|知晓|审核|复核|翻译|操作|书写|讨论|沟通|"
    "执行|完成|告知|通知|汇报|联系"
)
_ROLE = (
    "护士|技师|医师|医生|大夫|家属|患者|产妇|患儿|孕妇|受检者|监护人|祖母|祖父|外婆|外公|奶奶|爷爷|母亲|父亲|爱人|丈夫|妻子|婆婆|公公|"
    "哥哥|姐姐|弟弟|妹妹|儿子|女儿|导师|村医|校医|翻译|主刀|助手|报告者|司机|护工|进修生|实习生|规培生|研究生"
)
#: Who does something: behind a role or 由, before an act (or a bracket that explains who it is).
_ACTING = re.compile(
    rf"(?:{_ROLE}|[由与经、])([\u3400-\u9fff]{{2,4}}?)(?={_ACTS}|、[\u3400-\u9fff]{{2,4}}(?:{_ACTS}))"
    rf"|(?:{_ROLE})([\u3400-\u9fff]{{2,4}}?)(?=[(（][^()（）]{{1,12}}[)）])"
    rf"|的([\u3400-\u9fff]{{2,4}}?)(?=参与|在场)|{_EDGE}([\u3400-\u9fff]{{2,4}}?)(?=口头|陪检|代诉|代述)"
)


#: A role and what stands between it and a mark: a name if no dictionary has it.
_NAMELESS_ROLE = re.compile(rf"(?:{_ROLE}|病人)([\u3400-\u9fff]{{2,3}})(?=[，,（(：:“]|[男女][，,]|$)", re.MULTILINE)
_NO_WORD = 1e-7


def _acting(text: str) -> Iterator[tuple[int, int]]:
    """Find a name before an act: "由康丽强签发", "护士韩雪在旁", "与褚月、毕成讨论"."""
    for match in _ACTING.finditer(text):
        group = next(g for g in range(1, _ACTING.groups + 1) if match[g])
        name = match[group]
        size = words_zh.surname_length(name)
        if size and len(name) <= size + 2 and not words_zh.is_clinical(name, 2) and name not in _PLAIN:
            yield match.span(group)
    for match in _NAMELESS_ROLE.finditer(text):
        name = match[1]
        rare = words_zh.frequency(name) < _NO_WORD and name not in _PLAIN and not words_zh.is_clinical(name)
        if rare and all(len(word) == 1 and word not in _PLAIN for word in words_zh.words(name)):
            yield match.span(1)


def _titled(text: str) -> Iterator[tuple[int, int]]:
    """Find a name before a title."""
    for match in _TITLED.finditer(text):
        size = _name_at_end(match[1], edge=match.start() == 0 or not words_zh.HAN.match(text[match.start() - 1]))
        if size:
            yield match.end() - size, match.end()


def _at_the_end(text: str) -> Iterator[tuple[int, int]]:
    """Find one or two names where a note ends, or before a date."""
    for match in _END_OF_NOTE.finditer(text):
        for group in (1, 2):
            if match[group] and words_zh.surname_length(match[group]) and match[group] not in _PLAIN:
                yield match.span(group)


def _by_the_bed(text: str) -> Iterator[tuple[int, int]]:
    """Find what people are called at the bedside: "姓江", "12床老杨的"."""
    for pattern in (_FAMILY, _BEDSIDE):
        for match in pattern.finditer(text):
            group = next(g for g in range(1, pattern.groups + 1) if match[g])
            if words_zh.surname_length(match[group]) and not words_zh.is_clinical(match[group], 2):
                yield match.span(group)


_SPACED = re.compile(r"(?<![\u3400-\u9fff])[\u3400-\u9fff](?:[ ]{1,4}[\u3400-\u9fff]){1,3}(?![\u3400-\u9fff])")
#: What has a left side: 左 before it is no family name.
_SIDED = frozenset("侧手足膝肩肘腕髋踝臂腿眼耳乳肾肺房室心肝叶半上下前后内外中第颈颞额顶枕髂腋股胫腓桡尺锁肋")
_PLAIN = word_set("plain_zh")
_ROLES = word_set("roles_zh")
_BEFORE_NAME = (*_ROLES, "请", "由", "给", "与", "和", "的", "经")
_SOUNDS = word_set("sounds_zh")


def _lone_name(run: str) -> bool:
    """Tell whether a run between edges is a name: a family name first, and neither clinical nor an everyday word."""
    if run[0] == "左" and run[1] in _SIDED:
        return False
    if not words_zh.surname_length(run) or words_zh.is_clinical(run, 2) or run in _PLAIN or words_zh.holds_title(run):
        return False
    if words_zh.frequency(run) >= words_zh.COMMON:
        return False
    words = words_zh.words(run)
    if any(len(word) > 1 and (word in clinical_zh() or word in _PLAIN) for word in words):
        return False
    given = run[words_zh.surname_length(run) :]
    if run[0] not in surnames_zh("strong") and all(char in clinical_chars() for char in given):
        return False
    return not (len(run) == 4 and all(words_zh.frequency(word) >= words_zh.COMMON for word in words))


def _name_at_end(run: str, *, edge: bool) -> int:
    """Return how many of the last characters before a title are a name."""
    if run.endswith(tuple(_ROLES)) or words_zh.is_clinical(run, 2):
        return 0
    size = next((size for size in (4, 3, 2) if _is_name(run[-size:], size)), 0)
    if size:
        return size
    if words_zh.surname_length(run[-1:]) and ((edge and len(run) == 1) or run[:-1].endswith(_BEFORE_NAME)):
        return 1
    return len(run) if edge and len(run) >= 3 and _sounds_foreign(run) else 0


def _is_name(name: str, size: int) -> bool:
    """Tell whether the last characters of a run are a family name (of two characters where four are taken) and more."""
    if len(name) != size or words_zh.surname_length(name) < (2 if size == 4 else 1):
        return False
    return not words_zh.is_clinical(name, 2) and name not in _PLAIN and name[1:] not in _ROLES


def _sounds_foreign(run: str) -> bool:
    """Tell whether most of a run is made of syllables that spell names of other languages."""
    return sum(char in _SOUNDS for char in run) >= 0.75 * len(run)


_FOREIGN = re.compile(r"[\u3400-\u9fff]{3,8}")


def _transliterated(text: str) -> Iterator[tuple[int, int]]:
    """Find runs of syllables that spell names of other languages."""
    for match in _FOREIGN.finditer(text):
        run = match.group()
        size = next((n for n in range(min(7, len(run)), 2, -1) if all(char in _SOUNDS for char in run[:n])), 0)
        if size >= 3 and not words_zh.is_clinical(run[:size]):
            yield match.start(), match.start() + size
