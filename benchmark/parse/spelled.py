"""Numbers that are spelled out become digits: sixty-five percent, 六十五, 百分之六十五, 零点八.

In: a text. Out: the same text with digits. Chinese digits inside other words (二尖瓣, 一般) stay.
"""

import re

_ONES = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = {
    word: 10 * number
    for number, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_WORD = "|".join([*_TENS, *sorted(_ONES, key=len, reverse=True), "hundred"])
_EN = re.compile(
    rf"\b(?:{_WORD})(?:[\s-]+(?:and\s+)?(?:{_WORD}))*(?:\s+point(?:\s+(?:{'|'.join(_ONES)}))+)?\b", re.IGNORECASE
)
_DIGITS = {char: number for number, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_ZH = re.compile(
    r"(百分之)?(?:(?:[一二三四五六七八九两]?[百十][零〇一二三四五六七八九十百]*|[零〇一二三四五六七八九])(?:点[零〇一二三四五六七八九]+)?)"
)
#: What makes a lone Chinese digit a number: a unit behind it, or a point within it.
_COUNTED = re.compile(r"\s*(?:毫米|厘米|公分|%|毫升|分|级|度|岁|周)")


def spelled_out(text: str) -> str:
    """Write spelled numbers as digits."""
    return _ZH.sub(lambda one: _chinese(one, text), _EN.sub(lambda one: _english(one.group()), text))


def _english(words: str) -> str:
    whole, _, rest = words.lower().replace("-", " ").partition(" point ")
    total = 0
    for word in whole.split():
        if word == "hundred":
            total = max(total, 1) * 100
        elif word != "and":
            total += _TENS.get(word, _ONES.get(word, 0))
    return f"{total}.{''.join(str(_ONES[word]) for word in rest.split())}" if rest else str(total)


def _chinese(found: re.Match[str], text: str) -> str:
    run, share = found.group(), found.group(1)
    digits = run.removeprefix("百分之")
    whole, point, rest = digits.partition("点")
    alone = len(whole) == 1 and not point and not share
    if alone and not _COUNTED.match(text[found.end() :]) and text.strip(" 。.") != run:
        return run
    value = _whole(whole)
    if value is None:
        return run
    written = f"{value}.{''.join(str(_DIGITS[char]) for char in rest)}" if point else str(value)
    return f"{written}%" if share else written


def _whole(digits: str) -> int | None:
    """Read a whole number below a thousand."""
    if not digits or not any(char in "十百" for char in digits):
        return int("".join(str(_DIGITS[char]) for char in digits)) if digits else None
    total, current = 0, None
    for char in digits:
        if char in "十百":
            total += (1 if current is None else current) * (10 if char == "十" else 100)
            current = None
        else:
            current = _DIGITS[char]
    return total + (current or 0)
