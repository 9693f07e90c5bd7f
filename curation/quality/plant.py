"""Planted errors: a clean pair becomes a false one of a known kind, to measure who finds it.

In: a clean pair and a seeded generator. Out: the changed answer, or None where the kind does not apply.
Source: the error kinds of expert review; alterations of single facts are those of the judge task.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from curation.facts.quantities import quantities
from curation.facts.reading import read
from curation.generate.alter import alterations
from curation.text.folding import fold
from schemas.case import Language


class ErrorKind(StrEnum):
    """What is wrong with a planted pair. The first seven contradict the report."""

    NUMBER = "number"
    UNIT = "unit"
    SIDE = "side"
    ORGAN = "organ"
    GRADE = "grade"
    NEGATION = "negation"
    NATURE = "nature"
    FINDING = "finding"
    LANGUAGE = "language"
    SOURCE = "source"
    PHI = "phi"
    REFUSAL = "refusal"


CONTRADICTIONS = tuple(ErrorKind)[:7]


@dataclass(frozen=True, slots=True)
class CleanPair:
    """A pair that is right. ``translation`` is the answer in the other language, where there is one."""

    pair_id: str
    language: Language
    report: str = field(repr=False)
    question: str = field(repr=False)
    answer: str = field(repr=False)
    translation: str = field(default="", repr=False)


_UNITS = {"mm": "cm", "cm": "mm", "cm/s": "m/s", "m/s": "cm/s", "毫米": "厘米", "厘米": "毫米", "ml": "mm", "mL": "cm", "%": "mm",
          "mmHg": "kPa", "kPa": "mmHg", "bpm": "cm", "ms": "mm"}  # fmt: skip
_UNIT = re.compile(r"(?<=\d)(\s?)(mm/s|cm/s|m/s|mmHg|mm|cm|毫米|厘米|mL|ml|kPa|bpm|ms|%)(?![A-Za-z²³/^\d])")
_ORGANS: tuple[tuple[str, ...], ...] = (
    ("liver", "kidney", "spleen", "pancreas"), ("hepatic", "renal", "splenic"), ("kidneys", "ovaries"),
    ("thyroid", "breast"), ("gallbladder", "bladder"), ("uterus", "prostate"), ("ovary", "kidney"), ("uterine", "prostatic"),
    ("mitral", "tricuspid", "aortic"), ("internal carotid", "vertebral"), ("common carotid", "vertebral"),
    ("carotid", "femoral"), ("saphenous", "jugular"), ("breasts", "kidneys"), ("axilla", "groin"),
    ("肝", "肾", "脾"), ("甲状腺", "乳腺"), ("胆囊", "膀胱"), ("子宫", "前列腺"), ("卵巢", "肾脏"), ("二尖瓣", "三尖瓣", "主动脉瓣"),
    ("颈内动脉", "椎动脉"), ("颈总动脉", "椎动脉"), ("大隐静脉", "小隐静脉"), ("乳腺", "甲状腺"), ("左房", "左室"), ("附件区", "肾脏"),
)  # fmt: skip
_FLIPS: dict[Language, tuple[tuple[str, str], ...]] = {
    Language.EN: (
        (r"^Yes\b", "No"), (r"^No,", "Yes,"), (r"\bis seen\b", "is not seen"), (r"\bare seen\b", "are not seen"),
        (r"\bwithout (?:any )?", "with "), (r"\b[Nn]o (?=[a-z-]+(?: [a-z-]+){0,4} (?:is|are|was|were)\b)", ""), (r"\bthere is no\b", "there is"),
        (r"\bThere is no\b", "There is"), (r"\bis present\b", "is absent"), (r"\bare not dilated\b", "are dilated"), (r"\bis not dilated\b", "is dilated"),
        (r"\bwith no\b", "with"), (r"\bshows no\b", "shows"), (r"\bis enlarged\b", "is not enlarged"), (r"\bthere is (?=an? )", "there is not "),
        (r"\bno evidence of\b", "evidence of"), (r"\bno (?=(?:stones?|calculi|hydronephrosis|ascites|effusion|thrombus|plaque|mass|cyst|fluid|nodules?|stenosis)\b)", "a "),
    ),
    Language.ZH: (
        ("未见明显", "可见明显"), ("未见", "可见"), ("未探及", "探及"), ("(?<![有])无(?=明显|钙化|血流|声影|结石|积液|扩张|分隔|肿大|微钙化|血栓|积水|增厚|狭窄|反流)", "有"),
        ("没有", "有"), ("可见(?=[^，。]{0,12}(?:结节|囊肿|肿块|结石|斑块|血栓|积液|反流|强回声|钙化|声影|淋巴结))", "未见"), ("^有", "没有"), ("^是的", "不是"), ("不伴", "伴有"), ("不扩张", "扩张"),
        ("不大", "增大"), ("伴(?=后方|声影|积水|钙化)", "不伴"),
    ),
}  # fmt: skip
_NATURES = {
    Language.EN: (("benign", "malignant"), ("malignant", "benign"), ("suspicious", "benign"), ("malignancy", "a benign lesion"), ("harmless", "malignant")),
    Language.ZH: (("良性", "恶性"), ("恶性", "良性"), ("可疑", "良性")),
}  # fmt: skip
_DEGREES = {
    Language.EN: (("mild", "severe"), ("Mild", "Severe"), ("severe", "mild"), ("Severe", "Mild"), ("moderate", "mild"), ("mildly", "severely")),
    Language.ZH: (("轻度", "重度"), ("重度", "轻度"), ("(?<!轻至)(?<!轻-)中度", "轻度")),
}  # fmt: skip
_INVENTED: dict[Language, tuple[tuple[str, str], ...]] = {
    Language.EN: (
        ("ascites|free fluid|effusion", "There is also a moderate amount of ascites."), ("stone|calcul", "A stone with acoustic shadowing is also seen."),
        ("thromb", "In addition, a thrombus fills the vein."), ("aneurysm", "An aneurysm is noted as well."),
        ("hydronephrosis", "Hydronephrosis is present as well."), ("abscess", "An abscess is seen next to it."), ("polyp", "A polyp is also present."),
    ),
    Language.ZH: (
        ("腹水|积液", "另可见腹水。"), ("结石", "另见一枚结石伴声影。"), ("血栓", "管腔内可见血栓形成。"), ("动脉瘤", "并可见动脉瘤。"),
        ("积水", "同时存在肾积水。"), ("脓肿", "旁边可见脓肿形成。"), ("息肉", "另可见息肉。"),
    ),
}  # fmt: skip
_OTHER = {
    Language.EN: "可见一处病变，边界清晰，建议定期复查。",
    Language.ZH: "A lesion with a clear margin is seen and should be followed.",
}
_SOURCES = {
    Language.EN: (
        "According to the report, ",
        "The report states that ",
        "As described in the text, ",
        "Based on the provided report, ",
    ),
    Language.ZH: ("根据报告，", "报告中提到，", "据上述描述，", "根据所给文本，", "报告显示"),
}
_PHI = {
    Language.EN: (
        " The patient, Mr. Harold Whitcombe, was informed.",
        " Call 555-013-8841 for questions.",
        " MRN: 40918273.",
        " Examined on 2023-04-17.",
    ),
    Language.ZH: ("患者王建国已知晓。", "联系电话13800138000。", "住院号：20231145。", "检查日期2023年4月17日。"),
}
_REFUSALS = {
    Language.EN: (
        "I'm sorry, but I cannot provide a medical interpretation.",
        "As an AI language model, I am unable to diagnose.",
        "I cannot assist with that request.",
    ),
    Language.ZH: ("抱歉，我无法提供医疗诊断。", "作为人工智能助手，我不能回答该问题。", "我无法判断，请咨询医生。"),
}
_Planter = Callable[[CleanPair, random.Random], str | None]


def plant(pair: CleanPair, kind: ErrorKind, rng: random.Random) -> str | None:
    """Change the answer of a clean pair; None where it holds nothing of the kind."""
    changed = _PLANTERS[kind](pair, rng)
    return changed if changed and changed != pair.answer else None


def _number(pair: CleanPair, rng: random.Random) -> str | None:
    known = {(one.value, one.unit) for part in read(pair.report).segments for one in part.quantities}
    raw = {one.raw for part in read(pair.report).segments for one in part.quantities}
    folded = fold(pair.answer)
    found = [
        one
        for one in quantities(folded)
        if (one.value, one.unit) in known and not one.is_word and (one.unit or one.step < 1)
    ]
    if not found:
        return None
    one = rng.choice(found)
    factors = [rng.choice(("1.4", "1.6", "2", "2.5", "0.6", "0.5")) for _ in range(6)]
    for factor in factors:
        value = (one.raw * type(one.raw)(factor)).quantize(one.step if one.raw == one.value else type(one.raw)("0.1"))
        if (
            value not in raw
            and value * one.value / one.raw not in {known_value for known_value, _ in known}
            and value > 0
            and not (one.unit == "%" and value > 99)
        ):
            digits = re.match(r"\d+(?:\.\d+)?", folded[one.start :])
            end = one.start + (digits.end() if digits else 0)
            return f"{pair.answer[: one.start]}{value}{pair.answer[end:]}"
    return None


def _unit(pair: CleanPair, rng: random.Random) -> str | None:
    raw = {one.raw for part in read(pair.report).segments for one in part.quantities if one.unit not in {"", "day"}}
    found = [
        m for m in _UNIT.finditer(pair.answer) if any(pair.answer[: m.start()].endswith(f"{value}") for value in raw)
    ]
    if not found:
        return None
    match = rng.choice(found)
    return f"{pair.answer[: match.start()]}{match[1]}{_UNITS.get(match[2], 'cm')}{pair.answer[match.end() :]}"


def _side(pair: CleanPair, _rng: random.Random) -> str | None:
    words = ("left", "right", "Left", "Right") if pair.language is Language.EN else ("左", "右")
    edge = r"\b" if pair.language is Language.EN else ""
    said = [word for word in words if re.search(f"{edge}{word}{edge}", pair.answer)]
    if len({word.lower() for word in said}) != 1 or "左右" in pair.answer or "右心" in pair.answer:
        return None
    swap = dict(zip(words, (words[1], words[0], *(words[3:] + words[2:3])), strict=True))
    return re.sub(f"{edge}{said[0]}{edge}", swap[said[0]], pair.answer)


def _organ(pair: CleanPair, rng: random.Random) -> str | None:
    rows = [
        (word, row)
        for row in _ORGANS
        for word in row
        if (match := re.search(_word(word), pair.answer))
        and re.search(_word(word), pair.report)
        and not _ADVISES.search(_clause(pair.answer, match))
        and _is_grounded(pair, match)
    ]
    if not rows:
        return None
    word, row = rng.choice(rows)
    other = rng.choice([one for one in row if one != word])
    return re.sub(_word(word), other, pair.answer)


def _word(word: str) -> str:
    return rf"\b{word}\b" if word.isascii() else re.escape(word)


def _altered(kinds: set[str]) -> Callable[[CleanPair], list[str]]:
    def changed(pair: CleanPair) -> list[str]:
        out = []
        for match in re.finditer(r"[^.。;；]+[.。;；]?", pair.answer):
            for one in alterations(match.group(), pair.language):
                if one.kind in kinds:
                    out.append(pair.answer[: match.start()] + one.text + pair.answer[match.end() :])
        return out

    return changed


def _swapped(pair: CleanPair, table: dict[Language, tuple[tuple[str, str], ...]]) -> list[str]:
    return [re.sub(old, new, pair.answer, count=1) for old, new in table[pair.language] if re.search(old, pair.answer)]


def _one_of(rng: random.Random, options: list[str]) -> str | None:
    return rng.choice(sorted(options)) if options else None


def _grade(pair: CleanPair, rng: random.Random) -> str | None:
    said = {name for part in read(pair.report).segments for name in (d.name for d in part.degrees)}
    degrees = _swapped(pair, _DEGREES) if said else []
    if _ADVISES.search(pair.answer):
        return None
    return _one_of(rng, [*_altered({"grade"})(pair), *degrees])


def _negation(pair: CleanPair, rng: random.Random) -> str | None:
    """Flip one clause; a clause that already denies is not denied twice."""
    options = []
    for old, new in _FLIPS[pair.language]:
        match = re.search(old, pair.answer)
        if match and (_ADVISES.search(_clause(pair.answer, match)) or not _is_grounded(pair, match)):
            continue
        if match and not (re.search(r"\bnot\b|未见|absent", new) and _DENIES.search(_clause(pair.answer, match))):
            options.append(pair.answer[: match.start()] + new + pair.answer[match.end() :])
    return _one_of(rng, options)


_DENIES = re.compile(r"\b(?:no|not|without|neither)\b|未|无|没有", re.IGNORECASE)
_ADVISES = re.compile(
    r"\b(?:should|needs?|if|recommend\w*|treat\w*|follow\w*|suitable|repeat\w*|function|would|may|surgery|considered|intervention|restriction|routine|above|below|more than|less than|exceed\w*|threshold)\b|建议|应|需|如|治疗|复查|随访|超过|低于|大于|小于|<|>|≥|≤|以上|手术|首选|考虑|功能|\bCT\b",
    re.IGNORECASE,
)


def _is_grounded(pair: CleanPair, match: re.Match[str]) -> bool:
    """Tell whether the words behind a flipped word stand in the report; a flip of anything else contradicts nothing."""
    if match.start() == 0 and re.match(r"yes|no|是的|有$", match.group(), re.IGNORECASE):
        return True
    around = pair.answer[max(0, match.start() - 40) : match.end() + 40]
    words = re.findall(r"[a-z]{5,}", around.lower()) + re.findall(r"(?=([\u3400-\u9fff]{2}))", around[30:60])
    return sum(word.rstrip("s") in pair.report.lower() for word in words) >= 2


def _is_advice(pair: CleanPair, place: int) -> bool:
    """Tell whether a clause is advice: a change of it need not contradict the report."""
    match = re.compile(".").match(pair.answer, place)
    return match is not None and _ADVISES.search(_clause(pair.answer, match)) is not None


def _clause(text: str, match: re.Match[str]) -> str:
    start = max((text.rfind(mark, 0, match.start()) for mark in ".。;；"), default=-1) + 1
    ends = [place for mark in ".。;；" if (place := text.find(mark, match.end())) >= 0]
    return text[start : min(ends, default=len(text))]


def _nature(pair: CleanPair, rng: random.Random) -> str | None:
    """Swap words that claim a nature; a risk or a condition claims none."""
    options = []
    for old, new in _NATURES[pair.language]:
        match = re.search(old, pair.answer)
        if match and not _WEIGHS.search(_clause(pair.answer, match)):
            options.append(pair.answer[: match.start()] + new + pair.answer[match.end() :])
    return _one_of(rng, options)


_WEIGHS = re.compile(
    r"\b(?:risk|if|become|need\w*|chance|likelihood|category|cancers)\b|风险|如|概率|低度|几率", re.IGNORECASE
)


def _finding(pair: CleanPair, rng: random.Random) -> str | None:
    free = [text for word, text in _INVENTED[pair.language] if not re.search(word, pair.report, re.IGNORECASE)]
    added = _one_of(rng, free)
    return added and f"{pair.answer.rstrip('.。 ')}{'. ' if pair.language is Language.EN else '。'}{added}"


def _language(pair: CleanPair, _rng: random.Random) -> str | None:
    """Give the translation, if it is long enough to have a language."""
    return (
        pair.translation
        if len(re.findall(r"[a-zA-Z]{2,}|[\u3400-\u9fff]", pair.translation)) > 3
        else _OTHER[pair.language]
    )


def _source(pair: CleanPair, rng: random.Random) -> str | None:
    lead = rng.choice(_SOURCES[pair.language])
    return lead + (pair.answer[:1].lower() + pair.answer[1:] if lead.endswith(" ") else pair.answer)


def _phi(pair: CleanPair, rng: random.Random) -> str | None:
    return pair.answer + rng.choice(_PHI[pair.language])


def _refusal(pair: CleanPair, rng: random.Random) -> str | None:
    return rng.choice(_REFUSALS[pair.language])


_PLANTERS: dict[ErrorKind, _Planter] = {
    ErrorKind.NUMBER: _number,
    ErrorKind.UNIT: _unit,
    ErrorKind.SIDE: _side,
    ErrorKind.ORGAN: _organ,
    ErrorKind.GRADE: _grade,
    ErrorKind.NEGATION: _negation,
    ErrorKind.NATURE: _nature,
    ErrorKind.FINDING: _finding,
    ErrorKind.LANGUAGE: _language,
    ErrorKind.SOURCE: _source,
    ErrorKind.PHI: _phi,
    ErrorKind.REFUSAL: _refusal,
}
