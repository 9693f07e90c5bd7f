"""Words that mean the same as an option, in English and Chinese."""

import re
from functools import cache

LETTERS = "ABCDEFGHIJ"
ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV", "5": "V", "6": "VI"}
#: Each line holds words that mean the same; ``|`` parts them.
_GROUPS = """
yes|true|correct|right|affirmative|是|是的|对|对的|正确|真
no|false|incorrect|wrong|否|不是|不对|错|错误|不正确|假
benign|良性|良性病变|良性结节|良性肿瘤
malignant|malignancy|恶性|恶性病变|恶性结节|恶性肿瘤
normal|正常|未见异常|未见明显异常|无异常|no abnormality
abnormal|异常|不正常
present|存在|可见|有
absent|不存在|未见|无|没有
positive|阳性
negative|阴性
visible|可见|显示
not visible|invisible|不可见|未显示|看不见
high|高|high quality|高质量|优|优质
medium|中|中等|moderate quality|medium quality|中等质量
low|低|low quality|低质量|差
mild|轻度
moderate|中度
severe|重度
left|左|左侧
right side|右|右侧
optimal|最佳|最优|理想
suboptimal|sub-optimal|欠佳|次优|不理想
cyst|囊肿
solid|实性
cystic|囊性
stone|结石
polyp|息肉
fatty liver|hepatic steatosis|steatosis|脂肪肝
cirrhosis|肝硬化
hepatitis|肝炎
pneumonia|肺炎
covid-19|covid|新冠|新冠肺炎
healthy|健康
liver|肝脏|肝
kidney|肾脏|肾
thyroid|甲状腺
breast|乳腺
heart|心脏
fetus|fetal|胎儿
carotid|carotid artery|颈动脉
gallbladder|胆囊
uterus|子宫
ovary|卵巢
bladder|膀胱
pancreas|胰腺
spleen|脾脏|脾
prostate|前列腺
lung|肺
abdomen|腹部
head|头部
femur|股骨
brain|脑|大脑
a better|image a|image 1|first image|the first|图a|图1|第一张|第一幅
b better|image b|image 2|second image|the second|图b|图2|第二张|第二幅
same|equal|equally good|no difference|tie|相同|一样|相当
"""
#: Words that choose only where they lead an answer: elsewhere they are part of other sentences.
BARE = frozenset(
    [
        "yes",
        "no",
        "true",
        "false",
        "correct",
        "incorrect",
        "right",
        "wrong",
        "left",
        "是",
        "否",
        "对",
        "错",
        "有",
        "无",
        "真",
        "假",
        "高",
        "低",
        "中",
        "差",
        "优",
        "左",
        "右",
        "不是",
        "不对",
        "是的",
        "对的",
        "没有",
        "未见",
        "可见",
        "肝",
        "肾",
        "脾",
        "肺",
    ]
)


@cache
def _groups() -> dict[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for line in _GROUPS.strip().splitlines():
        words = tuple(line.split("|"))
        for word in words:
            groups.setdefault(word, words)
    return groups


@cache
def same_words(option: str) -> tuple[str, ...]:
    """List other words for an option."""
    key = re.sub(r"\s+", " ", option.strip().casefold())
    return tuple(word for word in _groups().get(key, ()) if word != key)
