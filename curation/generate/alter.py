"""False statements made from true ones: one fact of a sentence is changed, and nothing else.

In: a sentence of a report. Out: ``Altered`` sentences, each false if the sentence is true and says the fact once.
Source: the task "judge" (does the text match the images) of the EchoVLM repository; our own alterations.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from schemas.case import Language


@dataclass(frozen=True, slots=True)
class Altered:
    """A changed sentence and the kind of fact that was changed."""

    kind: str
    text: str = field(repr=False)


_SIZE = re.compile(
    r"(?<![\d.A-Za-z-])(\d+(?:\.\d+)?)(\s?(?:mm|cm|ml|cm/s|m/s|mmHg|kPa|%|毫米|厘米|毫升))(?![A-Za-z0-9²³^/])",
    re.IGNORECASE,
)
_GRADE = re.compile(
    r"((?:BI|TI|O)-?RADS\s?(?:category|分类|分级)?\s?[:：]?\s?)([2-5])([A-Ca-c]?)(?![\dA-Za-z]|\.\d)", re.IGNORECASE
)
#: Words that exclude each other, both ways.
_PAIRS: dict[tuple[str, Language], tuple[tuple[str, str], ...]] = {
    ("side", Language.EN): (("left", "right"),),
    ("side", Language.ZH): (("左侧", "右侧"), ("左叶", "右叶"), ("左肾", "右肾"), ("左乳", "右乳"), ("左室", "右室")),
    ("echo", Language.EN): (("hypoechoic", "hyperechoic"), ("anechoic", "hyperechoic")),
    ("echo", Language.ZH): (("低回声", "高回声"), ("无回声", "强回声")),
    ("margin", Language.EN): (("well-defined", "ill-defined"), ("regular", "irregular"), ("smooth", "spiculated")),
    ("margin", Language.ZH): (("边界清", "边界不清"), ("形态规则", "形态不规则"), ("边缘光滑", "边缘毛刺")),
    ("nature", Language.EN): (("benign", "malignant"),),
    ("nature", Language.ZH): (("良性", "恶性"),),
    ("degree", Language.EN): (("mild", "severe"),),
    ("degree", Language.ZH): (("轻度", "重度"),),
}
_DENIED = {
    Language.EN: re.compile(
        r"^(?:No|There (?:is|are) no)\s+(?=\S)(?!.*\b(?:no|not|without)\b)(.+?)\s+(is|are)\s+"
        r"(seen|noted|found|identified|detected)\.?$",
        re.IGNORECASE,
    ),
    Language.ZH: re.compile(r"^([^，,]{0,12}?)未见(?:明显)?((?:[^，,。未无]){2,20})[。]?$"),
}


def alterations(sentence: str, language: Language) -> list[Altered]:
    """Change each fact that a sentence says exactly once."""
    found = [
        *(
            Altered(kind, text)
            for (kind, spoken), pairs in _PAIRS.items()
            if spoken is language
            for text in _swapped(sentence, pairs, language)
        ),
        *(Altered("measurement", text) for text in _changed(_SIZE, sentence, _other_size)),
        *(Altered("grade", text) for text in _changed(_GRADE, sentence, _other_grade)),
        *(Altered("presence", text) for text in _affirmed(sentence, language)),
    ]
    return [one for one in found if one.text != sentence]


def _swapped(sentence: str, pairs: tuple[tuple[str, str], ...], language: Language) -> Iterator[str]:
    """Put a word in the place of its opposite where just one of the two stands, once."""
    for first, second in pairs:
        edge = (r"(?<![A-Za-z-])", r"(?![A-Za-z-])") if language is Language.EN else ("(?<!不)", "")
        at = [
            (match, other)
            for word, other in ((first, second), (second, first))
            for match in re.finditer(f"{edge[0]}{word}{edge[1]}", sentence, re.IGNORECASE)
        ]
        if len(at) == 1:
            match, other = at[0]
            yield sentence[: match.start()] + _like(match.group(), other) + sentence[match.end() :]


def _like(word: str, other: str) -> str:
    return other[0].upper() + other[1:] if word[0].isupper() else other


def _changed(pattern: re.Pattern[str], sentence: str, other: Callable[[re.Match[str]], str | None]) -> Iterator[str]:
    """Change what a pattern finds where it finds one thing only."""
    found = list(pattern.finditer(sentence))
    if len(found) == 1 and (text := other(found[0])) is not None:
        yield sentence[: found[0].start()] + text + sentence[found[0].end() :]


def _other_size(match: re.Match[str]) -> str | None:
    """Half as much again, or half for percentages that would pass 100: far beyond any error of measurement."""
    value = Decimal(match[1])
    if not value:
        return None
    factor = Decimal("0.5") if match[2].strip() == "%" and value > 60 else Decimal("1.5")
    places = max(0, -int(value.as_tuple().exponent))
    return f"{value * factor:.{places}f}{match[2]}"


def _other_grade(match: re.Match[str]) -> str | None:
    """From likely benign to likely malignant and back."""
    return f"{match[1]}{'5' if int(match[2]) <= 3 else '2'}"


def _affirmed(sentence: str, language: Language) -> Iterator[str]:
    """Say that there is what a sentence says there is not."""
    found = _DENIED[language].match(sentence.strip())
    if not found:
        return
    if language is Language.EN:
        text = f"{found[1]} {found[2]} {found[3]}."
        yield text[0].upper() + text[1:]
    else:
        yield f"{found[1]}可见{found[2]}。"
