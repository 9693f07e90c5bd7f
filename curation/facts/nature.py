"""Whether a text calls what it describes benign or malignant, with the places of the words.

In: a ``Reading``. Out: ``Nature`` rows. Low risk counts as benign, suspicion as malignant; what is merely mentioned
("the risk of malignancy", "to exclude cancer") counts as neither.
Source: wordings of BI-RADS, TI-RADS and O-RADS categories; benign and malignant entities of the seven systems.
"""

import re
from typing import NamedTuple

from curation.facts.categories import Category
from curation.facts.reading import Reading
from curation.facts.scope import Status, status

_BENIGN = re.compile(
    r"(?<![a-z])(?:(?:probably |typically |clearly |certainly |almost certainly |likely "
    r"|most likely )?benign(?! prostat)|harmless|non-?malignant|non-?cancerous|innocent|low (?:suspicion|risk)"
    r"|not suspicious|no (?:suspicious|malignant) (?:features?|signs?)"
    r"|simple (?:\w+ )?cysts?|ha?emangiomas?|fibroadenomas?|lipomas?|fibroids?|leiomyomas?|angiomyolipomas?"
    r"|spongiform|colloid (?:nodules?|cysts?)|reactive(?= (?:\w+ )?(?:lymph|nodes?)| in appearance|[.;,]|$))(?![a-z])"
    r"|良性(?!前列腺)|无害|单纯性?(?:\S{0,4})囊肿|血管瘤|纤维腺瘤|(?<!平滑肌)脂肪瘤|(?<!腺)肌瘤|错构瘤|反应性(?=增生|淋巴|改变)"
    r"|低(?:度)?可疑|恶性(?:的)?(?:可能性?|风险|概率)(?:极|很|较|非常)?(?:低|小)|不考虑恶性|不支持恶性|无恶性",
    re.IGNORECASE,
)
_MALIGNANT = re.compile(
    r"(?<![a-z])(?:malignan(?:t|cy|cies)|cancers?|cancerous|\w*carcinomas?|suspicious(?! (?:for"
    r"|of) (?:an? )?(?!malig|cancer|carcin|neoplas|metast|semin|lymph|sarc|hepatoc|HCC))"
    r"|highly suggestive of|high (?:suspicion|risk)"
    r"|metasta\w+|neoplastic|\w*sarcomas?"
    r"|lymphomas?|seminomas?|hepatomas?|HCC|melanomas?|germ[- ]cell tumou?rs?)(?![a-z])"
    r"|恶性|癌(?!变|胚|抗原|栓)|可疑|转移(?!酶)|肉瘤|淋巴瘤|精原细胞瘤|生殖细胞(?:肿)?瘤|HCC(?![a-z])|高度怀疑",
    re.IGNORECASE,
)
#: Around a word of malignancy: it is weighed, not claimed.
_WEIGHED = re.compile(
    r"\b(?:risks?|likelihood|probabilit\w+|chances?|exclude|rule out|unlikely|low|less than|below|under|rare\w*"
    r"|almost never|never|concern(?!ing for)|possib\w+|may|might|could|would|become|if|alike|mimic\w*"
    r"|screen\w*|detect\w*"
    r"|look(?:ing)? for|surveil\w*|worry|whether|degree|stratif\w+|associated with|develop)\b"
    r"|风险|可能性(?!大|高|较大|较高|极大|很大)|概率|几率|排除|除外|极低|很低|较低|很小|极小|不大|几乎不|不会"
    r"|警惕|是否|有无|癌变|程度|待排|鉴别|史|如|若|多数(?!是)|大多(?!是|数是)|治疗|筛查|不能",
    re.IGNORECASE,
)
_BENIGN_WEIGHED = re.compile(
    r"\b(?:if|whether|even if|may|could|would|or|should)\b|是否|如(?!上|图)|若|即使|鉴别|还是", re.IGNORECASE
)


class Nature(NamedTuple):
    """``benign`` or ``malignant``."""

    name: str
    start: int
    end: int


def natures(reading: Reading) -> list[Nature]:
    """Read what a text claims to be benign or malignant; a denied one is the other."""
    out: list[Nature] = []
    text = reading.text
    for match in _BENIGN.finditer(text):
        clause = _clause(text, *match.span())
        if not _BENIGN_WEIGHED.search(clause):
            denied = status(text, *match.span()) is Status.DENIED
            if not denied or re.search(r"benign|良性", match.group(), re.IGNORECASE):
                out.append(Nature("malignant" if denied else "benign", *match.span()))
    for match in _MALIGNANT.finditer(text):
        if any(one.start <= match.start() < one.end for one in out):
            continue
        clause = _clause(text, *match.span())
        if status(text, *match.span()) is Status.DENIED:
            continue
        if not _WEIGHED.search(clause):
            out.append(Nature("malignant", *match.span()))
    return sorted(out, key=lambda one: one.start)


def nature_of(category: Category) -> str | None:
    """Tell what a category means; None between 3 and 4B, and where systems differ."""
    grade, system = category.grade, category.system
    if system == "bosniak":
        return {"1": "benign", "2": "benign", "4": "malignant"}.get(grade)
    if system == "birads":
        return {"1": "benign", "2": "benign", "3": "benign", "4c": "malignant", "5": "malignant", "6": "malignant"}.get(
            grade
        )
    if system in {"tirads", "orads", "lirads"}:
        return {"1": "benign", "2": "benign", "4c": "malignant", "5": "malignant"}.get(grade)
    return None


def _clause(text: str, start: int, end: int) -> str:
    """Cut out the clause around a place, without the word itself."""
    before = re.split(r"[,.;:!?。\n]", text[:start])[-1]
    behind = re.split(r"[,.;:!?。\n]", text[end:], maxsplit=1)[0]
    return f"{before} | {behind}"
