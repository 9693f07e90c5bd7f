"""Questions of yes and no: what they ask for, and answers whose first word is not what they go on to say.

In: a ``Case``. Out: the finding that is asked for, "Yes" or "No" as a status, ``Broken`` rows.
"""

import re
from collections.abc import Iterator

from curation.facts.findings import Finding, concepts
from curation.facts.nature import natures
from curation.facts.reading import Context, Segment
from curation.facts.scope import Status
from curation.verify.claims import Broken, Case

_YES = re.compile(
    r"^\W*(?:yes|yeah|correct|true|是的?|有(?!限|无|些)|对|会|可以见到|存在|可见)(?![a-z])", re.IGNORECASE
)
_NO = re.compile(r"^\W*(?:no|not|none|negative|absent|false|否|没有|没|无|不是|未见|不存在|不)(?![a-z])", re.IGNORECASE)
_POLAR = re.compile(
    r"^\W*(?:[\w ,]*,\s*)?(?:is|are|was|were|does|do|did|has|have|can|any)\b|吗|是否|有无|有没有|是不是|能否"
    r"|可否|存在不存在",
    re.IGNORECASE,
)
_NOT_POLAR = re.compile(
    r"\b(?:need\w*|require\w*|should|treat\w*|follow\w*|biops\w+|suggest\w*|indicat\w*|mean|malignan\w+|benign"
    r"|cancer|risk|concern\w*|worr\w+|surgery|serious|dangerous|enough|suspicious|likely|recommend\w*|necessary"
    r"|safe)\b"
    r"|需要|必要|应|提示|意味|恶性|良性|癌|风险|治疗|随访|复查|活检|穿刺|手术|严重|担心|危险|可疑|建议|正常吗",
    re.IGNORECASE,
)
#: What a question takes for granted: the mass, this nodule.
_DEFINITE = re.compile(
    r"(?:\b(?:the|this|that|its|these)(?: (?!(?:have|has|contain|contains|show|shows|is|are|look"
    r"|looks)\b)[\w-]+){0,2} $)|(?:该|此|这)\S{0,4}$",
    re.IGNORECASE,
)
#: Kinds of what a broader word names: who denies calcification denies microcalcification.
NARROWER = {
    "calcification": {"microcalcification"},
    "flow": {"rich flow"},
    "reduced function": {"reduced systolic function", "reduced diastolic function"},
}
_NOUNS = {"lesion", "sign", "disease"}
_THE = re.compile(r"\b(?:the|this|that) $", re.IGNORECASE)
_ASKED_FOR = re.compile(r"(?:有|见|见到|存在|发现|探及|无|合并|伴)\S{0,6}$")
_HEAD = re.compile(r"^\W*[^,.;。!]{1,8}[,.;。!]\s*")
_QUALIFIED = re.compile(
    r"\b(?:significant|severe|moderate|mild|large|complete|any other|another|more than|also|both|only|still"
    r"|normal|confined|limited|one|single)\b|局限|单侧|明显|严重|重度|中度|轻度|完全|其他|另外|都|均|只有|仅|正常",
    re.IGNORECASE,
)
_PARTIAL = re.compile(r"\b(?:only|except|apart|but|although|other|rather)\b|仅|只|除|但|其他|而", re.IGNORECASE)


def word_of(case: Case) -> tuple[Status, int, int] | None:
    """Find "Yes" or "No" at the head of an answer."""
    for pattern, status in ((_YES, Status.AFFIRMED), (_NO, Status.DENIED)):
        if match := pattern.match(case.answer.text):
            return status, match.start(), match.end()
    return None


def asked_of(case: Case) -> tuple[Finding, Context] | None:
    """Find what a question asks for that can be answered by yes or no."""
    text = case.question.text
    if not _POLAR.search(text) or _NOT_POLAR.search(text) or not case.answer.segments:
        return None
    found = [(one, part.context) for part in case.question.segments for one in part.findings if _is_asked(one, text)]
    return found[-1] if found else None


def contradictions(case: Case) -> Iterator[Broken]:
    """Find answers whose "Yes" or "No" is not what they go on to say."""
    word, asked = word_of(case), asked_of(case)
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
    narrower = said.name in NARROWER.get(name, set())
    if said.status is Status.OPEN or not (said.name == name or narrower or said.name in contrary or normal):
        return None
    if said.name == name or (said.name in NARROWER.get(name, set()) and said.status is Status.AFFIRMED):
        return said.status
    return Status.DENIED if said.status is Status.AFFIRMED else None


def _sentence_behind(case: Case, place: int) -> int:
    return next((one.sentence for one in case.answer.segments if one.end > place), 0)


def _is_partial(segment: Segment, case: Case) -> bool:
    return _PARTIAL.search(case.answer.text[segment.start : segment.end]) is not None


def _is_asked(one: Finding, question: str) -> bool:
    """Tell whether a question asks for a finding instead of taking it for granted."""
    kind = concepts()[one.name].kind
    if kind in _NOUNS and not question[: one.end].endswith("ed") and _DEFINITE.search(question[: one.start]):
        return False
    if kind == "state" and _THE.search(question[: one.start]):
        return False
    if kind == "lesion" and re.search(r"[\u3400-\u9fff]", question):
        return _ASKED_FOR.search(question[: one.start]) is not None
    return True


def polar(case: Case) -> Iterator[Broken]:
    """Find what is wrong with an answer of yes or no beside its claims."""
    broken = [*contradictions(case), *valences(case)]
    yield from broken[:1]
    yield from organs_asked(case)


_ASKS_NORMAL = re.compile(r"\b(?:normal|unremarkable|healthy|intact|patent)\b|正常", re.IGNORECASE)
_ASKS_WRONG = re.compile(
    r"(?<!the )\b(?:abnormal|affected|involved|worr\w+|suspicious|damaged|diseased)\b"
    r"|异常|受累(?!的|静脉|动脉|血管|侧|段|肠)|可疑",
    re.I,
)
_ASKS_BENIGN = re.compile(r"\bbenign\b|良性", re.IGNORECASE)
_ASKS_NATURE = re.compile(r"\b(?:benign|malignant|cancer\w*|worr\w+)\b|良性|恶性|担心", re.IGNORECASE)
_POLAR_EITHER = re.compile(
    r"\bor\b|还是|良恶性|risk|likel|风险|可能性|which|what|how|哪|什么|如何|多大|need|需要", re.IGNORECASE
)
_BAD = frozenset({"lesion", "state", "disease"})


def valences(case: Case) -> Iterator[Broken]:
    """Find "Yes" where a question about the normal is answered with what is not, and the like."""
    word, text = word_of(case), case.question.text
    if _ASKS_NATURE.search(text) and not _POLAR_EITHER.search(text) and _POLAR.search(text) and word is not None:
        claimed = {one.name for one in natures(case.answer)}
        wanted = {"benign"} if _ASKS_BENIGN.search(text) else {"malignant"}
        if len(claimed) == 1 and (claimed == wanted) is not (word[0] is Status.AFFIRMED):
            yield Broken("nature", None, (word[1], word[2]))
        return
    unseen = _ASKS_SEEN.search(text) is not None and _UNSEEN.search(case.answer.text) is not None
    if word is not None and word[0] is Status.AFFIRMED and (unseen or (_asks_for_fault(case) and _is_all_well(case))):
        yield Broken("negation", None, (word[1], word[2]))
        return
    normal, wrong = _ASKS_NORMAL.search(text) is not None, _ASKS_WRONG.search(text) is not None
    if word is None or normal is wrong or not _POLAR.search(text) or re.search(r"which|哪", text, re.IGNORECASE):
        return
    good, bad = _told(case)
    if good is not bad and (word[0] is Status.AFFIRMED) is not (normal is good):
        yield Broken("negation", None, (word[1], word[2]))


#: Was the ovary seen? Yes, it was obscured.
_ASKS_SEEN = re.compile(
    r"\b(?:could|can|was|were|is|are)\b.*\b(?:assess|visuali[sz]|identif|evaluat|demonstrat)\w*|显示清|看清|探及吗",
    re.IGNORECASE,
)
_UNSEEN = re.compile(
    r"\b(?:not|n't|poorly|never) (?:be |been |well |clearly )?(?:seen|assess|visuali[sz]|identif|evaluat|demonstrat)"
    r"|\bobscured\b"
    r"|显示不清|未显示|未探及|看不清",
    re.IGNORECASE,
)


def _asks_for_fault(case: Case) -> bool:
    asked = asked_of(case)
    return asked is not None and concepts()[asked[0].name].kind in {"state", "disease"}


def _is_all_well(case: Case) -> bool:
    """Tell whether the sentence behind the word calls something normal, and names no side and nothing that is not."""
    parts = _said_behind(case)
    found = [one for part in parts for one in part.findings]
    calm = [one for one in found if concepts()[one.name].kind == "normal" and one.status is Status.AFFIRMED]
    others = [one for one in found if concepts()[one.name].kind in _BAD]
    return bool(calm) and not others and not any(part.sides for part in parts)


def _told(case: Case) -> tuple[bool, bool]:
    """Tell whether the sentence behind the word tells of what is well, and of what is not."""
    good = bad = False
    for part in _said_behind(case):
        for one in part.findings:
            kind = concepts()[one.name].kind
            if kind == "normal" and one.status is Status.AFFIRMED:
                good = True
            elif kind in _BAD and one.status is not Status.OPEN:
                good, bad = (good, True) if one.status is Status.AFFIRMED else (True, bad)
    claimed = {one.name for one in natures(case.answer)}
    return good or "benign" in claimed, bad or "malignant" in claimed


def _said_behind(case: Case) -> list[Segment]:
    """Give the clauses up to the end of the sentence that stands behind "Yes" or "No"."""
    head = _HEAD.match(case.answer.text)
    number = _sentence_behind(case, head.end() if head else 0)
    return [part for part in case.answer.segments if part.sentence <= number]


def organs_asked(case: Case) -> Iterator[Broken]:
    """Find answers of yes or no that speak of another organ than the question."""
    asked, text = case.question.contexts.organs, case.question.text
    if word_of(case) is None or len(asked) != 1 or not _POLAR.search(text) or _NOT_POLAR.search(text):
        return
    said = [one for part in _said_behind(case) for one in part.organs]
    mine = Context(frozenset(one.family for one in said))
    if said and _ELSEWHERE.search(text) is None and mine.organ_agrees(Context(asked)) is False:
        yield Broken("organ", None, (said[0].start, said[0].end))


#: Signs of one organ may stand in another: questions about causes and consequences are left alone.
_ELSEWHERE = re.compile(
    r"\b(?:signs?|evidence|cause\w*|suggest\w*|complicat\w*|hypertension|spread|involve\w*)\b"
    r"|征象|提示|原因|引起|高压|转移|合并|并发",
    re.IGNORECASE,
)
