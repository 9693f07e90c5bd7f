"""Options that are codes behind the same words (BI-RADS 4A, BI-RADS 4B): a code alone names one where it stands as one.

In: options. Out: patterns of the codes by the option's number.
"""

import re
from collections.abc import Sequence

_CODED = re.compile(r"(.*?[^\W\d_])[\s_-]*(\d{1,2}[a-e]?|[IVX]{1,4}[a-e]?)", re.IGNORECASE)
_BEFORE = r"(?:category|class|grade|type|stage|level|categories|分类|分级|级别|类别|评分)\s*(?:is|as|of|为|是|:|：)?\s*"
_BEHIND = r"\s*(?:类|级|型)"
_COUNTED = r"(?<![共分为成有])"


def code_patterns(options: Sequence[str]) -> list[tuple[str, int]]:
    """Give the patterns of codes; none unless all options are codes of one kind."""
    found = [_CODED.fullmatch(option.strip()) for option in options]
    if len(options) < 2 or len({one and _plain(one.group(1)) for one in found}) != 1 or found[0] is None:
        return []
    return [(_pattern(one.group(2)), number) for number, one in enumerate(found) if one is not None]


def _plain(words: str) -> str:
    return re.sub(r"[\W_]+", "", words).casefold()


def _pattern(code: str) -> str:
    own = rf"(?<![A-Za-z0-9.]){re.escape(code)}(?![A-Za-z0-9]|\.\d)"
    if re.fullmatch(r"\d+[a-e]", code, re.IGNORECASE):
        return own  # a digit with a letter is no number of anything else
    end = r"(?=\s*(?:$|[^\sA-Za-z]))"  # "I" begins a sentence, too
    return rf"(?:{_BEFORE}){own}{end}|{_COUNTED}{own}(?={_BEHIND})"
