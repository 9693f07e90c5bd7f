"""Seeded texts for the bench: dense template text and diverse text, English and Chinese.

Flows out: question-and-answer texts as a model writes them from reports. Dense text fills few templates with values, as
generated archives do; diverse text draws its sentences from a large grammar, so that near pairs are rare.
"""

import random
from collections.abc import Iterator

#: organ, finding, place, texture in both languages; crossed, they give the wording of a report.
EN = {
    "organ": [
        "liver",
        "gallbladder",
        "pancreas",
        "spleen",
        "left kidney",
        "right kidney",
        "bladder",
        "thyroid",
        "left breast",
        "right breast",
        "uterus",
        "left ovary",
        "right ovary",
        "prostate",
        "left carotid artery",
        "right carotid artery",
        "portal vein",
        "left ventricle",
        "mitral valve",
    ],
    "finding": [
        "simple cyst",
        "hypoechoic nodule",
        "hyperechoic mass",
        "calculus",
        "polyp",
        "haemangioma",
        "fibroadenoma",
        "plaque",
        "thrombus",
        "hydronephrosis",
        "fatty infiltration",
        "focal fatty sparing",
        "dilated duct",
        "complex cyst",
        "calcification",
        "effusion",
    ],
    "place": [
        "upper pole",
        "lower pole",
        "mid portion",
        "left lobe",
        "right lobe",
        "hilum",
        "anterior wall",
        "posterior wall",
        "fundus",
        "neck",
        "isthmus",
        "segment II",
        "segment VI",
        "outer upper quadrant",
        "inner lower quadrant",
        "bifurcation",
        "proximal third",
    ],
    "texture": [
        "homogeneous",
        "mildly heterogeneous",
        "coarse",
        "well defined",
        "poorly defined",
        "lobulated",
        "smooth",
        "irregular",
        "anechoic",
        "isoechoic",
        "with posterior enhancement",
        "with acoustic shadowing",
        "with peripheral flow",
        "without internal flow",
    ],
    "ask": [
        "What does the image show",
        "Describe the finding",
        "What is the size of the lesion",
        "Is there an abnormality",
        "Which structure is affected",
        "What is the echogenicity",
        "Give the impression",
        "How is the blood flow",
    ],
}
ZH = {
    "organ": [
        "肝脏",
        "胆囊",
        "胰腺",
        "脾脏",
        "左肾",
        "右肾",
        "膀胱",
        "甲状腺",
        "左侧乳腺",
        "右侧乳腺",
        "子宫",
        "左侧卵巢",
        "右侧卵巢",
        "前列腺",
        "左侧颈动脉",
        "右侧颈动脉",
        "门静脉",
        "左心室",
        "二尖瓣",
    ],
    "finding": [
        "单纯性囊肿",
        "低回声结节",
        "高回声团块",
        "结石",
        "息肉",
        "血管瘤",
        "纤维腺瘤",
        "斑块",
        "血栓",
        "积水",
        "脂肪浸润",
        "导管扩张",
        "复杂性囊肿",
        "钙化灶",
        "积液",
    ],
    "place": [
        "上极",
        "下极",
        "中部",
        "左叶",
        "右叶",
        "门部",
        "前壁",
        "后壁",
        "底部",
        "颈部",
        "峡部",
        "外上象限",
        "内下象限",
        "分叉处",
        "近段",
        "包膜下",
        "实质内",
    ],
    "texture": [
        "回声均匀",
        "回声稍不均匀",
        "回声增粗",
        "边界清晰",
        "边界欠清",
        "形态规则",
        "形态不规则",
        "内部无回声",
        "后方回声增强",
        "后方伴声影",
        "周边可见血流信号",
        "内部未见血流信号",
        "呈分叶状",
        "包膜完整",
    ],
    "ask": [
        "图像显示什么",
        "请描述病变特征",
        "病灶大小是多少",
        "是否存在异常",
        "病变位于哪个部位",
        "回声有何特点",
        "请给出超声提示",
        "血流情况如何",
    ],
}
#: Syllables of rare words, which tell diverse texts apart.
_SYLLABLES = [
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "ha",
    "je",
    "ki",
    "lo",
    "mu",
    "na",
    "pe",
    "qui",
    "ra",
    "se",
    "ti",
    "vo",
    "xa",
    "yu",
    "zo",
    "bri",
    "cla",
    "dre",
    "fla",
    "gri",
    "pho",
    "sto",
    "tra",
    "ske",
]
_HAN = (0x4E00, 0x5E00)


def texts(kind: str, n: int, seed: int = 1) -> Iterator[str]:
    """Give n texts, ``dense`` or ``diverse``, in turn Chinese and English."""
    rng = random.Random(f"{kind}/{seed}")
    write = {"dense": _dense, "diverse": _diverse}[kind]
    earlier: list[str] = []
    for _ in range(n):
        text = rng.choice(earlier) if earlier and rng.random() < 0.05 else write(rng, zh=rng.random() < 0.5)
        if len(earlier) < 20_000:
            earlier.append(text)
        else:
            earlier[rng.randrange(20_000)] = text
        yield text


def _dense(rng: random.Random, *, zh: bool) -> str:
    """Fill a template: two or three clauses that vary in organ, finding, place, texture and values."""
    words, mm = (ZH, "mm") if zh else (EN, " mm")
    organ = rng.choice(words["organ"])
    clauses = []
    for _ in range(rng.randint(1, 3)):
        finding, place, texture, more = (rng.choice(words[name]) for name in ("finding", "place", "texture", "texture"))
        size = f"{rng.randint(3, 60)}x{rng.randint(3, 40)}{mm}"
        clause = (
            f"{place}可见一{finding}，大小约{size}，{texture}，{more}"
            if zh
            else f"a {finding} of {size} in the {place}, {texture}, {more}"
        )
        clauses.append(clause)
    asked = rng.choice(words["ask"])
    if zh:
        return f"{organ}：{asked}？\n{organ}" + "；".join(clauses) + "。"
    return f"{organ}: {asked}?\nThe {organ} shows " + "; ".join(clauses) + "."


def _diverse(rng: random.Random, *, zh: bool) -> str:
    """Write sentences of which half the words are rare."""
    words = ZH if zh else EN
    size = rng.randint(4, 20)
    parts = []
    for _ in range(size):
        if rng.random() < 0.5:
            parts.append(rng.choice(words[rng.choice(["organ", "finding", "place", "texture"])]))
        elif zh:
            parts.append("".join(chr(rng.randrange(*_HAN)) for _ in range(rng.randint(1, 3))))
        else:
            parts.append("".join(rng.choices(_SYLLABLES, k=rng.randint(1, 3))))
    asked = rng.choice(words["ask"])
    return f"{asked}？\n" + "，".join(parts) + "。" if zh else f"{asked}?\n" + " ".join(parts) + "."
