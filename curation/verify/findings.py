"""Rules ``negation`` and ``finding``: what the answer affirms or denies, the report does not say otherwise.

In: a ``Case``. Out: ``Broken`` rows: a finding that the report denies or affirms the other way round, or that it does
not name at all. Clauses of advice, of doubt and of other cases assert nothing.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from curation.facts.findings import Finding, concepts
from curation.facts.reading import Context, Segment
from curation.facts.scope import Status
from curation.verify.claims import Broken, Case, is_advice, is_conditional, is_management

#: Words too general to be an invention.
_GENERAL = {
    "malignancy",
    "thickening",
    "thinning",
    "enlargement",
    "shrinkage",
    "abnormality",
    "normal",
    "lesion",
    "flow",
    "normal size",
    "patent",
    "preserved function",
    "inflammation",
    "round",
    "cystic",
    "solid",
    "smooth",
}
_VAGUE = {"normal"}
_YES = re.compile(
    r"^\W*(?:yes|yeah|correct|true|是的?|有(?!限|无|些)|对|会|可以见到|存在|可见)(?![a-z])", re.IGNORECASE
)
_NO = re.compile(r"^\W*(?:no|not|none|negative|absent|false|否|没有|没|无|不是|未见|不存在|不)(?![a-z])", re.IGNORECASE)
_POLAR = re.compile(
    r"^\W*(?:[\w ,]*,\s*)?(?:is|are|was|were|does|do|did|has|have|can|any)\b|吗|是否|有无|有没有|是不是|能否|可否|存在不存在",
    re.IGNORECASE,
)
_NOT_POLAR = re.compile(
    r"\b(?:need\w*|require\w*|should|treat\w*|follow\w*|biops\w+|suggest\w*|indicat\w*|mean|malignan\w+|benign|cancer|risk|concern\w*|worr\w+|surgery|serious|dangerous|enough|suspicious|likely|recommend\w*|necessary|safe)\b"
    r"|需要|必要|应|提示|意味|恶性|良性|癌|风险|治疗|随访|复查|活检|穿刺|手术|严重|担心|危险|可疑|建议|正常吗",
    re.IGNORECASE,
)


#: Words before a diagnosis that is drawn from what is seen.
_DRAWN = re.compile(
    r"\b(?:typical(?:ly)?|consistent|compatible|suggest\w*|probabl\w+|certainly|likely|suspected|indicat\w*|in keeping|represent\w*|favou?r\w*|points? to|characteristic|diagnos\w+|impression|features of|pattern of|criteria)\b[^.;]{0,45}$"
    r"|(?:符合|考虑|提示|支持|倾向|疑似|疑|诊断|典型|首先|可能|属于|特征)[^。;]{0,14}$",
    re.IGNORECASE,
)
#: What a question takes for granted: the mass, this nodule.
_DEFINITE = re.compile(r"(?:\b(?:the|this|that|its|these)(?: [\w-]+){0,3} $)|(?:该|此|这)\S{0,4}$", re.IGNORECASE)
_NOUNS = {"lesion", "sign", "disease"}
_THE = re.compile(r"\b(?:the|this|that) $", re.IGNORECASE)
_ASKED_FOR = re.compile(r"(?:有|见|见到|存在|发现|探及|无|合并|伴)\S{0,6}$")


class Claim(NamedTuple):
    """A finding that an answer affirms or denies, and of what."""

    name: str
    status: Status
    context: Context
    start: int
    end: int
    is_plain: bool  # its whole sentence is about what is seen
    is_spoken: bool  # in the answer itself, not taken from the question by yes or no


class Witness(NamedTuple):
    """What a report says of a concept."""

    status: Status
    context: Context
    start: int
    end: int


def findings(case: Case) -> Iterator[Broken]:
    """Find claims that the report contradicts or does not hold."""
    for claim in claims(case):
        yield from _judge(claim, case)
    yield from contradictions(case)


def claims(case: Case) -> list[Claim]:
    """Collect what the answer asserts, also by yes or no."""
    out = [
        Claim(
            one.name, one.status, _near(one, segment), one.start, one.end, not is_management(case.answer, segment), True
        )
        for segment in case.answer.segments
        if not is_conditional(case.answer, segment)
        for one in segment.findings
        if one.status is not Status.OPEN and one.name not in _VAGUE and not is_advice(case.answer, segment)
    ]
    return out + _answered(case)


def _near(one: Finding, segment: Segment) -> Context:
    return segment.context


def _answered(case: Case) -> list[Claim]:
    """Read "Yes" or "No" as a claim about the last finding of a question that can be answered so."""
    word = _word_of(case)
    asked = _asked(case)
    if word is None or asked is None:
        return []
    first = case.answer.segments[0]
    if any(part.findings for part in case.answer.segments if part.sentence == first.sentence):
        return []  # what is said outright counts, and must agree: see contradictions
    one, context = asked
    status, start, end = word
    return [Claim(one.name, status, context, start, end, is_plain=True, is_spoken=False)]


def _word_of(case: Case) -> tuple[Status, int, int] | None:
    """Find "Yes" or "No" at the head of an answer."""
    for pattern, status in ((_YES, Status.AFFIRMED), (_NO, Status.DENIED)):
        if match := pattern.match(case.answer.text):
            return status, match.start(), match.end()
    return None


def _asked(case: Case) -> tuple[Finding, Context] | None:
    """Find what a question asks for that can be answered by yes or no."""
    text = case.question.text
    if not _POLAR.search(text) or _NOT_POLAR.search(text) or not case.answer.segments:
        return None
    found = [(one, part.context) for part in case.question.segments for one in part.findings if _is_asked(one, text)]
    return found[-1] if found else None


def contradictions(case: Case) -> Iterator[Broken]:
    """Find answers whose "Yes" or "No" is not what they go on to say."""
    word, asked = _word_of(case), _asked(case)
    if word is None or asked is None or _QUALIFIED.search(case.question.text):
        return
    one, context = asked
    concept = concepts()[one.name]
    head = _HEAD.match(case.answer.text)
    if head is None:
        return
    for segment in case.answer.segments:
        for said in segment.findings:
            status = _turned(said, one.name, concept.contrary)
            apart = context.side_agrees(segment.context) is False or context.organ_agrees(segment.context) is False
            if status is None or apart or segment.sentence > _sentence_behind(case, head.end()):
                continue
            if status is not word[0] and not _is_partial(segment, case):
                yield Broken("negation", None, (word[1], word[2]))
            return


def _turned(said: Finding, name: str, contrary: frozenset[str]) -> Status | None:
    """Read what a finding says of the one that was asked for."""
    normal = name == "abnormality" and concepts()[said.name].kind == "normal"
    if said.status is Status.OPEN or not (said.name == name or said.name in contrary or normal):
        return None
    if said.name == name:
        return said.status
    return Status.DENIED if said.status is Status.AFFIRMED else None


def _sentence_behind(case: Case, place: int) -> int:
    return next((one.sentence for one in case.answer.segments if one.end > place), 0)


def _is_partial(segment: Segment, case: Case) -> bool:
    return _PARTIAL.search(case.answer.text[segment.start : segment.end]) is not None


_HEAD = re.compile(r"^\W*[^,.;。!]{1,8}[,.;。!]\s*")
_QUALIFIED = re.compile(
    r"\b(?:significant|severe|moderate|mild|large|complete|any other|another|more than|also|both|only|still|normal)\b|明显|严重|重度|中度|轻度|完全|其他|另外|都|均|只有|仅|正常",
    re.IGNORECASE,
)
_PARTIAL = re.compile(r"\b(?:only|except|apart|but|although|other|rather)\b|仅|只|除|但|其他|而", re.IGNORECASE)


def _is_asked(one: Finding, question: str) -> bool:
    """Tell whether a question asks for a finding instead of taking it for granted."""
    kind = concepts()[one.name].kind
    if kind in _NOUNS and _DEFINITE.search(question[: one.start]):
        return False
    if kind == "state" and _THE.search(question[: one.start]):
        return False
    if kind == "lesion" and re.search(r"[\u3400-\u9fff]", question):
        return _ASKED_FOR.search(question[: one.start]) is not None
    return True


def _judge(claim: Claim, case: Case) -> Iterator[Broken]:
    place = (claim.start, claim.end)
    said = witnesses(claim.name, case)
    near = _nearest(claim.context, said)
    if claim.status is Status.AFFIRMED:
        if any(one.status is not Status.DENIED for one in near):
            return
        if near:
            yield Broken("negation", (near[0].start, near[0].end), place)
        elif (
            claim.name not in _GENERAL
            and claim.is_plain
            and not _is_drawn(claim, case)
            and not any(one.status is Status.AFFIRMED for one in said)
        ):
            yield Broken("finding", None, place)
    elif _is_of_both(claim) and any(one.status is Status.AFFIRMED for one in near):
        exact = _nearest(claim.context, witnesses(claim.name, case, exact=True))
        yield from (Broken("negation", (w.start, w.end), place) for w in exact if w.status is Status.AFFIRMED and w.context.sides)
    elif near and not any(one.status is not Status.AFFIRMED for one in near):
        exact = _nearest(claim.context, witnesses(claim.name, case, exact=True))
        if exact and all(one.status is Status.AFFIRMED for one in exact):
            yield Broken("negation", (exact[0].start, exact[0].end), place)


def _is_drawn(claim: Claim, case: Case) -> bool:
    """Tell whether a diagnosis is drawn from findings: typical of a fibroadenoma."""
    kind = concepts()[claim.name].kind
    return kind in {"lesion", "disease", "state"} and _DRAWN.search(case.answer.text[: claim.start]) is not None


def _is_of_both(claim: Claim) -> bool:
    """Tell whether a claim is about both sides: then one side against it is enough."""
    return len(claim.context.sides) == 2


def witnesses(name: str, case: Case, *, exact: bool = False) -> list[Witness]:
    """Collect what the report says of a concept: itself, what supports it, and what contradicts it, turned round."""
    table = concepts()
    concept = table[name]
    alike = {name} if exact else {name} | concept.supported_by
    if name == "lesion" and not exact:
        alike |= {one.name for one in table.values() if one.kind == "lesion"}
    out = []
    for segment in case.report.segments:
        for one in segment.findings:
            if one.name in alike:
                out.append(Witness(one.status, segment.context, one.start, one.end))
            elif one.name in concept.contrary and one.status is not Status.OPEN:
                turned = Status.DENIED if one.status is Status.AFFIRMED else Status.AFFIRMED
                if turned is Status.DENIED or not exact:
                    out.append(Witness(turned, segment.context, one.start, one.end))
    return out


def _nearest(context: Context, said: list[Witness]) -> list[Witness]:
    """Keep what is said of the same organ and, where sides are told apart, of the same side."""
    same = [one for one in said if context.organ_agrees(one.context) is not False]
    return [one for one in same if context.side_agrees(one.context) is not False]
