"""Which of nine cells of the picture an answer names, or that nothing is visible.

In: an answer. Out: one of ``CELLS``. A cell needs a row and a column ("left" alone is no cell); the longest name wins
("lower center" is not "center"); sides of the body ("left lobe") are no places in the picture; two cells are no answer.
Source: U2-BENCH prompts of LL, OD and KD.
"""

import re
from collections.abc import Iterator

from benchmark.parse.asked import SEVERAL, ask
from benchmark.parse.clean import alike
from benchmark.records import Parsed, answered, unparsable

ROWS, COLUMNS = ("upper", "middle", "lower"), ("left", "center", "right")
NOT_VISIBLE = "not visible"
CELLS = (
    *("upper left", "upper center", "upper right", "middle left", "center", "middle right"),
    *("lower left", "lower center", "lower right", NOT_VISIBLE),
)
_ROW_WORDS = {
    "upper": r"upper(?:most)?|top(?:most)?|superior",
    "lower": r"lower(?:most)?|bottom|inferior",
}
_COLUMN_WORDS = {"left": r"left(?:most|-?hand)?", "right": r"right(?:most|-?hand)?"}
_MIDDLE = r"cent(?:er|re)(?:d)?|central|middle|mid(?:dle)?|midline"
_WORD = re.compile(
    rf"\b(?:(?P<upper>{_ROW_WORDS['upper']})|(?P<lower>{_ROW_WORDS['lower']})|(?P<left>{_COLUMN_WORDS['left']})"
    rf"|(?P<right>{_COLUMN_WORDS['right']})|(?P<middle>{_MIDDLE}))\b",
    re.IGNORECASE,
)
#: What may stand between the row and the column of one cell.
_GAP = re.compile(
    r"^[\s\-_/,]*(?:(?:and|part|side|half|third|portion|area|region|of the image|of the|to the|"
    r"on the|in the|towards? the|row|column|third of the|most|edge|section)\b[\s\-_/,]*){0,3}$",
    re.IGNORECASE,
)
_BODY_EN = re.compile(
    r"^[\s-]*(?:(?:lower|upper|middle|mid|outer|inner|lateral|medial|hepatic|renal|thyroid|ovarian|"
    r"common|internal|external|portal)\s+){0,2}"
    r"(?:lobes?|ventric\w*|atri\w+|kidneys?|renal|ovar(?:y|ies|ian)|breasts?|lungs?|poles?|limbs?|"
    r"arter\w+|veins?|carotid|neck|arm|leg|thigh|knee|shoulder|"
    r"abdom\w+|hemithorax|chest|hemisphere|liver|testis|testicle|axilla\w*|adnexa\w*|outflow|hip|eye|"
    r"thyroid|gland|lateral ventricle|cava|segment)\b",
    re.IGNORECASE,
)
_NOT_HERE_EN = re.compile(
    r"\b(?:not (?:clearly |really |readily |definitely )?(?:visible|seen|visuali[sz]ed|present|"
    r"identified|detected|shown|identifiable|detectable|discernible|in (?:the )?(?:image|view)|"
    r"depicted|appreciated)"
    r"|invisible|non-?visible|(?:no|without|absence of|lack of|does not (?:show|contain)|there (?:is|"
    r"are) no) (?:\w+ ){0,4}?(?:lesions?|nodules?|mass(?:es)?|tumou?rs?|organs?|structures?|"
    r"abnormalit\w+|object|keypoints?|landmarks?|target|findings?|cysts?)(?: \w+){0,3}"
    r"|(?:can(?:no|')t|cannot|could not|couldn't|can not) (?:be )?(?:see|seen|identif\w+|locat\w+|"
    r"detect\w*|visuali[sz]ed?|find|found|discern\w*)(?: (?:the|any|a))?(?: (?:lesions?|nodules?|"
    r"mass|tumou?rs?|organs?|structures?|target|keypoints?|landmarks?|it))?(?! (?:image|picture|"
    r"photo))"
    r"|out of (?:view|frame|the image|the field)|outside (?:the )?(?:image|view|field|frame)|"
    r"not applicable|absent|none|nothing (?:is )?visible|nowhere|n/a)\b",
    re.IGNORECASE,
)
_NOT_HERE_ZH = re.compile(
    r"不可见|未见|看不见|看不到|不显示|未显示|没有显示|未能显示|未显像|未发现|未探及|没有(?:看到|"
    r"发现|病灶|病变|结节|目标|该|可见)|不在(?:图像|图片|画面|视野|图)(?:中|内|里)?|无病灶|"
    r"无法看到(?:病|结|目|该|器)|不存在|无可见|无结节|无明显病"
)
_ZH = re.compile(
    r"(?:正?[左右上下中](?:侧|方|部|边|角|缘|央|间|心|半|区|段)*(?:偏|靠|的|-)?){1,4}|居中|正中(?:央|"
    r"心|间)?(?:部|位置)?"
)
_BODY_ZH = re.compile(
    r"^(?:侧|部)?(?:叶|心?室|心?房|肾|乳|肺|肝|上?腹|下?腹|极|肢|眼|颌|颈|甲|卵|附|臂|腋|大脑|脑|胸|"
    r"锁骨|股|支|输尿管|肾上腺|睾|腔静脉|壁|段|静脉|动脉|胎|脐|年|等|线|膜|结肠|度|国)"
)
_DENIED_EN = re.compile(
    r"\b(?:not|rather than|instead of|isn't|nor|neither|never|excluding|except|away from|no longer)\b[^.;,]{0,22}$",
    re.IGNORECASE,
)
_DENIED_ZH = re.compile(r"(?:不是|而非|并非|而不是|不在|非|不位于|排除|未见)[于在图像的]{0,4}$")


def parse_location(text: str) -> Parsed:
    """Find the one cell that an answer names."""
    return ask(alike(text), read_location)


def read_location(text: str) -> Parsed:
    """Read a short text."""
    text = text.replace("_", " ")
    first = text.strip().partition("\n")[0].strip(" .。\"'").lower().replace("-", " ")
    if first in CELLS and "\n" in text.strip():
        return answered(first)
    cells = {cell for cell, denied in (*_english(text), *_chinese(text)) if not denied}
    if len(cells) == 1:
        return answered(cells.pop())
    if len(cells) > 1:
        return unparsable(SEVERAL)
    if _NOT_HERE_EN.search(text) or _NOT_HERE_ZH.search(text):
        return answered(NOT_VISIBLE)
    return unparsable("no cell")


def cell_of(row: str, column: str) -> str:
    """Name the cell of a row and a column."""
    return "center" if (row, column) == ("middle", "center") else f"{row} {column}"


def _english(text: str) -> Iterator[tuple[str, bool]]:
    """Give the cells that English words name, and whether they are denied."""
    words = list(_WORD.finditer(text))
    at = 0
    while at < len(words):
        size = 1
        while (
            at + size < len(words)
            and size < 3
            and _GAP.match(text[words[at + size - 1].end() : words[at + size].start()])
        ):
            size += 1
        while size > 1 and _cell([str(word.lastgroup) for word in words[at : at + size]]) is None:
            size -= 1
        chosen = words[at : at + size]
        cell = _cell([str(word.lastgroup) for word in chosen])
        if cell and not _BODY_EN.match(text[chosen[-1].end() :]) and not _is_other_word(text, chosen):
            before = text[max(0, chosen[0].start() - 40) : chosen[0].start()]
            yield cell, bool(_DENIED_EN.search(before))
        at += size


def _is_other_word(text: str, chosen: list[re.Match[str]]) -> bool:
    """Say whether a lone middle word is about something else (middle third, central venous, centered at)."""
    if len(chosen) > 1 or chosen[0].lastgroup != "middle":
        return False
    after = text[chosen[0].end() :]
    return bool(
        re.match(
            r"[\s-]*(?:cerebral|hepatic|lobe|phalan\w+|ear|ven\w+|nervous|line shift|finger|cava|zone of)\b",
            after,
            re.IGNORECASE,
        )
    )


def _cell(words: list[str]) -> str | None:
    """Make a cell of the words of one name; None where they name none."""
    kinds = set(words)
    rows, columns = kinds & {"upper", "lower"}, kinds & {"left", "right"}
    if len(rows) > 1 or len(columns) > 1 or (len(words) > 2 and not (rows and columns)):
        return None
    if rows and columns:
        return cell_of(rows.pop(), columns.pop()) if len(words) == 2 else None
    if "middle" not in kinds:
        return None
    return cell_of(rows.pop() if rows else "middle", columns.pop() if columns else "center")


def _chinese(text: str) -> Iterator[tuple[str, bool]]:
    """Give the cells that Chinese words name, and whether they are denied."""
    for found in _ZH.finditer(text):
        run, after = found.group(), text[found.end() :]
        if _BODY_ZH.match(after) or re.search(r"[左右]侧?叶|[上下]段$", run) or (after[:1] in "度位" and run == "中"):
            continue
        cell = _cell_zh(run)
        if cell and not (run == "中" and not re.fullmatch(r"[\s\"'。.]*中[\s\"'。.]*", text)):
            yield cell, bool(_DENIED_ZH.search(text[max(0, found.start() - 8) : found.start()]))


def _cell_zh(run: str) -> str | None:
    if run.startswith("居中") or re.match(r"正中", run):
        return "center"
    rows = {row for char, row in (("上", "upper"), ("下", "lower")) if char in run}
    columns = {column for char, column in (("左", "left"), ("右", "right")) if char in run}
    middle = "中" in run or "正" in run
    if len(rows) > 1 or len(columns) > 1 or not (rows or columns or middle):
        return None
    if not middle and not (rows and columns):
        return None
    return cell_of(rows.pop() if rows else "middle", columns.pop() if columns else "center")
