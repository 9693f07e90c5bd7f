"""The keep rules: one table, each rule with its examples and counter-examples.

Flows in: one joined line. Flows out: the first rule that proves the whole of it, or nothing. Whatever no rule proves is
masked. Source: spec rules 2, 3 and 5; EchoVLM App. A, Fig. 4 (measurements and landmarks kept).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from curation.image.forbidden import FORBIDDEN
from curation.image.grammar import CLOCK_WORD, DURATION, GAP, NUMBER, PROBE, load_parts
from curation.image.lexicon import load_lexicon
from curation.image.misread import readings
from curation.image.patterns import load_patterns
from curation.image.runs import Run
from curation.image.weak import is_weak
from schemas.region import RegionKind

_MAX_LINE = 180


@dataclass(frozen=True)
class Rule:
    """One way to prove a line clinical. ``weak``: alone it is no proof beside unknown text or in a header."""

    name: str
    kind: RegionKind
    pattern: re.Pattern[str] | Run
    valued: bool = False
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proof:
    """Why a line may stay."""

    rule: str
    kind: RegionKind
    valued: bool
    weak: bool


@lru_cache(maxsize=1)
def load_rules() -> tuple[Rule, ...]:
    """Build the rules once per process, most specific first."""
    p, x = load_parts(), load_patterns()
    kind = RegionKind
    return (
        _rule(
            "category",
            kind.MEASUREMENT,
            r"(?:acr\s?|c-?)?(?:bi|ti)-?rads\s?[:=]?\s?(?:tr)?[0-6][abc]?"
            r"|(?:graf|分型|type)(?:\s?(?:type|分型))?\s?[:=]?\s?(?:i{1,3}|iv)[abcd]?\s?型?|(?:i{1,3}|iv)[abcd]?\s?型",
            True,
            ("BI-RADS 4A", "TI-RADS:3", "C-TIRADS 4b"),
            ("BI-RADS ZHANG",),
        ),
        _rule(
            "cine",
            kind.DEVICE,
            r"(?:cine|page|frame|frm|img)\s?:?\s?\d{1,4}(?:\s?/\s?\d{1,4})?",
            True,
            ("CINE 12/128", "Page 1/3"),
            ("12/12",),
        ),
        _rule(
            "setting",
            kind.DEVICE,
            rf"{x.setting}(?:[\s,;|/]{{0,3}}(?:{x.setting}|{p.shown})){{0,5}}|{p.shown}[\s,;|/]{{1,3}}{x.setting}(?:[\s,;|/]{{0,3}}{x.setting}){{0,3}}",
            True,
            ("TIS0.0 MI 0.6", "MI 1.2", "FR 45Hz", "Gn 50", "DR 65", "PRF 4.0kHz", "WF Low", "D 16.0 cm", "增益 50%"),
            ("MI LI", "MAPP", "P046", "TI 20240309", "ID 0.6", "D 16", "Room 3"),
        ),
        _rule(
            "measurement",
            kind.MEASUREMENT,
            rf"(?!.*(?:fps|(?<!/m)hz|db)$){x.item}(?:[\s,;|/]{{0,3}}{x.item}){{0,5}}",  # a rate or a level is a setting
            True,
            (
                "1 IVSd 1.2 cm",
                "Dist 23.4 mm",
                "RI 0.65",
                "PI 1.20",
                "LT Ut-PS 70.64cm/s",
                "BPD 85.2mm 34w2d",
                "GA 22w3d",
                "1 L 2.31 cm",
                "EF(Teich) 62 %",
                "D1 23.1 mm D2 14.5 mm",
                "双顶径 85.2mm",
                "RK 10.2 cm",
                "CBD 5.1mm",
                "胆囊壁 3mm",
                "HC/AC 1.05",
                "右肾长径 10.2cm",
            ),
            (
                "LI 12",
                "LMP 2024-03-09",
                "EDD 09/03/2024",
                "ID 4532",
                "Foot ZHANG",
                "L 3",
                "WANG 1.2 cm",
                "PS 123456",
                "CS4810",
                "Room 10.2 cm",
                "ZHANG 5.1mm",
            ),
        ),
        _rule(
            "value",
            kind.MEASUREMENT,
            rf"{x.index}{x.with_unit}(?:[\s,;|/]{{1,3}}{x.index}{x.with_unit}){{0,3}}",
            True,
            ("2.31 cm", "1 2.31 cm", "+ 1.06cm", "70.64cm/s", "82bpm", "23 x 14 mm"),
            ("2.31", "45 Y", "65kg", "123456 mm", "3"),
        ),
        _rule("duration", kind.MEASUREMENT, rf"{DURATION}{x.bracket}{{0,1}}", True, ("22w3d",), ("22+3", "45Y")),
        _rule(
            "clock_position",
            kind.LANDMARK,
            rf"(?:{x.phrase}{GAP})?{CLOCK_WORD}(?:{GAP}{x.phrase})?{x.fn}|{x.phrase}{GAP}{x.clock}(?:{GAP}{x.phrase})?{x.fn}|{x.breast_clock}|{x.clock}\s?(?:n\s?\+\s?\d{{1,2}}|{NUMBER}\s?cm\s?fn)",
            False,
            ("RT BREAST 3:00", "左乳 3点", "10 o'clock", "RT BREAST 10:00 4 CM FN"),
            ("3:00", "LIVER 3:00", "RT 14:28", "BREAST 10:17"),
        ),
        _rule("unit", kind.DEVICE, p.unit, False, ("cm/s", "mmHg", "kHz"), ("kg", "MD")),
        _rule(
            "probe",
            kind.DEVICE,
            rf"(?:(?:probe|xdcr|探头)?\s?:?\s?)?{PROBE}",
            False,
            ("C5-1", "L12-5", "EC9-4", "3C5A"),
            ("12-3", "A123-4567"),
        ),
        _rule(
            "landmark",
            kind.LANDMARK,
            x.phrase,
            False,
            ("LIVER", "RT KIDNEY SAG", "4CH", "SagLiver", "右肾 纵切", "甲状腺右叶横切", "LYMPH NODE", "N1 RK"),
            ("LONG ZHANG", "LI WEI", "DR LIVER SMITH", "张伟", "Kidney Hospital", "left"),
        ),
        _rule(
            "device_line",
            kind.DEVICE,
            rf"{x.shown}(?:\s?/\s?{x.shown}){{1,4}}|{x.menu}(?:[\s/:,\-]{{0,3}}(?:{x.menu}|{PROBE}|{x.word})){{0,4}}(?:\s?/?\s?(?:[a-z]|\d{{1,2}}(?:\.\d)?))?(?![a-z\d])|{x.menu}\s?[:]?\s?\d{{1,3}}\s?%|{p.preset}\s?[-—]\s?{p.term}|col\.?\s\d{{1,3}}\s?%|(?:{PROBE}|{p.preset})(?:[\s/]{{1,3}}(?:{PROBE}|{p.preset}|{x.with_unit})){{1,3}}"
            rf"|(?:\[?2d\]?|gen)\s(?:{PROBE}|{p.preset})|{p.setting_name}\s?:\s?\d{{1,3}}|{p.setting_name}\s(?:on|off)",
            False,
            (
                "L12-5/Thyroid",
                "C1-6 腹部",
                "9L 颈动脉 38fps",
                "3 dB / DR 68",
                "14.3cm/1.3/16Hz",
                "28Hz / 12.0cm / FA 3",
                "C7 / M5",
                "Gen V5-9",
            ),
            ("M / 45", "ZHANG / C5-1", "A123456 / B2"),
        ),
        _rule("date_label", kind.MEASUREMENT, rf"{p.date_label}\s?:?", False, ("EDD", "LMP:", "预产期"), ("EDD 3",)),
        _rule(
            "setting_name",
            kind.DEVICE,
            rf"{p.setting_name}(?:[\s/]{p.setting_name}){{0,2}}",
            False,
            ("THI", "Preset", "2D", "PRF"),
            ("Gate", "Page Li", "M"),
        ),
        _rule(
            "label",
            kind.MEASUREMENT,
            rf"{x.label}\s?[:=]?",
            False,
            ("IVSd", "Area", "Alpha Angle", "LVESV MOD A4C", "OFD (HC):", "E峰速度", "结节长径"),
            ("Max", "Foot", "Area ZHANG"),
        ),
        _rule(
            "setting_run",
            kind.DEVICE,
            Run(
                re.compile(x.piece),
                re.compile(
                    rf"\d\s?{p.unit}|\[|(?<![a-z])(?:mi|ti[sbc]?|指数)\s?[:<=]?\s?\d\.\d|\d\sof\s\d|\d/[1-9]\d\d"
                ),
            ),
            True,
            ("[C] G45 / 0.9kHz / F2 / FA5 / P96", "[2D] G40 / 115dB / FA3 / P87", "MI:0.9 VASC", "声功率84%成人心脏"),
            ("ZW 12 / 3",),
        ),
        _rule(
            "coded_setting",
            kind.DEVICE,
            rf"{x.mode}?{x.token}|(?:{p.setting_name}|{x.mode}|{x.word}|{p.preset}|heart)|[lp][ac]?\d{{3}}|[1-9]\s?[a-z]{{1,2}}|s[cl]\d{{4}}|[ce][acv]\d{{1,3}}[a-z]?\d?|[a-z]\d\s\d-\d{{1,2}}",
            False,
            ("PRC 8-1-H", "XV 3", "S/A 3/2", "L741"),
            ("ZW 12", "ID 453", "WANG"),
        ),
        _rule(
            "coded_run", kind.DEVICE, Run(re.compile(x.piece), re.compile("")), False, ("R03.0 G62 C7",), ("ZW 12 / 3",)
        ),
        _rule("frames", kind.DEVICE, r"\d{1,3}\s?/\s?[1-9]\d{2}", False, ("76/177", "26 / 482"), ("12/24", "3/2024")),
        _rule(
            "frame_count",
            kind.DEVICE,
            r"\d/\d/\d|(?:frame|frm|帧|img|image)\s?:?\s?\d{1,4}(?:\s?(?:/|of)\s?\d{1,4})?|(?!(?:[1-9]|[12]\d|3[01])\s?/\s?(?:\d|[12]\d|3[01])$)\d{1,3}\s?/\s?\d{2,3}",
            False,
            ("Frame 113 of 448", "帧 101", "36/90"),
            ("12/24", "3/2024", "09/03"),
        ),
        _rule(
            "caliper",
            kind.MEASUREMENT,
            r"[+x×*十✕义乂<][.…·:\-\s]{0,9}[+x×*十✕义乂]?\s?[1-9]?|[.…·:\s]{1,9}[+x×十]?\s?[1-9]?|[1-9]",
            False,
            ("+", "x1", "+2", "1", "+……+1"),
            ("10", "X WANG", "+12"),
        ),
    )


def _rule(
    name: str,
    kind: RegionKind,
    pattern: str | Run,
    valued: bool,
    examples: tuple[str, ...],
    counter_examples: tuple[str, ...],
) -> Rule:
    compiled = re.compile(pattern) if isinstance(pattern, str) else pattern
    return Rule(name, kind, compiled, valued, examples, counter_examples)


@lru_cache(maxsize=65536)
def prove(line: str) -> Proof | None:
    """Find the rule that proves the whole line, or None: default deny."""
    if not line or len(line) > _MAX_LINE or _BEGINS_NAME.fullmatch(line.strip()):
        return None
    for text in readings(line):
        if FORBIDDEN.search(text):
            return None
        for rule in load_rules():
            if rule.pattern.fullmatch(text.strip(" .,:;|_-" if not rule.valued else " .,:;|_")):
                proof = _judge(rule, text)
                if proof:
                    return proof
    return None


#: One word and a comma begin a name ("POWER, BEA"); phrases are written in one line.
_BEGINS_NAME = re.compile(r"[^\W\d]+\s?[,，]")
#: "N. Long" and "C Long" are names; "L LONG" is a side and a plane.
_INITIAL_AND_NAME = re.compile(r"(?<![a-z])(?:[a-z]\.\s?|[a-km-qs-z]\s)(?=[a-z]{2})")
#: Only these make a bare "3:00" a position and not a time.
_BREAST = re.compile(
    r"(?<![a-z])(?:breast|lb|rb|[ul][oi]q|fn|cmfn|arad|nipple|(?:sub|retro)areolar|zone)(?![a-z])|n\s?\+\s?\d|乳|(?<!\d)(?:1[0-2]|[1-9])\s?d(?![a-z\d])|^[lr]\s"
)


def _judge(rule: Rule, text: str) -> Proof | None:
    """Ask for the second proof that phrases need: an anchor that is no name, a breast for clock digits."""
    if rule.name == "clock_position" and not re.search(CLOCK_WORD, text) and not _BREAST.search(text):
        return None
    if rule.name != "landmark":
        return Proof(rule.name, rule.kind, rule.valued, weak=is_weak(rule.name, text, valued=rule.valued))
    lexicon = load_lexicon()
    anchors = [match.group() for match in load_parts().anchor.finditer(text)]
    safe = [a for a in anchors if a not in lexicon.collisions and a not in lexicon.fillers]
    strong = [a for a in safe if len(a) >= 3 or not a.isascii()]
    if not strong and _INITIAL_AND_NAME.search(text):
        return None
    if strong or (any(len(a) >= 2 for a in safe) and len(anchors) >= 2):
        return Proof(rule.name, rule.kind, False, weak=False)
    return Proof(rule.name, rule.kind, False, weak=True) if anchors else None
