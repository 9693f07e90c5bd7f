"""What a clinical text states, in a form that is the same in Chinese and English: quantities, sides, grades, organs.

In: a text. Out: sets of facts that can be compared across sections and languages.
Source: categories after BI-RADS, ACR TI-RADS, C-TIRADS, O-RADS, LI-RADS, Bosniak.
"""

import re
import unicodedata

#: Spelling of a unit -> (unit, factor). Lengths are mm.
UNITS: dict[str, tuple[str, float]] = {
    "mm": ("mm", 1),
    "cm": ("mm", 10),
    "mm/s": ("cm/s", 0.1),
    "cm/s": ("cm/s", 1),
    "m/s": ("cm/s", 100),
    "cm2": ("cm2", 1),
    "mL/m2": ("mL/m2", 1),
    "mL": ("mL", 1),
    "L": ("mL", 1000),
    "mmHg": ("mmHg", 1),
    "kPa": ("kPa", 1),
    "ms": ("s", 0.001),
    "s": ("s", 1),
    "%": ("%", 1),
    "bpm": ("bpm", 1),
} | {
    word: (unit, 1)
    for unit, words in {
        "months": ("months", "month", "个月"),
        "years": ("years", "year", "年"),
        "weeks": ("weeks", "week", "周"),
        "days": ("days", "day", "天"),
        "hours": ("hours", "hour", "小时"),
    }.items()
    for word in words
}
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?<![A-Za-z\d.])(?<![A-Za-z]-)(\d+(?:\.\d+)?)(?![\d.]*\d)(?:[ \u00a0]?({_UNIT})(?![A-Za-z\d]))?(?![A-Za-z])"
)
#: Between two numbers that share the unit of the second: 18 x 15 mm, 2 to 9 mm, 6、12和24个月.
_JOINT = re.compile(r"\s*(?:x|×|to|-|–|~|至|到|、|,|，|and|or|和|或|,\s*and)\s*")
_RADS = re.compile(
    r"(?P<name>BI-RADS|O-RADS|C-TI-?RADS|TI-RADS|(?:LI-RADS\s+)?LR(?=-)|(?<![A-Za-z])TR(?=\d))\s*(?:US|category"
    r"|分类|TR)?[\s:-]*(?P<grade>\d[A-C]?)",
    re.IGNORECASE,
)
_NAMES = {"TR": "TI-RADS", "C-TIRADS": "C-TI-RADS"}
_BOSNIAK = re.compile(r"Bosniak\s*(?:category\s*)?(?P<grade>IV|I{1,3}F?)", re.IGNORECASE)
#: Words of shape whose number is no measurement.
_NO_QUANTITY = re.compile(r"纵横比>1")
_SIDES = {
    "left": re.compile(r"\bleft\b|左(?!右径)", re.IGNORECASE),
    "right": re.compile(r"\bright\b|(?<!左)右", re.IGNORECASE),
    "both": re.compile(r"\b(?:both|bilateral(?:ly)?|either)\b|双(?!平面)|两侧", re.IGNORECASE),
}
_GRADES = {
    "trivial": re.compile(r"\btrivial\b|微量", re.IGNORECASE),
    "mild": re.compile(r"\bmild(?:ly)?\b|轻度", re.IGNORECASE),
    "moderate": re.compile(r"\bmoderate(?:ly)?\b|中度", re.IGNORECASE),
    "severe": re.compile(r"\bsevere(?:ly)?\b|重度", re.IGNORECASE),
}
_ORGANS = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "liver": r"\b(?:liver|hepat(?:ic|o\w+)|intrahepatic|cirrhosis)\b|(?<!入)(?<!向)肝",
        "gallbladder": r"\b(?:gallbladder|gallstones?|cholecyst\w+)\b|胆囊",
        "bile duct": r"\bbile duct|胆管",
        "spleen": r"\bsplen\w+|\bspleen\b|脾",
        "pancreas": r"\bpancrea\w+|胰",
        "kidney": r"\b(?:kidneys?|(?:peri|intra)?renal|hydronephrosis)\b|肾",
        "bladder": r"\bbladder\b|膀胱",
        "prostate": r"\bprostat\w+|前列腺",
        "uterus": r"\b(?:uter(?:us|ine)|myometri\w+)\b|子宫|肌层",
        "ovary": r"\bovar(?:y|ies|ian)\b|卵巢",
        "adnexa": r"\badnexa\w*|附件",
        "breast": r"\bbreasts?\b|乳腺",
        "axilla": r"\baxill\w+|腋",
        "carotid": r"\bcarotid\b|颈(?:总|内|外)?动脉",
        "saphenous vein": r"\bsaphenous\b|隐静脉",
        "portal vein": r"\bportal\b|门静脉",
        "aortic valve": r"\baortic (?:valve|stenosis|regurgitation)|主动脉瓣",
        "mitral valve": r"\bmitral\b|二尖瓣",
        "tricuspid valve": r"\btricuspid\b|三尖瓣",
        "atrium": r"\batri(?:um|al)\b|[左右]房",
        "ventricle": r"\b(?:ventric\w+|interventricular)\b|[左右]室",
    }.items()
}


def normal(text: str) -> str:
    """Write full-width signs and Roman numerals as plain ones."""
    return unicodedata.normalize("NFKC", text)


def quantities(text: str) -> set[tuple[float, str]]:
    """Read every number with its unit (lengths in mm, velocities in cm/s); a row of numbers shares the last unit."""
    text = _NO_QUANTITY.sub(" ", _BOSNIAK.sub(" ", _RADS.sub(" ", normal(text))))
    found: set[tuple[float, str]] = set()
    unit, start = "", len(text)
    for match in reversed(list(_NUMBER.finditer(text))):
        if match.group(2):
            unit = match.group(2)
        elif not _JOINT.fullmatch(text[match.end() : start]):
            unit = ""
        name, factor = UNITS.get(unit, ("", 1))
        found.add((round(float(match.group(1)) * factor, 6), name))
        start = match.start()
    return found


def categories(text: str) -> set[str]:
    """Read assessment categories, spelled alike: ``TI-RADS 5`` for TR5 and 5类."""
    text = normal(text)
    rads = {
        f"{_NAMES.get(match['name'].upper(), match['name'].upper().split()[-1])} {match['grade'].upper()}"
        for match in _RADS.finditer(text)
    }
    return rads | {f"BOSNIAK {match['grade'].upper()}" for match in _BOSNIAK.finditer(text)}


def grades(text: str) -> set[str]:
    """Read words of severity and assessment categories."""
    return {name for name, pattern in _GRADES.items() if pattern.search(text)} | categories(text)


def sides(text: str) -> set[str]:
    """Read sides; "either" and 双 count as both."""
    return {name for name, pattern in _SIDES.items() if pattern.search(text)}


def organs(text: str) -> set[str]:
    """Read organs and vessels."""
    return {name for name, pattern in _ORGANS.items() if pattern.search(text)}
