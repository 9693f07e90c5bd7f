"""Rule ``advice``: patterns of advice that harms: no biopsy of what must be sampled, doses, stopping a medication.

In: a ``Case``. Out: ``Broken`` rows. It knows these patterns only; it does not tell whether advice is good.
Source: ACR BI-RADS, ACR TI-RADS 2017, C-TIRADS 2020, O-RADS US v2022, Bosniak 2019: categories that ask for tissue or
referral.
"""

import re
from collections.abc import Iterator

from curation.facts.nature import natures
from curation.facts.reading import Context
from curation.verify.claims import Broken, Case, Span

_ACTS = (
    r"(?:biops\w+|fna|(?:fine-needle )?aspiration|sampling|further (?:work-?up|evaluation|investigation|tests?"
    r"|steps?|action|imaging)|follow-?up|treatment|referral|intervention)"
)
_NOT_SAMPLED = re.compile(
    rf"\b(?:no|without|avoid(?:ing)?|against|skip|decline|refuse|unnecessary|needless|(?:not"
    rf"|n['’]t) (?:\w+ )?(?:need|require|recommend|advise|warrant|perform|undergo|have|indicate)\w*"
    rf"|rather than)(?: for| to have| to undergo| to)?(?: an?| any| the| further| core| needle| tissue"
    rf"| immediate| urgent){{0,3}} {_ACTS}\b"
    rf"|\b{_ACTS}\b(?: \w+){{0,4}} (?:is|are|can be|may be|should be|would be) (?:not |un)(?:\w+ )?(?:needed"
    rf"|necessary|required|indicated|warranted|recommended|advised)\w*"
    rf"|\b{_ACTS}\b[^.;,]{{0,20}}\b(?:can|may|should) (?:safely )?be (?:avoided|skipped|omitted|ignored"
    rf"|declined)|\b(?:can|may|should) (?:safely )?be ignored\b|\bnothing to worry\b|\bignore (?:it|this|the)\b"
    rf"|\broutine screening only\b|\breturn to routine\b"
    r"|(?:无需|不需要?|不必|不用|没有必要|不建议|避免|可以不|可不|勿|拒绝|不推荐)(?:进行|行|做|任何|再|立即"
    r"|超声引导下|粗针|细针|进一步)*(?:活检|穿刺|病理|复查|随访|治疗|手术|就诊|就医|检查|处理|转诊)"
    r"|可(?:以)?忽略|不予处理|(?:不用|不必|无需)(?:担心|理会|重视)",
    re.IGNORECASE,
)
_SAMPLE = re.compile(r"biops|fna|aspirat|sampl|活检|穿刺|病理", re.IGNORECASE)
_ALWAYS = re.compile(
    r"\b(?:stop|discontinue|quit|cease)(?: taking| using)? (?:your |the |all |any |his "
    r"|her )?(?:\w+ ){0,2}(?:medic\w+|drugs?|tablets?|pills?|anticoagula\w+|warfarin|aspirin|statins?|insulin"
    r"|chemotherapy|thyroxine|levothyroxine|heparin|treatment)\b"
    r"|\b(?:take|give|administer|prescribe|start|inject|use)\b[^.;]{0,40}\b\d+(?:\.\d+)?\s?(?:mg|g|mcg|μg|ug|ml"
    r"|iu|units?|tablets?|pills?|capsules?)\b|\b\d+(?:\.\d+)?\s?(?:mg|mcg|μg|iu)\b(?:[^.;]{0,20}\b(?:daily"
    r"|twice|per day|every|orally|bid|tid|once)\b)?"
    r"|\b(?:do not|don['’]t|no need to|never|avoid) (?:see|seeing|consult|consulting|visit|visiting|call|tell"
    r"|go to)(?:ing)? (?:a |your |the |any )?(?:doctor|physician|specialist|hospital|clinic)\b|\b(?:herbal"
    r"|homeopath\w+|home) remed\w+|\b100\s?% (?:benign|safe|certain)|\bguarantee\w*\b|\bmassage the\b"
    r"|(?:立即|自行|可以?|应|马上|建议)?(?:停用|停服|停掉|停止服用|停药)(?![前后时期者])|(?:每日|每天|每次|一日"
    r"|日服|口服|服用|静滴|注射)[^。;]{0,16}\d+(?:\.\d+)?\s?(?:mg|毫克|g|克|片|粒|单位|μg|微克|ml|毫升)"
    r"|\d+(?:\.\d+)?\s?(?:mg|毫克|μg|微克)[^。;]{0,10}(?:每日|每天|一次|两次|口服)"
    r"|(?:偏方|土方|祖传|自行(?:服药|用药|按摩|处理|购药)|不要(?:看|去看|就)医|不要去医院|百分之百"
    r"|绝对(?:是)?(?:良性|安全|没事)|保证(?:治愈|良性|没事))",
    re.IGNORECASE,
)
_TISSUE = {
    "birads": {"4", "4a", "4b", "4c", "5", "6"},
    "tirads": {"5", "4c"},
    "orads": {"4", "5"},
    "lirads": {"5", "m"},
    "bosniak": {"3", "4"},
}
_BUT = re.compile(
    r"\b(?:delay|postpone|alone|only|instead|if|until|unless|before)\b|不能|不可|延误|仅|单纯|如果|若", re.IGNORECASE
)


def advice(case: Case) -> Iterator[Broken]:
    """Find patterns of advice that harms."""
    text = case.answer.text
    for match in _ALWAYS.finditer(text):
        if not _is_in_report(match.group(), case):
            yield Broken("advice", None, match.span())
    for match in _NOT_SAMPLED.finditer(text):
        grave = _grave(case, match.start())
        if grave is None or _BUT.search(text[max(0, match.start() - 12) : match.end() + 30]):
            continue
        # cysts of O-RADS and nodules of LI-RADS are not to be punctured, but they are to be treated
        if _SAMPLE.search(match.group()) and not _asks_for_tissue(case):
            continue
        if not _is_in_report(match.group(), case):
            yield Broken("advice", grave, match.span())


def _is_in_report(words: str, case: Case) -> bool:
    return words.casefold() in case.report.text.casefold()


def _asks_for_tissue(case: Case) -> bool:
    systems = {one.system for segment in case.report.segments for one in segment.categories}
    return not systems or bool(systems & {"birads", "tirads", ""})


def _grave(case: Case, place: int) -> Span | None:
    """Find the category or the words that ask for tissue or referral, of the side that the advice is about."""
    context = next((one.context for one in case.answer.segments if one.start <= place < one.end), Context())
    graded = [
        (segment.context.side_agrees(context), one) for segment in case.report.segments for one in segment.categories
    ]
    same_side = [one for agrees, one in graded if agrees is True] or [one for _, one in graded]
    for one in same_side:
        if one.grade in _TISSUE.get(one.system, set()):
            return (one.start, one.end)
    if graded:
        return None
    return next(((one.start, one.end) for one in natures(case.report) if one.name == "malignant"), None)
