# ruff: noqa: E501 - patterns are data
"""Field labels and their values (``姓名：王小明``, ``MRN 00123``): labels stay, values of identifying fields go.

In: folded text. Out: strong spans of the values, the labels' places, and the lines' clinical weight.
Source: lexicon/fields.csv and curation/vocabulary/phi_cues.csv; unlisted labels are judged by how they end.
"""

import re
from functools import cache
from typing import NamedTuple

from curation.text import words_en, words_zh
from curation.text.lexicon import fields, word_set
from curation.text.spans import Span
from curation.tries import letters, one_of, spaced


class Label(NamedTuple):
    """A field label in the text; ``certain`` when a colon follows."""

    start: int
    end: int
    value: int
    entity: str
    certain: bool


_ZH_ENDINGS = (
    (
        re.compile(
            r"(?:姓名|名字|患者|病人|医师|医生|大夫|技师|护士|[查告核诊作录入写签审检请送系护字签名]者|[查告核诊作录入写签审检请送系护]人|人员|签名|签字|员|家属|父|母)$"
        ),
        "NAME",
    ),
    (re.compile(r"(?:日期|时间|生日|年月日?|日)$"), "DATE"),
    (re.compile(r"(?:号|号码|编号|编码|代码|条码|ID|id|Id|证件|账号)$"), "ID"),
    (re.compile(r"(?:电话|手机|联系方式|传真|热线)$"), "PHONE"),
    (re.compile(r"(?:地址|住址|单位|籍贯|地点|户籍)$"), "ADDRESS"),
    (
        re.compile(
            r"(?:^|申请|送检|会诊|就诊|转诊|检查|所属|开单|报告|原|外|接诊|转入|转出)(?:医院|机构|科室|科别|病区|院区)$"
        ),
        "HOSPITAL",
    ),
)
_EN_ENDINGS = (
    (
        re.compile(
            r"(?:\bby|name|physician|provider|doctor|radiologist|sonographer|technologist|operator|signature|reader|clinician|nurse|md)$"
        ),
        "NAME",
    ),
    (re.compile(r"(?:date|time|\bdob|birth|\bon)$"), "DATE"),
    (re.compile(r"(?:\bno\.?|#|number|\bid|code|\bnum|\bnr\.?)$"), "ID"),
    (re.compile(r"(?:phone|fax|tel\.?|mobile)$"), "PHONE"),
    (re.compile(r"(?:address|street|city)$"), "ADDRESS"),
    (re.compile(r"(?:hospital|clinic|facility|institution|department|location|ward)$"), "HOSPITAL"),
)
#: Labels that are ordinary words, so that they need a colon.
_NEEDS_COLON = word_set("needs_colon")
_EN_FREE = re.compile(
    r"(?:.* by|mrn#?|mr#|dob|d\.o\.b\.?|ssn|accession.*|acc#|patient (?:name|id)|pt name|pat(?:\.)? name|medical record.*|med rec.*|"
    r"chart (?:no|number|#)|account (?:no|number|#)|acct.*|date of birth|birth date|exam date|study date|tel\.?|phone|fax|pager|"
    r"referring.*|ordering.*|requesting.*|attending physician|reading .*|interpreting .*|sonographer|technologist|radiologist|hosp(?:ital)? no|"
    r"nhs no|nhs number|uhid|csn|(?:electronically |digitally )?signed|dictated|transcribed|study id|exam id|patient|pt|lmp|edd|edc|due date|born|last menstrual period|surname|first name|last name)"
)
_DATE_VALUE = re.compile(
    r"(?:[\s,/.:~-]|\d+|年|月|日|号|时|分|秒|点|上午|下午|晚上?|早上?|中午|凌晨|[〇○零一二三四五六七八九十廿]+(?=[年月日号〇○零一二三四五六七八九十廿])|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?|"
    r"(?:st|nd|rd|th|of|at|am|pm|a\.m\.|p\.m\.|hrs?|h|z|t|utc|gmt|est|edt|cst|pst|[ap]\.m)(?![a-z])|星期.|周[一二三四五六日])+",
    re.IGNORECASE,
)
_ID_VALUE = re.compile(
    r"[#№:]?\s{0,2}(?:no\.?\s?)?(?:[A-Za-z]{1,8}[ -]?(?=\d))?[\w*#./\\+-]*(?:[ ](?=[A-Za-z]{0,3}\d{2})[A-Za-z0-9./-]+)*",
    re.IGNORECASE | re.ASCII,
)
_PHONE_VALUE = re.compile(r"[+(（]?\d[\d\s()+\-./]*(?:(?:ext|转|x)\.?\s?\d+)?", re.IGNORECASE)
_FREE_VALUE = re.compile(r"[^\n\t|;；。<\\\"\[]*?(?=\s{2,}|[\n\t|;；。<\\\"\[]|$)")
_SHORT_VALUE = re.compile(r"[^\n\t|;；。,，<\\\"\[]*?(?=\s{2,}|[\n\t|;；。,，<\\\"\[]|$)")


@cache
def _label_regexes() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Build: Chinese with colon, Chinese without, English with colon, English without."""
    words = sorted(fields(), key=len, reverse=True)
    zh = [word for word in words if words_zh.HAN.search(word) or word in {"id号", "pid"}]
    en = [word for word in words if word not in zh]

    def chinese(chosen: list[str]) -> str:
        lone = [word for word in chosen if len(word) == 1 or word in _LONE_LABELS]
        short = [spaced(word, r"[ \t]{0,6}") for word in chosen if len(word) <= 4 and word not in lone]
        long = [letters(word) for word in chosen if len(word) > 4]
        bounded = one_of(spaced(word, r"[ \t]{0,6}") for word in lone)
        return rf"(?:{one_of(long)}|{one_of(short)}|(?<![\u4e00-\u9fff])(?:{bounded}))"

    bare_zh = [word for word in zh if word not in _NEEDS_COLON and fields()[word] != "KEEP"]
    bare_en = [word for word in en if _EN_FREE.fullmatch(word) and fields()[word] != "KEEP"]
    tail = r"(?:\s?[(（][^()（）\n]{1,16}[)）])?[\"']?[ \t]{0,8}(?:[:=：|】\]]|\t|</\w+>\s{0,2}<\w+>)[ \t|:：]*(?:&nbsp;|[\"'])?"
    flags = re.IGNORECASE
    return (
        re.compile(rf"({chinese(zh)}){tail}", flags),
        re.compile(rf"({chinese(bare_zh)})[ \t]{{0,4}}(?=[^\s:：，,。;；、的])", flags),
        re.compile(rf"(?<![A-Za-z0-9/])({one_of(map(letters, en))})(?:\s?(?:no\.?|number|#|id))?{tail}", flags),
        re.compile(
            rf"(?<![A-Za-z0-9])({one_of(map(letters, bare_en))})(?:\s?(?:no\.?|number|#))?[ \t]{{1,6}}(?=[\w(+#])",
            flags,
        ),
    )


#: Labels that are also the ends of names of places.
_LONE_LABELS = frozenset({"医院", "机构", "科室", "单位", "病区", "院区", "分院"})
_LONGEST_LABEL = 8
_UNLISTED = re.compile(
    r"(?:^|(?<=[\t|;；,，。])|(?<=\s\s)|(?<=\s)(?=[\u4e00-\u9fff])|(?<=[?？]\s))[ \t]*([^\W\d][^:\n|;；,，。]{0,28}?)[ \t]*[:：][ \t]*",
    re.MULTILINE,
)


def _entity_of_unlisted(label: str) -> tuple[int, str] | None:
    """Judge a label by its ending: the ending's length (the rest may be a value) and the entity."""
    han = bool(words_zh.HAN.search(label))
    key = re.sub(r"\s", "", label) if han else label.strip().lower()
    for pattern, entity in _ZH_ENDINGS if han else _EN_ENDINGS:
        found = pattern.search(key)
        if found and (han or len(key.split()) <= 4):
            return min(len(found.group()), len(label)), entity
    named = not han and any(map(words_en.is_glued_name, words_en.TOKEN.findall(label)))
    return (len(label), "KEEP") if _reads_as_label(key, han=han) and not named else None


def _reads_as_label(key: str, *, han: bool) -> bool:
    """Tell whether words before a colon are a label of any field: common or clinical ones, and no name."""
    if han:
        words = words_zh.words(key) if words_zh.HAN.fullmatch(key) else []
        plain = all(words_zh.is_clinical(w) or words_zh.frequency(w) >= words_zh.COMMON for w in words)
        named = words_zh.surname_length(key) and len(key) <= 4 and words_zh.frequency(key) < words_zh.COMMON
        return bool(words) and len(key) <= _LONGEST_LABEL and plain and not named
    words = words_en.TOKEN.findall(key)
    return 0 < len(words) <= 4 and all(
        (words_en.is_clinical(w) or words_en.is_common(w)) and not words_en.may_be_name(w) for w in words
    )


def find_labels(folded: str) -> list[Label]:
    """Find field labels, longest first at each place; unlisted ones by how they end."""
    zh_colon, zh_bare, en_colon, en_bare = _label_regexes()
    found: list[Label] = []
    english, chinese = ((en_colon, True), (en_bare, False)), ((zh_colon, True), (zh_bare, False))
    for pattern, certain in (*english, *chinese) if words_zh.HAN.search(folded) else english:
        for match in pattern.finditer(folded):
            key = match.group(1).lower()
            entity = fields().get(key) or fields().get(re.sub(r"\s", "", key))
            if entity:
                found.append(Label(match.start(1), match.end(1), match.end(), entity, certain))
    for match in _UNLISTED.finditer(folded):
        unlisted = _entity_of_unlisted(match.group(1))
        if unlisted:
            size, entity = unlisted
            found.append(Label(match.end(1) - size, match.end(1), match.end(), entity, certain=True))
    found.sort(key=lambda label: (label.start, -label.certain, -(label.end - label.start)))
    out: list[Label] = []
    for label in sorted(found, key=lambda label: (-label.certain, -(label.value - label.start), label.start)):
        if all(label.value <= other.start or label.start >= other.end for other in out):
            out.append(label)
    return sorted(out)


def _segment_end(folded: str, label: Label, following: Label | None) -> int:
    line = folded.find("\n", label.value)
    end = len(folded) if line < 0 else line
    return min(end, following.start) if following else end


def _value_start(folded: str, label: Label, end: int) -> tuple[int, int]:
    """Return where the value begins and may end; an empty value is looked for on the next line."""
    if folded[label.value : end].strip(" \t\r_-.") or not label.certain or end >= len(folded) or folded[end] != "\n":
        return label.value, end
    line_end = folded.find("\n", end + 1)
    line_end = len(folded) if line_end < 0 else line_end
    line = folded[end + 1 : line_end]
    return (
        (end + 1 + len(line) - len(line.lstrip()), line_end)
        if ":" not in line and len(line) <= 40
        else (label.value, end)
    )


def all_clinical(value: str) -> bool:
    """Tell whether a value has words and all of them are vocabulary of reports."""
    latin = words_en.TOKEN.findall(value)
    han = words_zh.HAN.findall(value)
    if not latin and not han:
        return False
    return all(words_en.is_clinical(word) and not words_en.is_name(word) for word in latin) and all(
        map(words_zh.is_clinical, han)
    )


def _name_end(folded: str, start: int, end: int, *, certain: bool) -> int:
    at = start
    for _ in range(4):
        stop = (
            words_zh.read_name(folded, at, end, certain=certain)
            if at < end and words_zh.HAN.match(folded[at])
            else words_en.read_name(folded, at, end)
        )
        if stop == at:
            break
        start, at = stop, stop
        more = re.compile(r"[ \t]{0,2}[、/,，&][ \t]{0,2}(?=[\u3400-\u9fff]{2,4}(?![\u3400-\u9fff]))").match(
            folded, at, end
        )
        if not more or not words_zh.surname_length(folded[more.end() : more.end() + 2]):
            break
        at = more.end()
    return start


_VELOCITY = re.compile(r"\s?[\d.]+\s?(?:c?m/s|cm|mm|ms|kpa|%|ml|weeks?|w\d|s\b|个月|天|周)", re.IGNORECASE)


def _value_end(folded: str, label: Label, start: int, end: int) -> int:
    entity = label.entity
    if entity in {"ADDRESS", "HOSPITAL", "ROOM"}:
        pattern = _FREE_VALUE if entity == "ADDRESS" else _SHORT_VALUE
        found = pattern.match(folded, start, end)
        stop = found.end() if found else end
        if not label.certain and stop - start > 24:
            return start
        return start if all_clinical(folded[start:stop]) else stop
    if entity == "NAME":
        return _name_end(folded, start, end, certain=label.certain)
    return start if _VELOCITY.match(folded, start, end) else _code_end(folded, label, start, end)


def _code_end(folded: str, label: Label, start: int, end: int) -> int:
    """Return the end of a date, telephone number or id."""
    entity = label.entity
    found = {"DATE": _DATE_VALUE, "PHONE": _PHONE_VALUE}.get(entity, _ID_VALUE).match(folded, start, end)
    if found is None or (entity == "DATE" and not re.search(r"\d|[〇○零一二三四五六七八九十]", found.group())):
        return start
    if entity not in {"DATE", "PHONE"} and not (re.search(r"\d", found.group()) or label.certain):
        return start
    return start if all_clinical(found.group()) else found.end()


def field_spans(folded: str, labels: list[Label]) -> list[Span]:
    """Find the values of identifying fields."""
    out: list[Span] = []
    for index, label in enumerate(labels):
        if label.entity == "KEEP":
            continue
        following = labels[index + 1] if index + 1 < len(labels) else None
        start, end = _value_start(folded, label, _segment_end(folded, label, following))
        stop = _value_end(folded, label, start, end)
        while stop > start and folded[stop - 1] in " \t,.;:/-":
            stop -= 1
        if stop > start:
            out.append(Span(start, stop, label.entity))
    return out
