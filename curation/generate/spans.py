"""Pick answers out of a scrubbed report: one sentence and one exact span of it, by rules.

In: a section of a report. Out: ``Candidate`` rows with offsets in code points, half-open.
A sentence with two values of one kind (or with a redaction tag) is left alone: its question would have two answers.
Source: grades after BI-RADS, ACR TI-RADS, O-RADS, LI-RADS; terms of echogenicity and margin after BI-RADS ultrasound.
"""

import re
from dataclasses import dataclass, field

from schemas.case import Language

MAX_SENTENCE_CHARS = 300
REDACTED = re.compile(r"\[[A-Z][A-Z_ ]*\d*\]")
_SENTENCE = {
    Language.EN: re.compile(r"\S.*?(?:[.!?;](?=\s|$)|(?=\n|$))", re.MULTILINE),
    Language.ZH: re.compile(r"[^\s。；！？;][^。；！？;\n]*[。；！？;]?"),
}
_NUMBER = r"\d+(?:\.\d+)?"
_UNIT = r"(?:mm/s|cm/s|m/s|mmHg|mm|cm|ml|mL|bpm|次/分|毫米|厘米|%)(?![A-Za-z0-9²³^])"
_MEASURE = rf"{_NUMBER}(?:\s?(?:mm|cm))?(?:\s?[x×X*]\s?{_NUMBER}(?:\s?(?:mm|cm))?){{0,2}}(?<![a-zA-Z])\s?{_UNIT}"
_MEASURE_UNITS = rf"{_NUMBER}\s?(?:mm|cm)(?:\s?[x×X*]\s?{_NUMBER}\s?(?:mm|cm)){{1,2}}(?![A-Za-z0-9²³^])"


@dataclass(frozen=True, slots=True)
class SpanRule:
    """One kind of answer in one language, with its own examples (sentence, answer) and counter-examples."""

    kind: str
    language: Language
    pattern: re.Pattern[str]
    examples: tuple[tuple[str, str], ...]
    counter_examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible answer. ``start`` and ``end`` are offsets in the section."""

    kind: str
    section: str
    start: int
    end: int
    text: str = field(repr=False)
    sentence: str = field(repr=False)
    sentence_start: int = 0


def _rule(
    kind: str, language: Language, pattern: str, examples: tuple[tuple[str, str], ...], counter: tuple[str, ...] = ()
) -> SpanRule:
    return SpanRule(kind, language, re.compile(pattern, re.IGNORECASE), examples, counter)


_EN, _ZH = Language.EN, Language.ZH
_MEASUREMENT = rf"(?<![\d.A-Za-z-])(?:{_MEASURE_UNITS}|{_MEASURE})"

#: The rules, by kind and language. One parametrised test runs every example and counter-example.
RULES: tuple[SpanRule, ...] = (
    _rule(
        "measurement",
        _EN,
        _MEASUREMENT,
        (
            ("The lesion measures 18 x 15 mm.", "18 x 15 mm"),
            ("A cyst of 1.2 cm x 0.8 cm is seen.", "1.2 cm x 0.8 cm"),
            ("The ejection fraction is 62 %.", "62 %"),
            ("Peak velocity is 86 cm/s.", "86 cm/s"),
        ),
        (
            "It measures 18 mm and 12 mm.",
            "The nodule is in segment 6.",
            "An area of 4 cm2 is seen.",
            "It is 1 cm or 9 mm.",
        ),
    ),
    _rule(
        "measurement",
        _ZH,
        _MEASUREMENT,
        (("结节大小约18×15mm。", "18×15mm"), ("射血分数62%。", "62%"), ("厚约2.4毫米。", "2.4毫米")),
        ("长径18mm，短径12mm。", "第6肋间。"),
    ),
    _rule(
        "grade",
        _EN,
        r"\b(?:C-)?(?:BI|TI|O|LI)-?RADS(?:\s*(?:category|grade|:))?\s*(?:TR)?[0-6][A-C]?(?!\w|\.\d)"
        r"|\bBosniak\s+(?:category\s+)?[IV]+F?\b|\bgrade\s+(?:[IV]+|[0-4])\b"
        r"|\b(?:trivial|mild|moderate|severe)(?:[ -]to[ -](?:moderate|severe))?\b",
        (
            ("Breast mass, BI-RADS 4B.", "BI-RADS 4B"),
            ("Nodule, TI-RADS category 3.", "TI-RADS category 3"),
            ("A mild regurgitant jet is seen.", "mild"),
            ("Hydronephrosis grade II.", "grade II"),
        ),
        ("Mild mitral and severe tricuspid regurgitation.", "BI-RADS 4A and BI-RADS 3."),
    ),
    _rule(
        "grade",
        _ZH,
        r"(?:C-)?(?:BI|TI|O|LI)-?RADS\s*(?:分级|分类)?\s*[:：]?\s*[0-6][A-C]?\s*[类级]?|轻-中度|中-重度|轻度|中度|重度",
        (
            ("乳腺肿块，BI-RADS 4B类。", "BI-RADS 4B类"),
            ("二尖瓣口可见轻度反流束。", "轻度"),
            ("TI-RADS分级:3级。", "TI-RADS分级:3级"),
        ),
        ("二尖瓣轻度反流，三尖瓣中度反流。",),
    ),
    _rule(
        "side",
        _EN,
        r"\b(?:left|right|bilateral)\b(?!\s+(?:ventric|lateral))",
        (("A nodule is seen in the left lobe.", "left"), ("Bilateral pleural effusion.", "Bilateral")),
        ("The left and right kidneys are normal.", "The left ventricular wall is normal."),
    ),
    _rule(
        "side",
        _ZH,
        r"左侧|右侧|左叶|右叶|[左右](?=[肾肝乳卵附颈锁腋睾下上股髂])",
        (("左侧乳腺外上象限可见一肿块。", "左侧"), ("右肾集合系统分离。", "右"), ("甲状腺左叶可见一结节。", "左叶")),
        ("左侧及右侧卵巢正常。", "左室壁运动正常。", "双侧颈部未见肿大淋巴结。"),
    ),
    _rule(
        "echogenicity",
        _EN,
        r"\b(?:markedly\s+)?(?:hypo|hyper|iso|an)echoic\b|\b(?:mixed|increased|decreased|reduced)[ -]echogenicity\b"
        r"|\b(?:hetero|homo)geneous\b",
        (("A hypoechoic mass is seen.", "hypoechoic"), ("The parenchyma is homogeneous.", "homogeneous")),
        ("A hypoechoic mass with anechoic areas.",),
    ),
    _rule(
        "echogenicity",
        _ZH,
        r"(?:极低|混合性?|稍?低|稍?高|等|无|强|弱)回声|回声(?:分布)?(?:尚|欠|不)?均匀",
        (("可见一低回声结节。", "低回声"), ("肝实质回声均匀。", "回声均匀"), ("探及混合性回声团。", "混合性回声")),
        ("低回声结节内见强回声。",),
    ),
    _rule(
        "border",
        _EN,
        r"\b(?:well|ill|poorly)[ -](?:defined|circumscribed|demarcated)\b|\b(?:un)?circumscribed\b|\bindistinct\b"
        r"|\bspiculated\b|\bmicrolobulated\b",
        (("Its margin is well-defined.", "well-defined"), ("The margin is spiculated.", "spiculated")),
        ("An ill-defined, spiculated mass.",),
    ),
    _rule(
        "border",
        _ZH,
        r"边[界缘](?:尚|欠|不)?(?:清晰|清楚|模糊|光滑|毛刺|整齐|规则|清)",
        (("结节边界清晰。", "边界清晰"), ("肿块边缘毛刺。", "边缘毛刺"), ("边界欠清。", "边界欠清")),
        ("边界清晰，边缘光滑。",),
    ),
    _rule(
        "presence",
        _EN,
        r"\bno\s+(?:evidence\s+of\s+|signs?\s+of\s+)?[a-z][a-z -]{2,60}?"
        r"(?=\s+(?:is|are|was|were|seen|noted|identified|detected|in|within|at|around|on)\b|[.,;)]|$)",
        (
            ("No free fluid is seen in the pelvis.", "No free fluid"),
            ("There is no evidence of hydronephrosis.", "no evidence of hydronephrosis"),
        ),
        ("No mass, no cyst.", "The node is normal."),
    ),
    _rule(
        "presence",
        _ZH,
        r"(?:未见|未探及|未发现|未显示|无(?!回声))[^，。；、,.;：:\s\[\]（）()]{2,16}",
        (("盆腔未见游离液体。", "未见游离液体"), ("肝内胆管未见明显扩张。", "未见明显扩张")),
        ("可见一无回声结节。", "未见结石，未见积液。"),
    ),
)


def sentences(text: str, language: Language) -> list[tuple[int, int]]:
    """Split a section into sentences: offsets in code points, half-open."""
    return [match.span() for match in _SENTENCE[language].finditer(text)]


def candidates(text: str, section: str, language: Language) -> list[Candidate]:
    """Find every span of a section that can be the one answer to a question about its sentence."""
    found: list[Candidate] = []
    for start, end in sentences(text, language):
        sentence = text[start:end]
        if len(sentence) > MAX_SENTENCE_CHARS or REDACTED.search(sentence):
            continue
        for rule in RULES:
            span = only_span(rule, sentence) if rule.language is language else None
            if span:
                found.append(
                    Candidate(
                        rule.kind, section, start + span[0], start + span[1], sentence[slice(*span)], sentence, start
                    )
                )
    return found


def only_span(rule: SpanRule, sentence: str) -> tuple[int, int] | None:
    """Return the span of a rule in a sentence; None if there is none or more than one.

    Measurements may stand beside others of another dimension (18 mm and 62 %), not beside one of their own.
    """
    spans = [match.span() for match in rule.pattern.finditer(sentence)]
    if rule.kind == "measurement":
        dimensions = [_dimension(sentence[slice(*span)]) for span in spans]
        spans = [span for span, own in zip(spans, dimensions, strict=True) if dimensions.count(own) == 1]
        return spans[0] if spans else None
    return spans[0] if len(spans) == 1 else None


def _dimension(measurement: str) -> str:
    """Read what a value measures: two lengths in mm and cm compete, a length and a percentage do not."""
    unit = re.sub(r"^.*[\d.]\s*", "", measurement).lower()
    if unit.endswith("/s"):
        return "velocity"
    return "length" if unit in {"mm", "cm", "毫米", "厘米"} else unit
