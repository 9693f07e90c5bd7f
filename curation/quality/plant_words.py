"""Words of planted errors: what becomes what, in both languages. All were written for this project.

Patterns left, replacements right; ``INVENTED``: what the report must not hold, and a sentence that says it.
"""

import re

from schemas.case import Language

UNITS = {
    "mm": "cm",
    "cm": "mm",
    "cm/s": "m/s",
    "m/s": "cm/s",
    "毫米": "厘米",
    "厘米": "毫米",
    "ml": "mm",
    "mL": "cm",
    "%": "mm",
    "mmHg": "kPa",
    "kPa": "mmHg",
    "bpm": "cm",
    "ms": "mm",
}

UNIT = re.compile(r"(?<=\d)(\s?)(mm/s|cm/s|m/s|mmHg|mm|cm|毫米|厘米|mL|ml|kPa|bpm|ms|%)(?![A-Za-z²³/^\d])")

ORGANS: tuple[tuple[str, ...], ...] = (
    ("liver", "kidney", "spleen", "pancreas"),
    ("hepatic", "renal", "splenic"),
    ("kidneys", "ovaries"),
    ("thyroid", "breast"),
    ("gallbladder", "bladder"),
    ("uterus", "prostate"),
    ("ovary", "kidney"),
    ("uterine", "prostatic"),
    ("mitral", "tricuspid", "aortic"),
    ("internal carotid", "vertebral"),
    ("common carotid", "vertebral"),
    ("carotid", "femoral"),
    ("saphenous", "jugular"),
    ("breasts", "kidneys"),
    ("axilla", "groin"),
    ("肝", "肾", "脾"),
    ("甲状腺", "乳腺"),
    ("胆囊", "膀胱"),
    ("子宫", "前列腺"),
    ("卵巢", "肾脏"),
    ("二尖瓣", "三尖瓣", "主动脉瓣"),
    ("颈内动脉", "椎动脉"),
    ("颈总动脉", "椎动脉"),
    ("大隐静脉", "小隐静脉"),
    ("乳腺", "甲状腺"),
    ("左房", "左室"),
    ("附件区", "肾脏"),
)

FLIPS: dict[Language, tuple[tuple[str, str], ...]] = {
    Language.EN: (
        (r"^Yes\b", "No"),
        (r"^No,", "Yes,"),
        (r"\bis seen\b", "is not seen"),
        (r"\bare seen\b", "are not seen"),
        (r"\bwithout (?:any )?", "with "),
        (r"\b[Nn]o (?=[a-z-]+(?: [a-z-]+){0,4} (?:is|are|was|were)\b)", ""),
        (r"\bthere is no\b", "there is"),
        (r"\bThere is no\b", "There is"),
        (r"\bis present\b", "is absent"),
        (r"\bare not dilated\b", "are dilated"),
        (r"\bis not dilated\b", "is dilated"),
        (r"\bwith no\b", "with"),
        (r"\bshows no\b", "shows"),
        (r"\bis enlarged\b", "is not enlarged"),
        (r"\bthere is (?=an? )", "there is not "),
        (r"\bno evidence of\b", "evidence of"),
        (
            (
                r"\bno (?=(?:stones?|calculi|hydronephrosis|ascites|effusion|thrombus|plaque|mass|cyst|fluid"
                r"|nodules?|stenosis)\b)"
            ),
            "a ",
        ),
    ),
    Language.ZH: (
        ("未见明显", "可见明显"),
        ("未见", "可见"),
        ("未探及", "探及"),
        ("(?<![有])无(?=明显|钙化|血流|声影|结石|积液|扩张|分隔|肿大|微钙化|血栓|积水|增厚|狭窄|反流)", "有"),
        ("没有", "有"),
        ("可见(?=[^，。]{0,12}(?:结节|囊肿|肿块|结石|斑块|血栓|积液|反流|强回声|钙化|声影|淋巴结))", "未见"),
        ("^有", "没有"),
        ("^是的", "不是"),
        ("不伴", "伴有"),
        ("不扩张", "扩张"),
        ("不大", "增大"),
        ("伴(?=后方|声影|积水|钙化)", "不伴"),
    ),
}

NATURES = {
    Language.EN: (
        ("benign", "malignant"),
        ("malignant", "benign"),
        ("suspicious", "benign"),
        ("malignancy", "a benign lesion"),
        ("harmless", "malignant"),
    ),
    Language.ZH: (("良性", "恶性"), ("恶性", "良性"), ("可疑", "良性")),
}

DEGREES = {
    Language.EN: (
        ("mild", "severe"),
        ("Mild", "Severe"),
        ("severe", "mild"),
        ("Severe", "Mild"),
        ("moderate", "mild"),
        ("mildly", "severely"),
    ),
    Language.ZH: (("轻度", "重度"), ("重度", "轻度"), ("(?<!轻至)(?<!轻-)中度", "轻度")),
}

INVENTED: dict[Language, tuple[tuple[str, str], ...]] = {
    Language.EN: (
        ("ascites|free fluid|effusion", "There is also a moderate amount of ascites."),
        ("stone|calcul", "A stone with acoustic shadowing is also seen."),
        ("thromb", "In addition, a thrombus fills the vein."),
        ("aneurysm", "An aneurysm is noted as well."),
        ("hydronephrosis", "Hydronephrosis is present as well."),
        ("abscess", "An abscess is seen next to it."),
        ("polyp", "A polyp is also present."),
    ),
    Language.ZH: (
        ("腹水|积液", "另可见腹水。"),
        ("结石", "另见一枚结石伴声影。"),
        ("血栓", "管腔内可见血栓形成。"),
        ("动脉瘤", "并可见动脉瘤。"),
        ("积水", "同时存在肾积水。"),
        ("脓肿", "旁边可见脓肿形成。"),
        ("息肉", "另可见息肉。"),
    ),
}

OTHER = {
    Language.EN: "可见一处病变，边界清晰，建议定期复查。",
    Language.ZH: "A lesion with a clear margin is seen and should be followed.",
}

SOURCES = {
    Language.EN: (
        "According to the report, ",
        "The report states that ",
        "As described in the text, ",
        "Based on the provided report, ",
    ),
    Language.ZH: ("根据报告，", "报告中提到，", "据上述描述，", "根据所给文本，", "报告显示"),
}

PHI = {
    Language.EN: (
        " The patient, Mr. Harold Whitcombe, was informed.",
        " Call 555-013-8841 for questions.",
        " MRN: 40918273.",
        " Examined on 2023-04-17.",
    ),
    Language.ZH: ("患者王建国已知晓。", "联系电话13800138000。", "住院号：20231145。", "检查日期2023年4月17日。"),
}

REFUSALS = {
    Language.EN: (
        "I'm sorry, but I cannot provide a medical interpretation.",
        "As an AI language model, I am unable to diagnose.",
        "I cannot assist with that request.",
    ),
    Language.ZH: ("抱歉，我无法提供医疗诊断。", "作为人工智能助手，我不能回答该问题。", "我无法判断，请咨询医生。"),
}

DENIES = re.compile(r"\b(?:no|not|without|neither)\b|未|无|没有", re.IGNORECASE)

ADVISES = re.compile(
    r"\b(?:should|needs?|if|recommend\w*|treat\w*|follow\w*|suitable|repeat\w*|function|would|may|surgery"
    r"|considered|intervention|restriction|routine|above|below|more than|less than|exceed\w*|threshold)\b|建议"
    r"|应|需|如|治疗|复查|随访|超过|低于|大于|小于|<|>|≥|≤|以上|手术|首选|考虑|功能|\bCT\b",
    re.IGNORECASE,
)

WEIGHS = re.compile(
    r"\b(?:risk|if|become|need\w*|chance|likelihood|category|cancers)\b|风险|如|概率|低度|几率", re.IGNORECASE
)
