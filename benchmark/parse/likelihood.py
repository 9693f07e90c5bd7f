"""Is what a text names called unlikely: a low risk of it, a small likelihood, a chance below 2 %?

In: what stands before and behind the words. Out: yes or no.
"""

import re
from functools import lru_cache

_NOUN = r"(?:risks?|likelihood|probabilit(?:y|ies)|chances?|suspicion|possibilit(?:y|ies)|potential|odds)"
_LOW = r"(?:low(?:er)?|small|minimal|remote|negligible|slim|slight|little|unlikely)"
_ABOUT = (
    r"(?:\s+(?:of|for|that|it|this|the|these|an?|any|lesions?|nodules?|mass(?:es)?|tumou?rs?|is|are|being|be|to|having|"
    r"underlying|associated))*\s*$"
)
#: Less than a bound below a half, or a stated share below a fifth.
_NOT_MORE = r"(?<![\d.>])(?<!> )(?<!than )(?<!over )(?<!above )(?<!least )(?<!exceeds )"
_SHARE = rf"(?:(?:<|≤|less than|lower than|below|under|not more than)\s*[0-4]?\d|{_NOT_MORE}1?\d)(?:\.\d+)?\s*%"
_VERB = (
    r"(?:\s*(?:[:=]|\b(?:in|for|of|with) (?:this|the|these) \w+|\b(?:is|are|was|remains?|seems?|appears?|being|to be|"
    r"considered|estimated|at|as|thus|therefore|here|about|approximately|only|very|extremely|quite|relatively|rather|"
    r"fairly|too)\b))*\s*"
)
#: "Low" is said of the noun before it, not of one behind it (low echogenicity).
_LOW_LAST = (
    rf"(?:{_LOW}\b(?=\s*(?:$|[^\w\s-]|(?:and|but|in|for|given|because|as|based|due|with|so|since|at|here|on|from|"
    rf"by|this|overall|enough|hence|therefore)\b))|{_SHARE})"
)
_NOUN_ZH = r"(?:风险|概率|可能性|几率|机率)"
_LOW_ZH = (
    r"(?:相对|比较|较为|较|很|极其|极|非常|十分|更|都|均|也|是|为|仅|约|大约|:|\s)*"
    r"(?:低(?![回信密])|小(?![结肿叶病])|不大|不高|<\s*[0-4]?\d%|(?<![\d.])1?\d(?:\.\d+)?%)"
)
_LOW_BEFORE = re.compile(
    rf"(?<!not )(?<!not a )(?<!not an )\b(?:{_LOW}|{_SHARE})"
    rf"(?:[\s-]+(?:clinical|overall|estimated))?[\s-]+{_NOUN}{_ABOUT}"
    rf"|(?<!不)(?:低|较小|很小|极小)的?{_NOUN_ZH}(?:是|为|的)?$",
    re.IGNORECASE,
)
_NOUN_BEFORE = re.compile(rf"\b{_NOUN}{_ABOUT}|{_NOUN_ZH}(?:是|为|的)?$", re.IGNORECASE)
_LOW_BEHIND = re.compile(
    rf"^(?:\s+(?:lesion|nodule|mass|tumou?r|disease|process|change)s?\b)?{_VERB}{_LOW_LAST}|^{_LOW_ZH}",
    re.IGNORECASE,
)
_NOUN_BEHIND = re.compile(
    rf"^[\s-]*{_NOUN}\b{_VERB}{_LOW_LAST}|^(?:的|病变|结节|肿瘤|肿块)*{_NOUN_ZH}{_LOW_ZH}"
    rf"|^\s+(?:is|are|seems?|appears?)(?: an?| of)?(?: very| only| rather)*\s+{_LOW}\s+{_NOUN}\b",
    re.IGNORECASE,
)
_LOW_JUST_BEFORE = re.compile(rf"(?<!not )(?<!not a )\b{_LOW}[\s-]+$|(?<!不)低$", re.IGNORECASE)
_NOUN_JUST_BEHIND = re.compile(rf"^[\s-]*(?:risks?|likelihood|probability|suspicion)\b|^的?{_NOUN_ZH}", re.IGNORECASE)


@lru_cache(maxsize=1024)
def is_unlikely(before: str, behind: str) -> bool:
    """Say whether words between two pieces of text are said to be unlikely."""
    return bool(
        _LOW_BEFORE.search(before)
        or _NOUN_BEHIND.search(behind)
        or (_NOUN_BEFORE.search(before) and _LOW_BEHIND.search(behind))
        or (_LOW_JUST_BEFORE.search(before) and _NOUN_JUST_BEHIND.search(behind))
    )
