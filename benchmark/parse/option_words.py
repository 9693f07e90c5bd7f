"""Words that mean the same as an option, in English and Chinese."""

import re
from functools import cache

from benchmark.entities.lexicon import Entities, Kind, fold, spellings

LETTERS = "ABCDEFGHIJ"
ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV", "5": "V", "6": "VI"}
#: Each line holds words that mean the same; ``|`` parts them. Of an option the first line counts: "right" is a side.
_GROUPS = """
right|right side|右|右侧
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
brain|脑|大脑|颅脑
thorax|胸部|胸腔|胸廓
spine|脊柱
face|面部|颜面|颜面部
cervix|宫颈|子宫颈
maternal cervix|宫颈|子宫颈|母体宫颈
placenta|胎盘
stomach|胃|胃泡
umbilical cord|脐带
spectrum|频谱
apical two chamber|a2c|2ch|apical 2 chamber|心尖两腔|心尖两腔心|心尖二腔心|两腔心|二腔心
apical three chamber|a3c|3ch|apical 3 chamber|apical long axis|心尖三腔|心尖三腔心|三腔心
apical four chamber|a4c|4ch|apical 4 chamber|心尖四腔|心尖四腔心|四腔心
apical five chamber|a5c|5ch|apical 5 chamber|心尖五腔|心尖五腔心|五腔心
subcostal four chamber|subcostal 4 chamber|剑突下四腔|剑突下四腔心|剑下四腔心
parasternal long axis|plax|胸骨旁长轴|胸骨旁左室长轴|左室长轴
parasternal short axis|psax|胸骨旁短轴|胸骨旁左室短轴|左室短轴|大动脉短轴
suprasternal|suprasternal notch|胸骨上窝
subcostal|剑突下|剑下
long axis|长轴
short axis|短轴
transverse|横切|横断|横切面
longitudinal|纵切|纵断|纵切面
sagittal|矢状|矢状面
coronal|冠状|冠状面
trans-thalamic|transthalamic|经丘脑
trans-cerebellum|transcerebellar|trans-cerebellar|经小脑
trans-ventricular|transventricular|经侧脑室
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
            groups.setdefault(word.replace("-", " "), words)
    return groups


#: Ends of the names of standard planes that say nothing more.
_PLANE = re.compile(r"\s+(?:(?:standard )?plane|view|section|window)$")
_OF_FETUS = re.compile(r"^(?:fetal|foetal)\s+(.+)$")


@cache
def same_words(option: str) -> tuple[str, ...]:
    """List other words for an option: of the groups above, the entities' other names, Chinese for a fetus' parts."""
    key = re.sub(r"[\s_-]+", " ", option.strip().casefold())
    found = list(_of(key))
    bare = _PLANE.sub("", key)
    part = _OF_FETUS.match(bare)
    of_fetus = [f"胎儿{word}" for word in _of(part.group(1)) if not word.isascii()] if part else []
    if bare != key and (of_fetus or _of(bare)):
        found += [bare, *_of(bare)]
    found += of_fetus
    return tuple(dict.fromkeys(word for word in found if word != key))


def _of(key: str) -> tuple[str, ...]:
    return _groups().get(key) or _names().get(fold(key), ())


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """Map every spelling of a structure or finding to those in the other language: attributes have loose ones."""
    of_entity: dict[Entities, list[str]] = {}
    for word, entities in spellings().items():
        if all(one.kind in (Kind.STRUCTURE, Kind.FINDING) for one in entities) and len(word) > 1:
            of_entity.setdefault(entities, []).append(word)
    return {
        word: tuple(other for other in words if other.isascii() != word.isascii())
        for words in of_entity.values()
        for word in words
    }
