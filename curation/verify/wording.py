"""Rules ``language``, ``source``, ``refusal`` and ``phi``: how an answer speaks, whatever it says.

In: a ``Case``. Out: ``Broken`` rows.
"""

import re
from collections.abc import Iterator

from curation.text.spans import Replacement
from curation.verify.claims import Broken, Case
from schemas.case import Language

_CJK = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_LETTER = re.compile(r"[A-Za-z]")
_REFUSAL = re.compile(
    r"\b(?:I['’]?m sorry|I am sorry|sorry, (?:but )?I|I apologi[sz]e|as an? (?:AI|artificial|language model"
    r"|assistant|large)|I(?: am|['’]m) (?:just |only )?(?:an? (?:AI|language model|assistant)|unable|not able)"
    r"|I (?:can ?not|can['’]t|could not|won['’]t|will not) (?:provide|help|assist|answer|give|offer|interpret"
    r"|determine|analy[sz]e|comment|make|see|view|diagnos\w*|comply|fulfil|do|tell|advise)"
    r"|(?:can ?not|unable to) (?:provide|offer|give) (?:a |any |you |an )?(?:medical|diagnos\w+|answer"
    r"|interpretation|advice)|cannot assist|beyond my (?:ability|capabilit\w+)|please (?:consult|ask) (?:a"
    r"|your) (?:doctor|physician|professional|qualified\w*)[^.]{0,40}(?:instead|for an answer))\b"
    r"|(?:很|非常)?抱歉|对不起|作为(?:一个|一名|一款)?\s*(?:AI|人工智能|语言模型|助手|大模型)"
    r"|我(?:只)?是(?:一个|一款|一名)?\s*(?:AI|人工智能|语言模型)"
    r"|我(?:无法|不能|没有办法|没办法|不便|无权)(?:为您|给您|对此|对该)?(?:提供|回答|判断|给出|诊断|解读|查看"
    r"|分析|协助|帮助|作答|做出)|(?:无法|不能)(?:提供|给出)(?:医疗|诊断|医学)(?:建议|意见)?|无法回答|不能回答"
    r"|拒绝回答|恕我",
    re.IGNORECASE,
)
_NOUN = (
    r"(?:ultrasound |sonograph\w+ |given |provided |above |original |radiology |clinical |source |medical "
    r"|imaging |written |attached |input |following |scan )*(?:report|text|passage|paragraph|document|excerpt"
    r"|context|transcript|narrative|note|description|statement|data|record|information (?:provided|given"
    r"|above))"
)
_SOURCE = re.compile(
    rf"\b(?:according to|based on|as (?:stated|described|mentioned|noted|written|reported|documented|per|given"
    rf"|indicated)(?: in| by)?|per|from|in|as|by|quoting|within) (?:the|this|your|that) {_NOUN}\b"
    rf"|\b(?:the|this) {_NOUN} (?:\w+ly )?(?:states?|says?|mentions?|describes?|notes?|indicates?|reads?"
    rf"|reports?|shows?|lists?|documents?|concludes?|does not|doesn['’]t|gives?|specif\w+|suggests?"
    rf"|provides?)\b"
    r"|\b(?:as )?(?:stated|mentioned|described|quoted) (?:above|in the (?:findings|impression))\b"
    r"|\bper report\b|\bthe report['’]s\b|\bas per (?:the )?report\b|\bthe findings section\b"
    r"|\bthe impression (?:section|states|says|reads)\b|</?data>"
    r"|(?:根据|依据|按照|基于|参照|参考|由|从|依照|结合|据)(?:上述|以上|该|此|本|这份|所给|提供的|给出的"
    r"|所提供的|给定的|原|检查|超声|影像|文字|患者的?|这段|原始){0,4}(?:报告|文本|文字|描述|资料|段落|原文|内容"
    r"|记录|记载|叙述|信息)(?:单)?"
    r"|(?:报告|原文|文本|文中|上文|上述文字|段落|描述|资料|记录)(?:单)?(?:中|里|内)?(?:明确|已|还|也|并|未|没有"
    r"|均)?(?:提到|指出|显示|提示|描述|写道|写明|写着|记载|所述|所示|所写|说明|表明|注明|给出|称|说|提及|记录"
    r"|所见|中提|认为|载明)|(?:正)?如(?:报告|上文|文中|原文|上所述|前所述|前述|描述)|据(?:报告|报道|描述|文中"
    r"|上文)|(?:^|[,。;])\s*(?:报告|文)中|上述(?:报告|文本|描述|内容)|以上(?:报告|文本|描述)",
    re.IGNORECASE,
)
_SOURCE_IN_QUESTION = re.compile(
    r"\b(?:according to|based on|as (?:stated|described|mentioned) in|from) (?:the|this) (?:given |provided "
    r"|above |ultrasound )*(?:report|text|passage|document)\b|(?:根据|依据|按照)(?:上述|以上|该|此|本|这份|所给"
    r"|提供的)?(?:超声)?(?:报告|文本|原文|段落)",
    re.IGNORECASE,
)
#: Kinds of personal text that no clinical answer holds; words that scrubbing merely does not know are not among them.
_PERSONAL = {"ID", "PHONE", "DATE", "ADDRESS", "EMAIL", "URL", "ACCESSION", "MRN", "BED", "PATIENT"}
_SHAPES = re.compile(
    r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)|(?<!\d)\d{3,4}[- ]\d{7,8}(?!\d)"
    r"|\(\d{3}\)\s?\d{3}-\d{4}|(?<!\d)\d{3}-\d{3,4}-\d{4}(?!\d)|[\w.]+@[\w-]+\.\w+"
    r"|\b(?:MRN|patient id|ID(?: number| no\.?)?|accession(?: no\.?| number)?|DOB|date of birth|SSN"
    r"|record (?:no\.?|number))\s*[:#]?\s*[A-Z]{0,3}[-\d/]{4,}"
    r"|(?:住院号|门诊号|病历号|检查号|身份证号?|登记号|就诊卡号|病案号|影像号|床号|电话|手机号?|联系方式"
    r"|ID号?)\s*[:：为是]?\s*[A-Za-z]{0,4}\d{2,}"
    r"|(?:姓名|患者姓名|病人姓名|patient name|name)\s*[:：]\s*\S{2,}|(?-i:\b(?:Mr|Mrs|Ms|Miss"
    r"|Dr)\.? [A-Z][a-z]+|\b[Pp]atient,? [A-Z][a-z]+ [A-Z][a-z]+)"
    r"|(?:19|20)\d{2}\s?[-/.年]\s?(?:0?[1-9]|1[0-2])\s?[-/.月]\s?(?:[12]\d|3[01]|0?[1-9])日?|\b(?:0?[1-9]"
    r"|1[0-2]|[12]\d|3[01])/(?:0?[1-9]|[12]\d|3[01])/(?:19|20)\d{2}\b",
    re.IGNORECASE,
)

#: Words around a name; without them scrubbing takes unknown words for names.
_CUE = re.compile(
    r"(?:患者|病人|姓名[:：]?|产妇|孕妇|由|经|联系|通知|\b(?:patient|named|name is|name:|mr\.?|mrs\.?|ms\.?"
    r"|dr\.?|doctor|for|by|of))\s*$",
    re.IGNORECASE,
)
#: Without one of these there is nothing personal to find, and scrubbing is slow.
_MAY_BE_PERSONAL = re.compile(
    r"\d{4}|\d[-/.年]\d+[-/.月]|@|[一二三四五六七八九十〇○]{4}|\d月\d|先生|女士|小姐|医生|医师|主任|教授|患者"
    r"|病人|姓名|产妇|孕妇|医院|电话|住院|门诊|床|号"
    r"|\b(?:patient|named?|mr|mrs|ms|miss|dr|doctor|hospital|clinic|phone|tel|call|street|road|born|jan|feb|mar"
    r"|apr|may|june?|july?|aug|sep|oct|nov|dec)\w*\b",
    re.IGNORECASE,
)
_HOSPITAL = re.compile(r"医院|医学中心|卫生院|hospital|medical cent|clinic", re.IGNORECASE)
_DEPARTMENT = re.compile(r"[\u3400-\u9fff]{0,5}[外内妇儿产瘤尿入像声]科")
_TITLE = re.compile(r"^\s*(?:先生|女士|小姐|医生|医师|主任|教授|同志)")


def wording(case: Case) -> Iterator[Broken]:
    """Find what an answer may not say in any case."""
    text = case.answer_text
    if _is_other_language(case):
        yield Broken("language", None, (0, len(text)))
    for rule, pattern in (("refusal", _REFUSAL), ("source", _SOURCE)):
        match = pattern.search(case.answer.text)
        if match and match.group() not in case.report.text:  # a section of the report may be the answer
            yield Broken(rule, None, match.span())
    if _SOURCE_IN_QUESTION.search(case.question.text):
        yield Broken("source", None, None)
    yield from _personal(case)


def _is_other_language(case: Case) -> bool:
    """Chinese may carry Latin terms (BI-RADS, CDFI); English carries no Chinese. Numbers and letters fit both."""
    text = case.answer_text
    chinese, words = len(_CJK.findall(text)), _LATIN_WORD.findall(text)
    if case.language is Language.EN:
        return chinese > 0
    if chinese:
        return len(words) > chinese and len(words) > 6
    return len(words) >= 3 and text.strip() not in case.report_text


def _personal(case: Case) -> Iterator[Broken]:
    text = case.answer_text
    spans = {match.span() for match in _SHAPES.finditer(text) if match.group() not in case.report_text}
    for one in _redactions(text, case.language):
        words = text[one.start : one.end]
        if _DEPARTMENT.fullmatch(words):
            continue  # a kind of department, not one of a hospital
        cued = (one.entity in {"NAME", "PHYSICIAN"} and _CUE.search(text[: one.start])) or _TITLE.match(text[one.end :])
        if one.entity == "HOSPITAL":
            cued = _HOSPITAL.search(words) or cued
        if (one.entity in _PERSONAL or cued) and words not in case.report_text:
            spans.add((one.start, one.end))
    for start, end in sorted(spans):
        if any(first <= start and end <= last and (first, last) != (start, end) for first, last in spans):
            continue
        yield Broken("phi", None, (start, end))


def _redactions(text: str, language: Language) -> tuple[Replacement, ...]:
    """Ask scrubbing, where there may be something to find; its libraries are slow to import."""
    if not _MAY_BE_PERSONAL.search(text):
        return ()
    from curation.text.redact import redact  # noqa: PLC0415

    return redact(text, language).spans
