"""Organs and sides of a text, with their places.

In: folded text. Out: ``Organ`` and ``Side`` rows. An organ is named by its family, so that renal pelvis and kidney
agree; its words are rows of ``curation/vocabulary/organs.csv`` (regular expressions).
Segments of the liver imply a side (Couinaud).
Source: the seven systems of EchoVLM; terms of the report style guides of the systems' societies.
"""

import csv
import re
from importlib.resources import files
from typing import NamedTuple

from curation.facts.parts import numbered

_B, _E = r"(?<![a-z])", r"(?![a-z])"
_TABLE = files("curation").joinpath("vocabulary/organs.csv").read_text(encoding="utf-8")
_ORGANS = [(row["family"], row["en"], row["zh"]) for row in csv.DictReader(_TABLE.splitlines())]
_ORGAN = re.compile(
    "|".join(f"(?P<o{n}>{_B}(?:{en}){_E}|{zh})" for n, (_, en, zh) in enumerate(_ORGANS)), re.IGNORECASE
)
_FAMILIES = tuple(family for family, _, _ in _ORGANS)
#: Families of which one may stand for the other.
_KIN: tuple[frozenset[str], ...] = tuple(
    map(
        frozenset,
        (
            {"carotid", "common carotid"}, {"carotid", "internal carotid"}, {"carotid", "external carotid"},
            {"deep vein", "femoral vein"}, {"deep vein", "popliteal"}, {"deep vein", "tibial"},
            {"heart", "ventricle"}, {"heart", "atrium"}, {"heart", "aortic valve"}, {"heart", "mitral valve"},
            {"heart", "tricuspid valve"}, {"heart", "pericardium"}, {"heart", "septum"}, {"atrium", "septum"},
            {"ventricle", "septum"},
            {"ovary", "tube"}, {"uterus", "cervix"}, {"lymph node", "axilla"}, {"abdominal cavity", "pelvis cavity"},
            {"liver", "portal vein"}, {"liver", "bile duct"}, {"kidney", "ureter"}, {"gallbladder", "bile duct"},
            {"pelvis cavity", "uterus"}, {"pelvis cavity", "ovary"}, {"fetus", "uterus"}, {"skin", "breast"},
            {"liver", "abdominal cavity"}, {"pulmonary artery", "pulmonary valve"},
            {"pulmonary artery", "heart"}, {"fetus", "placenta"}, {"fetus", "amnion"}, {"fetus", "umbilical cord"},
            {"aorta", "heart"},
            {"femoral", "femoral vein"}, {"femoral", "femoral artery"}, {"isthmus", "thyroid"},
            {"tube", "pelvis cavity"},
            {"vena cava", "heart"}, {"mitral valve", "ventricle"}, {"heart", "pulmonary valve"},
        ),
    )
)  # fmt: skip
_SIDE = re.compile(
    r"(?P<both>(?<![a-z])(?:bilateral(?:ly)?|both(?! (?:the )?\w+(?: \w+)? and )"
    r"(?! (?:are|of (?:which|these)|dimensions|measurements|findings"
    r"|features|the (?:cyst|stone)))|each side|either (?:side|breast|lobe|kidney|ovary|leg|axilla))(?![a-z])"
    r"|双(?!平面|房|胎|顶|腔|层|期|边|环|重|向|轨|相)|两(?=侧|肾|叶|乳|卵巢|下肢|上肢|肺|房)"
    r"|(?<![a-z])左(?:侧)?[、及和右]{1,2}右?(?=侧|肾|叶|乳))"
    r"|(?P<left>(?<![a-z])left(?![a-z])(?! (?:untreated|alone|in place|lateral decub|unchanged))|左(?!右|侧卧"
    r"|向右|前斜))"
    r"|(?P<right>(?<![a-z])right(?![a-z])(?! (?:away|now|after|angle|lateral decub)|-sided heart|-to-left)"
    r"|(?<!左)右(?!侧卧|向左))",
    re.IGNORECASE,
)
#: From one side to the other: no side.
_FLOW = re.compile(
    r"[由从自]?[左右](?:心)?[房室]?[向到至入][左右](?:心)?[房室]?"
    r"|(?<![a-z])(?:left|right)(?: \w+)?[ -]to[ -](?:the )?(?:left|right)(?![a-z])",
    re.IGNORECASE,
)
#: Sides by their initial: Lt kidney, R: alpha 64. Not litres, not the initials of anything else.
_INITIAL = re.compile(
    r"(?<![A-Za-z\d./-])(?<!\d )(?:(?P<left>L|Lt|LT|lt)|(?P<right>R|Rt|RT|rt))\.?(?=\s*:|\s+(?!/)[A-Za-z\d]|\s*\))"
    r"(?!\s*:?\s*\d[\d.]*\s*(?:cm|mm)?\s*[x,]?\s*(?:W|H|AP|T)(?![a-z]))"
)
#: Chambers of the heart, and kidneys, by their initials.
_CHAMBER = re.compile(
    r"(?<![A-Za-z])(?:(?P<left>L)|(?P<right>R))[VA](?:EF|IDD|EDD|ESD|PWD?|SP|OT)?(?![A-Za-z])"
    r"|(?<![A-Za-z])(?:(?P<left_kidney>L)|(?P<right_kidney>R))K(?![A-Za-z])"
)


class Organ(NamedTuple):
    """An organ by its family."""

    family: str
    start: int
    end: int


class Side(NamedTuple):
    """``left``, ``right`` or ``both``."""

    side: str
    start: int
    end: int
    is_implied: bool = False


def organs(text: str) -> list[Organ]:
    """Read organs."""
    return [Organ(_FAMILIES[int(str(m.lastgroup)[1:])], *m.span()) for m in _ORGAN.finditer(text)]


def sides(text: str) -> list[Side]:
    """Read sides; 左右 (about) and positions of the body are none. Segments of the liver imply one."""
    flows = [m.span() for m in _FLOW.finditer(text)]
    found = [
        Side(str(m.lastgroup), *m.span())
        for m in _SIDE.finditer(text)
        if not any(start <= m.start() < end for start, end in flows)
    ]
    for one in numbered("liver segment", text):
        if one.name != "1":  # the caudate lobe lies between
            found.append(Side("right" if one.name > "4" else "left", one.start, one.end, is_implied=True))
    found += [Side(str(match.lastgroup), *match.span()) for match in _INITIAL.finditer(text)]
    found += [
        Side(str(match.lastgroup).partition("_")[0], *match.span(), is_implied=True)
        for match in _CHAMBER.finditer(text)
    ]
    return sorted(found, key=lambda one: one.start)


#: Organs that explanations name although the examination is not about them.
LAY = frozenset({"skin", "muscle", "brain", "bowel", "stomach", "lung", "heart"})


def akin(first: str, second: str) -> bool:
    """Tell whether one organ may stand for the other."""
    return first == second or any({first, second} <= pair for pair in _KIN)
