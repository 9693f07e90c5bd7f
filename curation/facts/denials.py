"""What a text denies outright, in its own words: the noun phrases right behind or before a word of denial.

In: folded text. Out: ``Denial`` rows. This catches what no row of a vocabulary names ("no yolk sac", 未见卵黄囊).
Source: Chapman et al., J Biomed Inform 34 (2001) 301 (NegEx): triggers before and behind.
"""

import re
from typing import NamedTuple

_FILLER = (
    r"(?:(?:an?|any|evidence of|signs? of|definite|obvious|visible|significant|further|other|convincing|clear"
    r"|detectable|sonographic|discrete|appreciable) )*"
)
_STOP = (
    r"(?:is|are|was|were|be|been|has|have|had|can|could|seen|noted|found|present|visible|identified|detected|shown"
    r"|reported|described|demonstrated|visuali[sz]ed|in|on|of|at|to|for|from|with|within|without|and|or|nor|but|by|as|than"
    r"|that|which|this|the|a|an|after|before|during|between|around|near|behind|beside|over|under|there|here|either"
    r"|both|each|right|left|bilateral\w*|now|today|yet|so|if|when|while|extending|causing|suggesting)"
)
_WORDS = rf"(?P<np>(?!{_STOP}\b)[a-z][a-z'-]*(?: (?!{_STOP}\b)[a-z][a-z'-]*){{0,3}})"
_FORWARD = re.compile(
    rf"\b(?:no|without|absent|absence of|lacks?|lacking|negative for|never|neither|nor|devoid of) {_FILLER}{_WORDS}",
    re.IGNORECASE,
)
_BACKWARD = re.compile(
    rf"{_WORDS} (?:(?:is|are|was|were) )?(?:negative|absent|not (?:seen|identified|detected|present|visuali[sz]ed|noted"
    rf"|found|evident|demonstrated|elicited))\b",
    re.IGNORECASE,
)
_HAN = r"[\u3400-\u9fff]"
_FORWARD_ZH = re.compile(
    r"(?:未见到?|未探及|未发现|未显示|未检出|未引出|没有|无|不伴有?|不存在)(?:明显的?|明确的?|确切的?|显著的?|异常的?|任何)*"
    rf"(?P<np>(?:(?!异常|变化|改变|明显|征象|及|和|或|与|的){_HAN}){{2,8}})"
)
_BACKWARD_ZH = re.compile(rf"(?P<np>(?:[A-Za-z]{{2,}}|{_HAN}{{1,4}})氏?征)(?:检查)?(?:为|呈)?\s*(?:阴性|\(-\)|未引出)")
#: Too general to say what is denied.
_GENERAL = re.compile(
    r"^(?:.*\b)?(?:abnormalit\w+|change\w*|difference|comparison|need|doubt|reason|longer|more|less|relation|history"
    r"|complications?|problems?|concern\w*|cause|treatment|action|sign|signs|evidence|finding\w*|features?|disease"
    r"|significant|definite|further|other|others|feature|definition|case|patient|contrast|interval|previous|prior"
    r"|回声|信号|血流|光团|情况|表现|改变|available|such|one|thing|normal|images?|follow\w*|surgery|biopsy"
    r"|danger\w*|harm|worry|intervention)$",
    re.IGNORECASE,
)


class Denial(NamedTuple):
    """A phrase that is denied; ``start`` and ``end`` are half-open offsets."""

    phrase: str
    start: int
    end: int


def denials(text: str) -> list[Denial]:
    """Read the phrases that a text denies, without those too general to say anything."""
    found = {
        Denial(match["np"], *match.span("np"))
        for pattern in (_FORWARD, _BACKWARD, _FORWARD_ZH, _BACKWARD_ZH)
        for match in pattern.finditer(text)
        if not _GENERAL.match(match["np"])
    }
    return sorted(found, key=lambda one: one.start)


def heads(phrase: str) -> list[str]:
    """List a phrase and its ends of fewer words, the longest first; one word counts from five letters on."""
    words = phrase.split(" ")
    ends = [" ".join(words[at:]) for at in range(len(words))]
    return [end for end in ends if " " in end or len(end) >= 5 or not end.isascii() or end.isupper()]


def occurrences(phrase: str, text: str) -> list[tuple[int, int]]:
    """Find a phrase in a text, in the singular or plural."""
    if not phrase.isascii():
        return [match.span() for match in re.finditer(re.escape(phrase), text, re.IGNORECASE)]
    stem = re.escape(phrase[:-1] if phrase.endswith("s") and not phrase.endswith("ss") else phrase)
    return [match.span() for match in re.finditer(rf"(?<![a-z]){stem}(?:e?s)?(?![a-z])", text, re.IGNORECASE)]
