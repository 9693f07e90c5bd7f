"""Whether a text affirms, denies or leaves open what it names, by the words around it.

In: a folded text and a place in it. Out: ``Status``. Denial runs forward over a list ("no stone, cyst or mass";
未见结石、囊肿及占位) up to the end of its clause, or backward from the end ("is absent", 未见).
Source: Chapman et al., J Biomed Inform 34 (2001) 301 (NegEx): triggers before, triggers behind, pseudo-negation.
"""

import re
from enum import StrEnum


class Status(StrEnum):
    """What a text says of something it names."""

    AFFIRMED = "affirmed"
    DENIED = "denied"
    OPEN = "open"


_PSEUDO = re.compile(
    r"^\s*no\s*,|\bno (?:significant |definite |obvious |interval )*(?:change|increase|growth|progression)\b"
    r"|\bnot (?:only|exclud\w+|ruled? out)"
    r"|\b(?:cannot|can't|can not|could not) be (?:excluded|ruled out)|\bno longer\b|\bnot (?:just|merely)\b"
    r"|\bno doubt\b"
    r"|未见(?:明显|显著)?变化|无(?:明显|显著)?变化|不除外|不能(?:完全)?(?:除外|排除)|不排除|未除外|未排除"
    r"|无回声|无疑|不仅|不但|不一|未破|未婚|不适",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"\b(?:no|not|without|absent|absence of|negative for|free (?:of|from)|neither|nor|denies|lacks?|lacking|never"
    r"|rules? out|ruled out|excludes?|isn't|aren't|doesn't|don't|wasn't|hasn't|none of|devoid of|fails? to show"
    r"|effaced|effacement of|loss of|lost|obliterated|disappearance of)\b"
    r"|未见到?|未探及|未发现|未显示|未检出|未及|未触及|未查见|未扪及|未闻及|未有|未(?=[^来经成行满婚破])|无"
    r"|(?:没有|未|无|不)提示|没有|没|失去|不伴(?:有)?|不存在|缺乏|缺如"
    r"|否认|已排除|可排除|可除外|并非|不是|不(?:$|(?=[^同适足清规均光整平齐典对等]))",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"^(?:(?! and )[^.;,，。；、]){0,30}?(?:\b(?:is|are|was|were|has|have)(?: been)? (?:absent|excluded|effaced|lost"
    r"|negative|no longer)\b|\babsent\b"
    r"|\bcannot be (?:seen|identified|demonstrated)\b|\bnot (?:seen|identified|detected|present|visuali[sz]ed"
    r"|noted|found|evident|demonstrated|appreciated)\b"
    r"|\bunlikely\b|:?\s*(?:none|negative)\b)"
    r"|^[^。；，,、]{0,8}?(?:未见|未探及|未发现|未显示|不明显|阴性|消失|\(-\)|:无|缺如|不存在|未及|可排除"
    r"|可除外|已排除)",
    re.IGNORECASE,
)
#: Words that end a denial in front of them.
_STOP = re.compile(
    r"[.;:!?\n。；：！？]|,\s*(?:most |likely|probabl|possibl|suspicious|typical|in keeping|but|however"
    r"|although|and (?:a|an|the|there)\b|a |an |the |there |which |it |this |with |measur|consistent|compatible"
    r"|suggest|typical|so |indicat|both )"
    r"|\b(?:but|however|although|except|apart from|other than|besides|besides|yet|therefore|which is"
    r"|followed by|and \w+s (?:out|an?|the)\b|and (?:a|an|the|there|it|is|has|shows?|casts?|contains?|measures?"
    r"|with)\b|with (?:a|an|the)|is (?:benign|typical)|because|as (?:a|an|the|it)\b|while|whereas)"
    r"|(?<=[\u3400-\u9fff)]),|,(?=[\u3400-\u9fff])|,$|但|而(?!且)|可见|见(?=[^明显异])|伴|考虑|提示|符合"
    r"|为(?=[^何])|呈|仅|且有|并有|故|因此|所以|属于",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\b(?:if|unless|in case|whether|may|might|could|would|should it|possib\w+|potential\w*|risk of|risks? for"
    r"|likelihood|probability|chance"
    r"|to (?:exclude|rule out|detect|assess for|look for|check for|prevent|avoid|confirm|monitor|watch)"
    r"|(?:exclude|rule out|rather than|versus|vs|e\.g|such as|for example|unlike|instead of|differential"
    r"|distinguish\w*|differentiat\w*|mimic\w*)"
    r"|can (?:cause|lead|become|be|develop|progress|result|also|have|occur|present)|(?:cannot|can't"
    r"|can not) be (?:excluded|ruled out)|not (?:be )?(?:exclude|rule)d?|screening for|prone to"
    r"|progress\w* (?:in)?to|evolve|signs of (?:growth|change)|watch(?:ed)? for|monitor\w* for|evaluat\w+ for"
    r"|history of|in general|generally|usually|often|commonly|sometimes|typically|when|until|future|later"
    r"|develop\w*|occurs?|once|suspect\w* of|concern for|questionable|query|prevent\w*|avoid\w*|caused? by"
    r"|causes?|due to|lead(?:s|ing)? to)\b"
    r"|如果|假如|若|如(?=[^上下前此何图])|一旦|是否|有无|有没有|可能(?!性?(?:大|高))|或许|风险|概率|几率|不除外"
    r"|不能(?:完全)?(?:除外|排除)|不排除|待排|待除外|待查|\?"
    r"|排除|鉴别|警惕|避免|防止|预防|以免|可引起|会引起|引起|导致|可发展|进展为|发展为|演变|观察有无|注意|例如"
    r"|比如|而非|而不是|不同于|通常|一般|常见于|多见于|往往|常(?:见|为|有)|多(?:为|见)|出现|以便|监测|随访观察"
    r"|多数|大多|少数|病史|既往",
    re.IGNORECASE,
)
#: Words that keep a claim a claim although they hold a word of doubt.
_NOT_OPEN = re.compile(
    r"可能(?:性)?(?:大|高)|除外常见|一般情况|most likely|likely|大小一般|一般状|考虑.{0,6}可能|(?:未见"
    r"|无)(?:明显)?(?:异常)?扩张及|注意到",
    re.IGNORECASE,
)
_IS_SEEN = re.compile(
    r"\s*(?:is|are|was|were) (?:seen|present|noted|visible|visuali[sz]ed|normal|patent|intact)\b", re.IGNORECASE
)
#: A bound is neither a finding nor its absence: stenosis below 50 %.
_BOUNDED = re.compile(r"\s*(?:is |of |程度)?(?:<|below|less than|小于|低于|不足)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?:(?<!\d)\.|\.(?!\d)|[;!?\n。；！？])")


def sentence_of(text: str, start: int, end: int) -> tuple[int, int]:
    """Find the sentence around a place."""
    begin = 0
    for mark in _SENTENCE_END.finditer(text, 0, start):
        begin = mark.end()
    after = _SENTENCE_END.search(text, end)
    return begin, after.start() if after else len(text)


def status(text: str, start: int, end: int) -> Status:
    """Tell what a text says of what it names at a place."""
    begin, stop = sentence_of(text, start, end)
    if is_open(text, start, end, (begin, stop)):
        return Status.OPEN
    return Status.DENIED if is_denied(text, start, end, (begin, stop)) else Status.AFFIRMED


def is_open(text: str, start: int, end: int, sentence: tuple[int, int]) -> bool:
    """Tell whether the clause around a place speaks of what may be, not of what is."""
    begin, stop = sentence
    before = text[begin:start].rpartition(",")[2]
    behind = text[end:stop].partition(",")[0]
    clause = _NOT_OPEN.sub(" ", before + " \x00 " + behind)
    mark = clause.find("\x00")
    if _BOUNDED.match(text[end:stop]):
        return True
    return any(_reaches(match, mark) for match in _OPEN.finditer(clause)) or text[stop : stop + 1] in {"?", "？"}


def _reaches(match: re.Match[str], mark: int) -> bool:
    """Words of doubt count before the place; behind it only those that look back."""
    return match.start() < mark or match.group().lower() in _LOOK_BACK or "exclu" in match.group().lower()


_LOOK_BACK = {
    "?",
    "待排",
    "待除外",
    "待查",
    "不除外",
    "不排除",
    "可能",
    "不能除外",
    "不能排除",
    "not excluded",
    "风险",
    "questionable",
}


def is_denied(text: str, start: int, end: int, sentence: tuple[int, int]) -> bool:
    """Tell whether words before or behind a place deny it."""
    begin, stop = sentence
    before = _PSEUDO.sub(lambda match: "\x00" * len(match.group()), text[begin:start])
    last = None
    for match in _BEFORE.finditer(before):
        last = match
    if last is not None:
        between = before[last.end() :]
        predicate = " and " in between and _IS_SEEN.match(text[end:stop]) is not None  # not dilated and jets are seen
        if not predicate and not _STOP.search(between):
            return True
    if re.search(r"\bnon-?$", before, re.IGNORECASE):
        return True
    behind = text[end:stop]
    found = _BEHIND.search(behind)
    return found is not None and not _PSEUDO.search(found.group())
