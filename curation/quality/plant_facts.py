"""Planted errors that contradict the report: one fact of the answer is changed.

In: a clean pair and a seeded generator. Out: the changed answer, or None where it holds no such fact of the report.
"""

import random
import re
from collections.abc import Callable
from decimal import Decimal

from curation.facts.quantities import UNITS as FACTORS
from curation.facts.quantities import quantities
from curation.facts.reading import read
from curation.generate.alter import alterations
from curation.quality.clean_pair import CleanPair
from curation.quality.plant_words import ADVISES, DEGREES, DENIES, FLIPS, NATURES, ORGANS, UNIT, UNITS, WEIGHS
from curation.text.folding import fold
from schemas.case import Language

_FACTORS = tuple(map(Decimal, ("1.4", "1.6", "2", "2.5", "0.6", "0.5")))
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_LAST_NUMBER = re.compile(r"\d+(?:\.\d+)?(?=\s?$)")


def number(pair: CleanPair, rng: random.Random) -> str | None:
    """Change a measured value to one that the report does not hold."""
    report = [one for part in read(pair.report).segments for one in part.quantities]
    known, values = (
        {(one.value, one.unit) for one in report},
        {one.value for one in report} | {one.raw for one in report},
    )
    folded = fold(pair.answer)
    found = [
        one
        for one in quantities(folded)
        if (one.value, one.unit) in known
        and not one.is_word
        and (one.unit or one.step < 1)
        and not _is_advice(pair, one.start)
    ]
    if not found:
        return None
    one = rng.choice(found)
    scale = one.value / one.raw if one.raw else Decimal(1)
    for factor in rng.sample(_FACTORS, len(_FACTORS)):
        raw = (one.raw * factor).quantize(one.step / scale)
        if raw > 0 and not {raw, raw * scale} & values and not (one.unit == "%" and raw > 99):
            end = one.start + len(_DIGITS.match(folded, one.start).group())  # type: ignore[union-attr]
            return f"{pair.answer[: one.start]}{raw}{pair.answer[end:]}"
    return None


def unit(pair: CleanPair, rng: random.Random) -> str | None:
    """Change the unit of a measured value; the new one must not stand in the report beside the same number."""
    report = [one for part in read(pair.report).segments for one in part.quantities if one.unit not in {"", "day"}]
    options = []
    for match in UNIT.finditer(pair.answer):
        number = _LAST_NUMBER.search(pair.answer[: match.start()])
        other = UNITS.get(match[2], "cm")
        base = FACTORS[other.lower()]
        said = [one for one in report if number and one.raw == Decimal(number.group())]
        same = any(one.unit == base[0] and one.value == one.raw * base[1] for one in said)
        if said and not same and not _is_advice(pair, match.start()):
            options.append(f"{pair.answer[: match.start()]}{match[1]}{other}{pair.answer[match.end() :]}")
    return one_of(rng, options)


def _clause(text: str, match: re.Match[str]) -> str:
    start = max((text.rfind(mark, 0, match.start()) for mark in ".。;；"), default=-1) + 1
    ends = [place for mark in ".。;；" if (place := text.find(mark, match.end())) >= 0]
    return text[start : min(ends, default=len(text))]


def _is_advice(pair: CleanPair, place: int) -> bool:
    """Tell whether a clause is advice: a change of it need not contradict the report."""
    match = re.compile(".").match(pair.answer, place)
    return match is not None and ADVISES.search(_clause(pair.answer, match)) is not None


def _is_grounded(pair: CleanPair, match: re.Match[str]) -> bool:
    """Tell whether the words behind a flipped word stand in the report; a flip of anything else contradicts nothing."""
    if match.start() == 0 and re.match(r"yes|no|是的|有$", match.group(), re.IGNORECASE):
        return True
    clause = _clause(pair.answer, match).lower().replace(match.group().lower(), " ")
    words = re.findall(r"[a-z]{4,}", clause) + re.findall(r"(?=([\u3400-\u9fff]{2}))", clause)
    return sum(word.rstrip("s") in pair.report.lower() for word in words) >= 2


def side(pair: CleanPair, _rng: random.Random) -> str | None:
    """Say right for left and left for right."""
    words = ("left", "right", "Left", "Right") if pair.language is Language.EN else ("左", "右")
    edge = r"\b" if pair.language is Language.EN else ""
    said = [word for word in words if re.search(f"{edge}{word}{edge}", pair.answer)]
    if len({word.lower() for word in said}) != 1 or "左右" in pair.answer or "右心" in pair.answer:
        return None
    swap = dict(zip(words, (words[1], words[0], *(words[3:] + words[2:3])), strict=True))
    return re.sub(f"{edge}{said[0]}{edge}", swap[said[0]], pair.answer)


def organ(pair: CleanPair, rng: random.Random) -> str | None:
    """Name another organ."""
    rows = [
        (word, row)
        for row in ORGANS
        for word in row
        if (match := re.search(_word(word), pair.answer))
        and re.search(_word(word), pair.report)
        and not ADVISES.search(_clause(pair.answer, match))
        and _is_grounded(pair, match)
    ]
    if not rows:
        return None
    word, row = rng.choice(rows)
    other = rng.choice([one for one in row if one != word])
    return re.sub(_word(word), other, pair.answer)


def _word(word: str) -> str:
    return rf"\b{word}\b" if word.isascii() else re.escape(word)


def _altered(kinds: set[str]) -> Callable[[CleanPair], list[str]]:
    def changed(pair: CleanPair) -> list[str]:
        out = []
        for match in re.finditer(r"[^.。;；]+[.。;；]?", pair.answer):
            for one in alterations(match.group(), pair.language):
                if one.kind in kinds:
                    out.append(pair.answer[: match.start()] + one.text + pair.answer[match.end() :])
        return out

    return changed


def _swapped(pair: CleanPair, table: dict[Language, tuple[tuple[str, str], ...]]) -> list[str]:
    return [re.sub(old, new, pair.answer, count=1) for old, new in table[pair.language] if re.search(old, pair.answer)]


def one_of(rng: random.Random, options: list[str]) -> str | None:
    """Draw one of the options, if there are any."""
    return rng.choice(sorted(options)) if options else None


def grade(pair: CleanPair, rng: random.Random) -> str | None:
    """Change a category or a word of degree."""
    said = {name for part in read(pair.report).segments for name in (d.name for d in part.degrees)}
    degrees = _swapped(pair, DEGREES) if said else []
    if ADVISES.search(pair.answer):
        return None
    return one_of(rng, [*_altered({"grade"})(pair), *degrees])


def negation(pair: CleanPair, rng: random.Random) -> str | None:
    """Flip one clause; a clause that already denies is not denied twice."""
    options = []
    for old, new in FLIPS[pair.language]:
        match = re.search(old, pair.answer)
        if match and (ADVISES.search(_clause(pair.answer, match)) or not _is_grounded(pair, match)):
            continue
        if match and not (re.search(r"\bnot\b|未见|absent", new) and DENIES.search(_clause(pair.answer, match))):
            options.append(pair.answer[: match.start()] + new + pair.answer[match.end() :])
    return one_of(rng, options)


def nature(pair: CleanPair, rng: random.Random) -> str | None:
    """Swap words that claim a nature; a risk or a condition claims none."""
    options = []
    for old, new in NATURES[pair.language]:
        match = re.search(old, pair.answer)
        if match and not WEIGHS.search(_clause(pair.answer, match)):
            options.append(pair.answer[: match.start()] + new + pair.answer[match.end() :])
    return one_of(rng, options)
