"""Is an answer a refusal? Sentence by sentence: what is said beside a refusal still counts.

Source of the phrases: answers that chat models give to medical questions, English and Chinese.
"""

import re
from typing import Any

import re2

#: Bytes that the automaton of the phrases of a language may take.
_MEMORY = 64 << 20


def _compiled(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
    """Compile many phrases as one automaton: each character of a text is looked at once."""
    options = re2.Options()
    options.case_sensitive, options.max_mem = False, _MEMORY
    return re2.compile(pattern, options)


_CANNOT_EN = (
    r"(?:can(?:no|')t|cannot|can not|could not|couldn't|(?:am|'m|are|is|be|was|were) (?:not able|"
    r"unable) to|not able to|unable to|"
    r"not possible (?:for me )?to|impossible (?:for me )?to|won't|will not|(?:do|does)(?: not|"
    r"n't) (?:feel comfortable|have the ability)|"
    r"not (?:qualified|authori[sz]ed|permitted|allowed|designed|equipped|licensed) to|decline to|"
    r"refuse to|must decline|"
    r"(?:not|isn't|inappropriate|inadvisable) (?:appropriate|advisable)? ?(?:for me )?to)"
)
_ACT_EN = (
    r"(?:provid|writ|generat|produc|creat|describ|giv|offer|mak|determin|diagnos|analy[sz]|assist|"
    r"help|interpret|view|see (?:the|any|an|this|your|image|picture)|"
    r"process|evaluat|assess|identif|say|tell|answer|comment|read|confirm|estimat|measur|access|classif|examin|respond|"
    r"fulfil|comply|do that|do this|conclu|draw|state|rule|distinguish|judge|decide|complete|"
    r"continue|perform|recogni[sz]|select|choose|"
    r"be (?:determined|assessed|estimated|measured|evaluated|answered|identified|classified|reliably|"
    r"accurately|diagnosed|made|given))"
)
_EN = _compiled(
    rf"\b{_CANNOT_EN}(?:\s+\w+){{0,3}}?\s+{_ACT_EN}"
    r"|\bi(?:'m| am)(?: very| so| really)? (?:sorry|afraid)\b|^\s*sorry\b|\bmy apologies\b|\bi apologi[sz]e\b"
    r"|\bas an? (?:\w+ )?(?:ai|artificial intelligence|language model|llm|assistant)\b"
    r"|\bi(?:'m| am) (?:just |only )?(?:an? )?(?:ai\b|language model|not a (?:doctor|physician|"
    r"medical|radiologist|licensed|substitute))"
    r"|\b(?:please |you should |recommend(?:ed)? (?:to |that you )?|advise (?:you )?to |"
    r"best to )?(?:consult|see|seek|contact|speak (?:to|with))"
    r"(?:ing)?\s+(?:with )?(?:an? |your |the |medical |professional )*(?:doctor|physician|"
    r"radiologist|specialist|sonographer|medical|health|clinician|professional|expert|advice)"
    r"|\b(?:insufficient|not enough|inadequate|lack(?:ing|s)?(?: of)?)\s+(?:\w+ ){0,2}(?:information|"
    r"data|context|evidence|detail|image quality)"
    r"|\bno (?:ultrasound )?(?:image|picture|photo|attachment)s?(?: \w+){0,2}? (?:was|were|is|"
    r"has been|have been|provided|attached|uploaded|available|visible to me)"
    r"|\b(?:don't|do not|didn't|did not|can't|cannot) (?:see|have|receive|detect|find|view|"
    r"access) (?:any |an |the |your |access to )*(?:ultrasound )?(?:image|picture|attachment|file)"
    r"|\b(?:i|we) (?:do not|don't|really don't) know\b|\bi have no idea\b|\bi(?:'m| am) not sure\b|"
    r"\bnot sure\b|\bunsure\b"
    r"|\b(?:hard|difficult|impossible) to (?:say|tell|determine|judge|assess|know)\b"
    r"|\b(?:please )?(?:upload|provide|attach|share|send)(?: me)? (?:the|an|a clearer|your|another|more)\b"
    r"|\b(?:undetermined|indeterminable|cannot be determined|not determinable|unable to determine|"
    r"can't tell|cannot tell|cannot say|can't say)\b"
    r"|\bno (?:definitive )?(?:answer|diagnosis|conclusion|determination) (?:can|could|is)\b|"
    r"\bi(?:'d| would) (?:rather|prefer) not\b"
    r"|\b(?:against|violates?) (?:my |our |the )?(?:policy|policies|guidelines)|\bnot (?:a )?medical advice\b",
)
_ZH = _compiled(
    r"(?:无法|不能|难以|没法|没有办法|不便|不可以|无从|不适合|未能|没有能力|不具备)(?:直接|准确|明确|"
    r"可靠|从[^,。;]{0,12}|根据[^,。;]{0,14}|仅凭[^,。;]{0,14}|通过[^,。;]{0,12}"
    r"|为您|给您|对[^,。;]{0,10}|进行|给出|做出|作出|提供|帮助|协助|判断|确定|诊断|识别|分析|评估|"
    r"查看|看到|读取|回答|测量|得出|估计|估算|辨别|鉴别|定性|判别|区分|确认|完成|解读|处理|给予|判定|分辨|得知|访问|"
    r"显示|断定|执行|告诉|做|为|看)"
    r"|抱歉|对不起|很遗憾|请谅解|作为(?:一个|一名|一款)?(?:AI|人工智能|语言模型|大模型|智能助手|"
    r"助手)|我(?:只)?是(?:一个|一名|一款)?(?:AI|人工智能|语言模型|大模型)"
    r"|(?:请|建议|需要?|应)(?:您|你|及时|尽快|进一步)?(?:去|到|向)?(?:咨询|就医|就诊|联系|前往|寻求|"
    r"找)(?:专业|医生|医院|医师|超声|临床|影像|相关)?"
    r"|(?:信息|图像质量|资料|依据|证据|图像)(?:不足|不够|有限|缺失|未提供|不清)|(?:没有|未|并未|"
    r"尚未)(?:看到|收到|提供|上传|检测到|附上)(?:任何|到)?(?:图像|图片|影像|附件|照片|超声图)"
    r"|(?:看不到|看不见|打不开|没看到|加载不(?:了|出))(?:这张|该|您的|你的|任何|有)?(?:超声)?(?:图[片像]?|影像|照片)(?:[,，。;；!！?？\s]|$)"
    r"|请(?:您|你)?(?:重新)?(?:上传|提供|发送|补充)|不知道|不清楚(?:,|。|$)|不确定|说不清|无可奉告|"
    r"拒绝回答|不予回答|恕我|不好(?:判断|说)|难说",
)
_SPLIT = re.compile(
    r"(?<=[.!?])\s+|[。！？!?\n;；]+|,?\s*\b(?:but|however|nevertheless|nonetheless|that said|yet|"
    r"still|although|though)\b,?"
    r"|[,，]?\s*(?:但是?|不过|然而|只是|可是)[,，]?",
    re.IGNORECASE,
)


def is_refusal(text: str) -> bool:
    """Say whether any part of a text declines to answer."""
    return bool(_EN.search(text) or _ZH.search(text))


def without_refusals(text: str) -> str:
    """Give the sentences and clauses of a text that do not decline to answer."""
    parts = _SPLIT.split(text)
    return " . ".join(part.strip() for part in parts if part and part.strip() and not is_refusal(part))
