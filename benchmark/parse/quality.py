"""Which level of quality an answer names: high, medium or low.

In: an answer, and where a score was asked for its scale. Out: a level. Words about one property ("low noise", "high
contrast") are no level; two levels are no answer. A score with a scale (8/10, 85 %) is cut into equal thirds.
Source: Ultrasound-QBench (levels); the cut is ours.
"""

import math
import re

from benchmark.parse.asked import SEVERAL, ask
from benchmark.parse.choice import read_choice
from benchmark.parse.clean import alike
from benchmark.parse.spelled import spelled_out
from benchmark.records import Parsed, Status, answered, unparsable

LEVELS = ("high", "medium", "low")
_WORDS = {
    "high": r"high(?:est|er)?|excellent|very good|good|superior|optimal|great|outstanding",
    "medium": r"medium|moderate|average|fair|intermediate|acceptable|mediocre|middling|mid(?:dle)?|"
    r"satisfactory|adequate|sub-?optimal",
    "low": r"low(?:est|er)?|very poor|poor|bad|inferior|inadequate|unacceptable|unsatisfactory|terrible|"
    r"non-?diagnostic",
}
_EN = re.compile(
    r"(?<![A-Za-z])(?:" + "|".join(f"(?P<{level}>{words})" for level, words in _WORDS.items()) + r")(?![A-Za-z])",
    re.IGNORECASE,
)
_WORDS_ZH = {
    "high": r"高质量|质量(?:很|较|非常|最)?[高优好]|优秀|优质|良好|优良|很好|较好|[高优](?![频度于低回斯血分压强速])",
    "medium": r"中等(?:偏[上下])?|一般|中质量|质量中|适中|尚可|普通|及格|合格|中(?![央心部间国段上下位线])",
    "low": r"低质量|质量(?:很|较|非常|最)?[低差]|较差|很差|不佳|欠佳|不合格|[低差](?![回频速位异别值血压流])",
}
_ZH = re.compile("|".join(f"(?P<{level}>{words})" for level, words in _WORDS_ZH.items()))
_PROPERTY = re.compile(
    r"^[\s-]*(?:(?:level|amount|degree|overall|spatial|image|axial|lateral|"
    r"soft[- ]tissue)s?\s+(?:of\s+)?)?(?:and\s+\w+\s+)?"
    r"(?:noise|noisy|contrast|resolution|clarity|detail|details|artifacts?|artefacts?|uniformity|"
    r"frequency|gain|echogenicity|signal|blur\w*|speckle|brightness|depth|sharpness|definition|"
    r"visuali[sz]ation|delineation|attenuation|penetration|shadow\w*|flow|pressure|risk|confidence|"
    r"probability|likelihood|echo|intensity|tissue|differentiation|distinction|visibility|boundar\w+|"
    r"edges?|margins?|values?|scores? (?:for|in)|in (?:noise|contrast|resolution|clarity|detail))\b",
    re.IGNORECASE,
)
_PROPERTY_BEFORE = re.compile(
    r"(?:noise|contrast|resolution|clarity|details?|artifacts?|artefacts?|uniformity|gain|speckle|"
    r"sharpness|brightness|confidence|blur|visibility|definition|depth)(?: level)?\s*(?:(?:is|are|"
    r"was|were|appears?|remains?|seems?)(?: relatively| rather| quite| very| fairly| also)?|"
    r"[:=-])\s*$"
    r"|(?:噪声|噪点|对比度?|分辨率|清晰度|细节|伪影|伪像|均匀性|增益|亮度|置信度|信心|边界)(?:水平|"
    r"程度|较|很|比较|为|:|是|都|均)*$",
    re.IGNORECASE,
)
_PROPERTY_ZH = re.compile(r"^(?:的)?(?:噪声|噪点|对比|分辨|清晰度|细节|伪影|均匀|频|增益|亮度)")
_DENIED = re.compile(
    r"(?:\b(?:not|isn't|neither|nor|rather than|instead of|below|never)\b(?: (?:be|a|an|of|the|very|"
    r"really|exactly|as))*\s*|不是|并非|非|而非|不算|谈不上|不够)$",
    re.IGNORECASE,
)
_SCORE = re.compile(
    r"(?<![\d.])(\d+(?:\.\d+)?)\s*(?:分)?\s*(?:/|out of|of|分制?\s*[(（]?(?:满分|总分)|"
    r"[(（,，]\s*(?:满分|总分|out of)(?:为|是)?)\s*(\d+(?:\.\d+)?)|(?<![\d.])(\d+(?:\.\d+)?)\s*%",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"\b(?:overall|total|final|composite|combined|aggregate|image quality)\b|总分|总体|总评|总得分|综合|整体|图像质量",
    re.IGNORECASE,
)
_BARE = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)(?![\d%]|\.\d)")


def parse_quality(text: str, *, scale: tuple[float, float] | None = None) -> Parsed:
    """Find the one level that an answer names. ``scale``: lowest and highest score, where a score was asked for."""
    return ask(alike(text), lambda candidate: read_quality(candidate, scale))


def read_quality(text: str, scale: tuple[float, float] | None) -> Parsed:
    """Read a short text."""
    if re.search(r"\bbetween\b|介于|之间", text, re.IGNORECASE):
        return unparsable(SEVERAL)
    exact = (
        read_choice(text, LEVELS) if len(text) < 40 and not re.search(r"[-/~]|\bto\b|至|到", text) else unparsable("")
    )
    if (
        exact.status is Status.ANSWERED
        and not _PROPERTY.search(re.sub(r"^\W*(?:high|medium|low)", "", text, flags=re.IGNORECASE))
        and not re.search(r"噪|对比|分辨|noise|contrast|resolution", text, re.IGNORECASE)
    ):
        return exact
    level = _named(text)
    if level is not None:
        return answered(level) if level != SEVERAL else _overall(text)
    score = _score(text, scale)
    return answered(level_of_share(score)) if score is not None else unparsable("no level")


def level_of_share(share: float) -> str:
    """Cut a share of the scale into equal thirds."""
    return LEVELS[2] if share < 1 / 3 else LEVELS[1] if share < 2 / 3 else LEVELS[0]


def _overall(text: str) -> Parsed:
    """Read the part about the overall quality where several levels are named."""
    for part in re.split(r"[.;。；\n](?!\d)|,|，", text):
        if re.search(
            r"\boverall\b|\bimage quality\b|\bquality(?: level| rating)?\s*(?:is|:|=)|总体|整体|综合|图像质量",
            part,
            re.IGNORECASE,
        ):
            level = _named(part)
            if level is not None and level != SEVERAL:
                return answered(level)
    return unparsable(SEVERAL)


def _named(text: str) -> str | None:
    """Find the level that a text names; SEVERAL where there are more."""
    found = set()
    for pattern, behind in ((_EN, _PROPERTY), (_ZH, _PROPERTY_ZH)):
        for one in pattern.finditer(text):
            before = text[max(0, one.start() - 40) : one.start()]
            if (
                behind.match(text[one.end() : one.end() + 80])
                or _PROPERTY_BEFORE.search(before)
                or _DENIED.search(before)
            ):
                continue
            found.add(str(one.lastgroup))
    return None if not found else found.pop() if len(found) == 1 else SEVERAL


def _score(text: str, scale: tuple[float, float] | None) -> float | None:
    """Read a score as a share of its scale; the overall one where there are more."""
    text = spelled_out(text)
    shares = _shares(text, scale)
    if len(shares) > 1:
        parts = re.split(r"\.(?!\d)|[;。；\n,，(（]", text)
        shares = {share for part in parts if _TOTAL.search(part) for share in _shares(part, scale)}
    return shares.pop() if len(shares) == 1 else None


def _shares(text: str, scale: tuple[float, float] | None) -> set[float]:
    """Give the scores of a text as shares: those with a scale of their own, else those on ``scale``."""
    shares = set()
    for one in _SCORE.finditer(text):
        value, most = (float(one.group(3)), 100.0) if one.group(3) else (float(one.group(1)), float(one.group(2)))
        if most > 0 and value <= most and math.isfinite(most):
            shares.add(value / most)
    if not shares and scale is not None:
        low, high = scale
        shares = {(value - low) / (high - low) for value in map(float, _BARE.findall(text)) if low <= value <= high}
    return shares
