"""Rule ``number``: a number of the answer stands in the report, with its unit and size; guidelines may be quoted.

In: a ``Case``. Out: ``Broken`` rows, also of rule ``unit`` where the number stands in the report with another unit.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations

from curation.facts.quantities import Quantity
from curation.facts.reading import Reading, Segment
from curation.facts.scope import Status
from curation.verify.claims import Broken, Case, is_conditional, is_management

_APPROXIMATE = re.compile(
    r"(?:\b(?:about|approximately|around|roughly|nearly|almost|ca\.?|some|close to)|~|约|大约|近|将近|大致|左右)\s*$",
    re.I,
)
_NEARLY = re.compile(r"(?:\b(?:nearly|almost|close to)|将?近|接近)\s*$", re.IGNORECASE)
_ABOUT_BEHIND = re.compile(r"^\s*(?:左右|上下|or so)")
_LESS = re.compile(
    r"(?:<|≤|\b(?:less than|below|under|smaller than|fewer than|up to|at most|no more than|within|shorter than"
    r"|thinner than)|小于|低于|少于|不超过|不足|未超过|不到|<=|≦)\s*(?:a |an |the |the (?:limit|threshold"
    r"|cutoff|cut-off) of )?$",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"(?:>|≥|\b(?:more than|greater than|larger than|bigger than|above|over|exceed(?:s|ed|ing)?|at least"
    r"|longer than|thicker than|higher than|faster than|from|after|beyond)|大于|高于|超过|超出|多于|至少|不低于"
    r"|不少于|达到|≧|>=)\s*(?:a |an |the |the (?:limit|threshold|cutoff|cut-off) of )?$",
    re.IGNORECASE,
)
#: A bound of what was measured is a measured value: stones of up to 9 mm.
_REACHED = re.compile(
    r"(?:\b(?:up to|extend(?:s|ed|ing)? over|spread(?:s|ing)? over|reach(?:es|ing)?)|达到?)\s*$", re.IGNORECASE
)
_MORE_BEHIND = re.compile(r"^\s*(?:以上|以后|之后|及以上|or (?:more|above|greater|larger|higher)|\+)")
_LESS_BEHIND = re.compile(r"^\s*(?:以内|以下|之内|or (?:less|below|smaller))")
_RISK = re.compile(
    r"\b(?:risks?|likelihood|probabilit\w+|chances?|malignan\w+|cancer\w*|predictive|rates?|suspicion|benign"
    r"|sensitivity|of (?:all|such|these) )\b|风险|可能|概率|几率|恶性|癌|比例|发生率|良性|危险",
    re.IGNORECASE,
)
_GESTATION = re.compile(
    r"\b(?:crl|bpd|gestation\w*|pregnan\w*|weeks? (?:and|\d)|w\d+d|ga)\b|孕|胎|妊娠|停经", re.IGNORECASE
)
_FOLLOWED = re.compile(
    r"\b(?:follow\w*|re-?check|repeat\w*|re-?scan|re-?evaluat\w*|surveillance|ultrasound in|in|interval"
    r"|every)\b|复查|随访|复诊|随诊|每|追蹤|追踪",
    re.IGNORECASE,
)
_GENERAL = re.compile(
    r"\b(?:usually|often|most|typically|generally|common\w*|by|until|should|recommend\w*)\b|一般|通常|多在|大多"
    r"|建议|应",
    re.IGNORECASE,
)
_THRESHOLD = re.compile(
    r"\b(?:normal(?:ly)? (?:range|limits?|value)s?|upper limit|cut-?off|threshold|reference|criteri\w+|defined"
    r"|usually|typically|generally|normal is|normal (?:up to|below|under)|limit of|guideline\w*"
    r"|quality limit)\b|正常值|正常范围|参考值|界值|标准|阈值|上限|通常|一般(?=以|为|在|小|大|不)",
    re.IGNORECASE,
)
_SUPPOSABLE = re.compile(r"\b(?:would|should|can|may|is|are)\b|应|可|需|建议", re.IGNORECASE)
_LIMIT_BEHIND = re.compile(
    r"\s*(?:threshold|cut-?off|limit|(?:is|are) (?:considered|regarded as) |为(?:正常|异常|界)|的?(?:上限|界值|标准))",
    re.I,
)
_LISTED = re.compile(r"(?:^|\n|[。;:]\s*)\s*\(?$")
_INTAKE = re.compile(r"\b(?:drink\w*|water|fluids?|a day|daily|per day)\b|饮水|喝水|每天|每日", re.IGNORECASE)
#: A limit and further numbers of its row: exceeds 230 cm/s, 100 cm/s and a ratio of 4.0.
_ROW = re.compile(
    r"(?:\b(?:exceed(?:s|ed|ing)?|above|over|more than|at least)|超过|大于|高于)[^.;。]{0,6}\d[^;。]{0,45}$",
    re.IGNORECASE,
)
#: Words of change: by about 4 mm over six months.
_CHANGED = re.compile(
    r"\b(?:grown|grew|increas\w+|decreas\w+|larger|smaller|shrunk|bigger)\b.*\bby\b|\bby\b.*\bover\b"
    r"|(?:增大|缩小|增加|减少|增长)了",
    re.IGNORECASE,
)
_TRIVIAL_WORDS = {Decimal(0), Decimal(1)}


def numbers(case: Case) -> Iterator[Broken]:
    """Find numbers of the answer that the report does not hold."""
    known = [one for segment in case.report.segments for one in segment.quantities]
    for segment in case.answer.segments:
        for one in segment.quantities:
            if not _is_supported(one, segment, case, known):
                yield _broken(one, known)
        for group in {one.group for one in segment.quantities}:
            size = [one for one in segment.quantities if one.group == group]
            if len(size) > 1 and all(_matches(one, known) for one in size) and not _is_one_size(size, case, known):
                yield Broken("number", None, (size[0].start, size[-1].end))


def _is_supported(one: Quantity, segment: Segment, case: Case, known: Sequence[Quantity]) -> bool:
    text = case.answer.text
    before, behind = text[max(0, one.start - 40) : one.start], text[one.end : one.end + 14]
    if _is_no_quantity(one, before, behind):
        return True
    if one.is_word and not one.unit:
        return _is_count_supported(one, case, known)
    loose = _APPROXIMATE.search(before) is not None or _ABOUT_BEHIND.match(behind) is not None
    if _is_derived(one, segment, case, known):
        return True
    near = _NEARLY.search(before) is not None
    is_known = any(_equal(one, other, loose=loose) or (near and _is_near(one, other)) for other in known)
    if is_known and not (_is_rounded(one, known) or _is_of_another(one, segment, case)):
        return True
    return _is_guideline(one, segment, case, known, (before, behind, text[max(0, one.start - 70) : one.start]))


def _is_near(one: Quantity, other: Quantity) -> bool:
    """Nearly 100 ml is at least 90."""
    return one.unit == other.unit and one.value * 9 / 10 <= other.value <= one.value


def _is_derived(one: Quantity, segment: Segment, case: Case, known: Sequence[Quantity]) -> bool:
    """Tell whether a number is the sum or the difference of two of its sentence that the report holds."""
    others = [
        other
        for part in case.answer.segments
        if part.sentence == segment.sentence
        for other in part.quantities
        if other != one and other.unit == one.unit and any(_equal(other, held, loose=False) for held in known)
    ]
    if _CHANGED.search(case.answer.sentence(segment)) and others:
        others += [held for held in known if held.unit == one.unit and held not in others]
    pairs = combinations(others, 2)
    return any(one.value in {first.value + second.value, abs(first.value - second.value)} for first, second in pairs)


def _is_rounded(one: Quantity, known: Sequence[Quantity]) -> bool:
    """Tell whether a number is only near one of the report, while it stands there as it is with another unit."""
    if any(_equal(one, other, loose=False) and one.value == other.value for other in known):
        return False
    return any(
        other.raw == one.raw and one.unit and other.unit == one.unit and other.value != one.value for other in known
    )


def _is_of_another(one: Quantity, segment: Segment, case: Case) -> bool:
    """Tell whether a value is of another organ than what the clause is about, of which the report has other values."""
    if one.unit in {"", "day", "clock", "age"} or one.is_word:
        return False
    topics = {found.name for found in segment.findings if found.status is not Status.DENIED}
    topics |= {organ.family for organ in segment.organs}
    holders = [part for part in case.report.segments if any(_equal(one, q, loose=True) for q in part.quantities)]
    if not topics or not holders or not all(part.context.organs for part in holders):
        return False
    for topic in topics:
        own = [part for part in case.report.segments if topic in _topics(part)]
        measured = [part for part in own if any(q.unit == one.unit for q in part.quantities)]
        organs = {organ for part in own for organ in part.context.organs}
        if not measured or not organs or any(organs & part.context.organs for part in holders):
            return False
    return True


def _topics(part: Segment) -> set[str]:
    return {found.name for found in part.findings} | {organ.family for organ in part.organs}


def _is_no_quantity(one: Quantity, before: str, behind: str) -> bool:
    """Item numbers, years of guidelines and ages are no measurements."""
    if not one.unit and not one.is_word:
        if re.match(r"\s*[.)、](?!\d)", behind) and _LISTED.search(before):
            return True
        if 1990 <= one.raw <= 2035 and one.step == 1:
            return True
        if re.match(r"\s*/\s*\d", behind) and _LISTED.search(before):
            return True
    return one.unit == "age" or (one.is_word and one.value in _TRIVIAL_WORDS)


def _is_guideline(
    one: Quantity, segment: Segment, case: Case, known: Sequence[Quantity], around: tuple[str, str, str]
) -> bool:
    """Tell whether a number is one of a guideline: an interval of follow-up, a risk, a limit."""
    sentence = case.answer.sentence(segment)
    if one.unit == "day":
        return _is_interval(one, case, known, sentence)
    if one.unit == "%" and _RISK.search(f"{sentence} {case.question.text}" if len(sentence) < 60 else sentence):
        return not any(other.unit == "%" and _is_risk(other, case.report) for other in known)
    if case.is_supposed and _SUPPOSABLE.search(sentence):
        return True
    advised = is_management(case.answer, segment) or is_conditional(case.answer, segment)
    less = bool(_LESS.search(around[0]) or _LESS_BEHIND.match(around[1]))
    more = bool(_MORE.search(around[0]) or _ROW.search(around[2]) or _MORE_BEHIND.match(around[1]))
    intake = one.unit == "ml" and _INTAKE.search(sentence) is not None
    if intake or _THRESHOLD.search(_same_phrase(around[2])) or _LIMIT_BEHIND.match(around[1]):
        return True
    if (less or more) and not advised:
        return not _REACHED.search(around[0]) and _is_true_bound(one, case, known, less=less)
    return advised and (less or more or one.unit in {"g", "iu"})


def _is_true_bound(one: Quantity, case: Case, known: Sequence[Quantity], *, less: bool) -> bool:
    """Tell whether a measured value keeps a bound of the answer; bounds of the report are to be kept as they are.

    A number that stands in the report with another unit has the wrong one.
    """
    if any(
        other.raw == one.raw and (other.unit not in {one.unit, "day", ""} or other.value != one.value)
        for other in known
    ):
        return False
    alike = [other for other in known if other.unit == one.unit]
    if any(_is_compared(other, case.report.text) for other in alike):
        return False
    return any(other.value <= one.value if less else other.value >= one.value for other in alike)


def _same_phrase(before: str) -> str:
    """Cut off what stands before the last comma or bracket."""
    return re.split(r"[,;.()。]", before)[-1]


def _is_compared(one: Quantity, text: str) -> bool:
    before, behind = text[max(0, one.start - 30) : one.start], text[one.end : one.end + 10]
    return any((_LESS.search(before), _MORE.search(before), _MORE_BEHIND.match(behind), _LESS_BEHIND.match(behind)))


def _is_risk(one: Quantity, report: Reading) -> bool:
    return _RISK.search(report.text[max(0, one.start - 30) : one.end + 15]) is not None


def _is_interval(one: Quantity, case: Case, known: Sequence[Quantity], sentence: str) -> bool:
    """Follow-up may be named freely unless the report names another; weeks of a pregnancy may not."""
    if _GESTATION.search(sentence):
        return not any(other.unit == "day" for other in known) or _GENERAL.search(sentence) is not None
    said = [
        other
        for part in case.report.segments
        for other in part.quantities
        if other.unit == "day" and _FOLLOWED.search(case.report.text[max(0, other.start - 25) : other.end + 12])
    ]
    mine = [other for part in case.answer.segments for other in part.quantities if other.unit == "day"]
    return not said or any(_equal(own, other, loose=False) for own in mine for other in said)


def _is_count_supported(one: Quantity, case: Case, known: Sequence[Quantity]) -> bool:
    """A count contradicts only another count of the report, not a report that does not count."""
    counts = [other for other in known if (other.is_word or other.step == 1) and not other.unit and other.value <= 20]
    words = [other for other in counts if other.is_word]
    if any(other.value == one.value for other in counts) or not words:
        return True
    return all(other.value in _TRIVIAL_WORDS for other in words)


def _matches(one: Quantity, known: Sequence[Quantity]) -> bool:
    return any(_equal(one, other, loose=True) for other in known)


def _is_one_size(size: Sequence[Quantity], case: Case, known: Sequence[Quantity]) -> bool:
    """Tell whether the factors of a size stand together in the report: as one size, or in one sentence."""
    groups: dict[int, list[Quantity]] = {}
    for other in known:
        groups.setdefault(other.group, []).append(other)
    together = list(groups.values())
    sentences = {segment.sentence for segment in case.report.segments}
    for number in sentences:
        together.append([q for s in case.report.segments if s.sentence == number for q in s.quantities])
    return any(_fits(size, others) for others in together)


def _fits(size: Sequence[Quantity], others: Sequence[Quantity]) -> bool:
    left = list(others)
    for one in size:
        match = next((other for other in left if _equal(one, other, loose=True)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _equal(one: Quantity, other: Quantity, *, loose: bool) -> bool:
    """Compare in base units; the answer may round, by a tenth at most unless it says about."""
    if one.unit == other.unit:
        gap = abs(one.value - other.value)
        if gap == 0:
            return True
        may_round = one.step > other.step or loose
        limit = one.step / 2 if loose else min(one.step / 2, other.value / 10)
        return may_round and gap <= limit
    if not one.unit:
        return one.raw == other.raw
    return not other.unit and one.raw == other.raw and one.unit in {"%", "bpm"}


def _broken(one: Quantity, known: Sequence[Quantity]) -> Broken:
    """Name the number, and the one of the report that it most likely should be."""
    same = [other for other in known if other.raw == one.raw]
    if same and one.unit:
        return Broken("unit", (same[0].start, same[0].end), (one.start, one.end))
    alike = [other for other in known if other.unit == one.unit and not other.is_word]
    near = min(alike, key=lambda other: abs(other.value - one.value), default=None)
    return Broken("number", (near.start, near.end) if near else None, (one.start, one.end))
