"""Assessment categories and words of degree, with their places.

In: folded text. Out: ``Category`` and ``Degree`` rows.
Source: BI-RADS, ACR TI-RADS and C-TIRADS, O-RADS, LI-RADS, Bosniak; degrees as in the guidelines of each organ.
"""

import re
from typing import NamedTuple

#: Roman numerals as digits.
ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8",
         "Ⅰ": "1", "Ⅱ": "2", "Ⅲ": "3", "Ⅳ": "4", "Ⅴ": "5", "Ⅵ": "6", "Ⅶ": "7", "Ⅷ": "8",
         "ⅰ": "1", "ⅱ": "2", "ⅲ": "3", "ⅳ": "4", "ⅴ": "5", "ⅵ": "6", "ⅶ": "7", "ⅷ": "8"}  # fmt: skip
_GRADE = (
    r"(?P<grade>[0-6]\s?[abcf]?(?![\d.]*\d)(?![a-z])|(?:iv|v|i{1,3})[abcf]?(?![a-z])|[ⅠⅡⅢⅣⅤⅰⅱⅲⅳⅴ][abcf]?|m(?![a-z]))"
)
_SYSTEM = (
    r"(?P<system>bi-?rads|(?:acr|c|k|eu|chinese)?[\s-]{0,2}ti-?rads|o-?rads|li-?rads|(?<![a-z])lr(?=-\d)"
    r"|(?<![a-z])us(?=-[1-3](?!\d))"
    r"|(?<![a-z])tr(?=\s?[1-5](?!\d))|bosniak)"
)
_CATEGORY = re.compile(
    rf"{_SYSTEM}\s*(?:\((?:us|20\d\d)\))?\s*(?:20\d\d|v20\d\d)?\s*(?:us|category|categories|class|grade|score"
    rf"|assessment|type|分类|分级|类别|级别|评分|tr)?\s*(?:of|is|为|:|-|=)?\s*(?:us-|tr|lr-|第)?\s*{_GRADE}",
    re.IGNORECASE,
)
#: A category without its system: category 4A, 4a类.
_BARE = re.compile(
    r"(?<![a-z])(?:category|categories)\s*(?P<en>[0-6]\s?[abc]?)(?![\da-z.])|(?<![\d.a-z])(?P<zh>[0-6]\s?[abc]?"
    r"|[ⅠⅡⅢⅣⅤ])\s?类(?!似|圆|椭)",
    re.IGNORECASE,
)
_NAMES = {"tr": "tirads", "lr": "lirads", "us": "lirads"}
_STAGE = re.compile(
    r"(?<![a-z])(?P<cue>grade|degree|stage|class|type|figo|nyha|child-pugh|score|graf)\s*(?P<en>(?:[0-5]|iv|v"
    r"|i{1,3}|[ⅠⅡⅢⅣⅤ])[a-d]?)(?![a-z\d]|\.\d)"
    r"|(?<![\d.])(?P<zh>(?:[ⅠⅡⅢⅣⅤ0-5]|i{1,3}v?|iv|一|二|三|四)[a-d]?)\s?(?P<zh_cue>度|级|期|型)(?!糖尿)",
    re.IGNORECASE,
)
_HAN = {"一": "1", "二": "2", "三": "3", "四": "4"}
_DEGREES: dict[str, str] = {
    "trivial": r"(?<![a-z])(?:trivial|trace|minimal)(?:ly)?(?![a-z])|微量|极?少许(?!血流)",
    "mild": (
        r"(?<![a-z])(?:mild|slight)(?:ly)?(?![a-z])|(?<![a-z])small (?:amount|quantity|volume)|轻度|轻微|少量"
        r"|轻(?=[,、-]?中度)"
    ),
    "moderate": r"(?<![a-z])moderate(?:ly)?(?![a-z])|中度|中等(?!回声)(?=量|程度)|中(?=-重度)",
    "severe": (
        r"(?<![a-z])(?:severe|marked|massive|gross)(?:ly)?(?![a-z])(?! hypoechoic)|(?<![a-z])large (?:amount"
        r"|quantity|volume)|重度|严重(?!程度)|大量"
    ),
}
_DEGREE = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _DEGREES.items()), re.IGNORECASE)


class Category(NamedTuple):
    """An assessment category: ``birads`` and ``4a``; the system is empty where it is not named."""

    system: str
    grade: str
    start: int
    end: int


class Degree(NamedTuple):
    """A word of degree (``mild``) or a stage (``stage 2``)."""

    name: str
    start: int
    end: int


def categories(text: str) -> list[Category]:
    """Read assessment categories; roman numerals count as digits."""
    found = [Category(_system(m["system"]), _grade(m["grade"]), *m.span()) for m in _CATEGORY.finditer(text)]
    for match in _BARE.finditer(text):
        if not any(one.start < match.end() and match.start() < one.end for one in found):
            found.append(Category("", _grade(match["en"] or match["zh"]), *match.span()))
    return sorted(found, key=lambda one: one.start)


def degrees(text: str) -> list[Degree]:
    """Read words of degree and stages that belong to no category."""
    taken = [(one.start, one.end) for one in categories(text)]
    found = [Degree(str(m.lastgroup), *m.span()) for m in _DEGREE.finditer(text)]
    for match in _STAGE.finditer(text):
        if not any(start < match.end() and match.start() < end for start, end in taken):
            written = (match["en"] or match["zh"]).lower()
            head = written.rstrip("abcd")
            number = ROMAN.get(head, _HAN.get(head, head)) + written[len(head) :]
            found.append(Degree(f"stage {number}", *match.span()))
    return sorted(found, key=lambda one: one.start)


def _system(written: str) -> str:
    name = re.sub(r"[^a-z]", "", written.lower())
    name = re.sub(r"^(?:acr|chinese|c|k|eu)(?=tirads)", "", name)
    return _NAMES.get(name, name)


def _grade(written: str) -> str:
    plain = re.sub(r"\s", "", written).lower()
    head = plain.rstrip("abcf")
    return ROMAN.get(head, head) + plain[len(head) :] if head else plain
