"""What a text says of the options that it names: chosen, denied, doubted, set aside.

In: a text and the options. Out: the number of the one that it chooses; SEVERAL; None.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from benchmark.parse.asked import SEVERAL
from benchmark.parse.likelihood import is_unlikely
from benchmark.parse.mentions import Mention, clusters, mentions

_DENIED_BEFORE = re.compile(
    r"(?:\b(?:not|no|non|isn't|aren't|wasn't|doesn't|don't|without|never|neither|nor|rather than|"
    r"instead of|as opposed to|"
    r"exclud\w+|rul(?:e|es|ed|ing) out|unlikely|less likely|against|differs? from|unlike|over|absence of|lacks?|"
    r"no (?:sign|evidence|feature)s? of)\b[\s:-]*(?:(?:be|an?|the|to|is|are|look|appear|seem|as|"
    r"likely|typical|of|any|evidence|show|in|show|being|"
    r"suggest|suggestive|consistent|with|sign|signs|features?|for|definitely|clearly|frankly|"
    r"obviously|truly|necessarily|really|category|grade|class)\b\s*){0,4}"
    r"|(?:不是|并非|并不是|而非|而不是|非|不属于|不像|不符合|不支持|不考虑|不倾向于?|排除|除外|未见|"
    r"没有|不存在|不为|不选|无|否定|欠|不太可能是?|不可能是?|不应是?|不应选|不)"
    r"(?:明显|典型|明确|为|是|任何|有|的|属于){0,2})$",
    re.IGNORECASE,
)
_DOUBTED_BEFORE = re.compile(
    r"(?:\b(?:can(?:no|')t|cannot|can not|could not|not|unable to)\s+(?:be\s+)?(?:completely |"
    r"entirely |fully )?(?:exclude|rule out|excluding)"
    r"|(?:不能|无法|未能|难以|不)(?:完全)?(?:排除|除外))\s*(?:an?|the)?\s*$",
    re.IGNORECASE,
)
_SET_ASIDE = re.compile(
    r"^\s*(?:\w+\s+){0,2}?(?:(?:is|are|was|seems?|appears?|would be|being|lesion is|"
    r"tumou?r is)\s+)?(?:very |highly |much |considered |also )?"
    r"(?:unlikely|excluded|ruled out|less likely|not likely|not supported|not seen|not present|"
    r"absent|lacking|missing|improbable|incorrect|wrong|"
    r"(?:can(?:no|')t|cannot|can not|could not|may not) be (?:completely |entirely |"
    r"fully )?(?:excluded|ruled out)|not excluded|"
    r"is not|are not|isn't|aren't|does not|doesn't)"
    r"|^(?:性质|病变|结节|肿瘤|的)?(?:可能性)?(?:较小|不大|很小|极小|小|较低|低|可排除|可除外|被排除|"
    r"不能排除|不能除外|不能完全排除|不除外|不排除|除外|待排|不像|不符|不成立|不对|错误|不正确|"
    r"不支持)",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"(?:\b(?:most likely|likely|probably|(?:most |more )?(?:consistent|compatible) with|(?:most |"
    r"more |highly )?suggest(?:s|ive of|ing)?|indicat(?:es?|ive of|ing)|"
    r"appears?(?: to be)?|looks? (?:like|more)|classified as|"
    r"(?:classify|categori[sz]e)(?: \w+){1,4} as|categori[sz]ed as|diagnos\w+(?: is| as|"
    r" of|:)?|described as|favou?rs?|favou?ring|"
    r"corresponds? to|represents?|labelled as|labeled as|graded? as|belongs? to|identified as|"
    r"considered|concluded?|overall|final(?:ly)?|so it is|it is|this is|it's|shows?|seen (?:is|as))\b"
    r"|考虑为?|倾向于?|最可能为?是?|更?符合|提示为?|诊断为?|属于|判断为|判定为|应为|应该是|分类为|"
    r"归为|结论为?|定性为|显示为?|可能为|可能是|这是|该图像?为|更像|为|是)"
    r"\s*(?:an?|the|be|to be|of|a case of|more|most|is|as|grade|class|category|view|:|:)?\s*[\"'“「*(]*$",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"\.(?!\d)|[;!?\n。；！？,，]")
#: What makes a list of what stands behind one denial.
_OR = re.compile(r"\bn?or\b|[/、或]|^\s*(?:\band\b|和|与|及|以及)", re.IGNORECASE)


def chosen_by_text(text: str, options: tuple[str, ...]) -> int | str | None:
    """Find the one option that a text names and does not deny; SEVERAL where there are more."""
    text = _without_questions(text, options)
    named = mentions(text, options)
    denied, doubted = _denied(text, named)
    aside = doubted | {one for one in named if one not in denied | doubted and _is_aside(text, one)}
    kept = [one for one in named if one not in denied and one not in aside]
    chosen = {one.option for one in kept}
    if len(chosen) == 1:
        return chosen.pop()
    if not chosen:
        against = {one.option for one in denied}
        if len(options) == 2 and len(against) == 1 and not aside:
            return 1 - against.pop()
        return None
    single = [cluster[0] for cluster in clusters(text, kept) if len({one.option for one in cluster}) == 1]
    cued = {one.option for one in single if _CUE.search(_clause_before(text, one.start))}
    return cued.pop() if len(cued) == 1 else SEVERAL


def _denied(text: str, named: Sequence[Mention]) -> tuple[set[Mention], set[Mention]]:
    """Find the mentions that are denied, and those that are doubted: what is said of the first counts for a list."""
    denied: set[Mention] = set()
    doubted: set[Mention] = set()
    for cluster in clusters(text, named):
        if len(_listed_with(text, cluster)) == len(cluster) - 1 and _is_unlikely(text, cluster[0], cluster[-1]):
            denied |= set(cluster)
        for place, one in enumerate(cluster):
            if _is_denied(text, one) and _DOUBTED_BEFORE.search(_clause_before(text, one.start)):
                doubted.add(one)
            elif _is_denied(text, one) or _is_unlikely(text, one, one):
                denied |= {one, *_listed_with(text, cluster[place:])}
    return denied, doubted - denied


def is_plain(text: str, one: Mention) -> bool:
    """Say whether nothing around a mention denies it, doubts it or sets it aside."""
    return not (_is_denied(text, one) or _is_unlikely(text, one, one) or _is_aside(text, one))


def _is_denied(text: str, one: Mention) -> bool:
    return _denies(_clause_before(text, one.start))


def _is_aside(text: str, one: Mention) -> bool:
    return _sets_aside(text[one.end : one.end + 60])


@lru_cache(maxsize=1024)
def _denies(before: str) -> bool:
    return bool(_DENIED_BEFORE.search(before))


@lru_cache(maxsize=1024)
def _sets_aside(behind: str) -> bool:
    return bool(_SET_ASIDE.search(behind))


def _is_unlikely(text: str, first: Mention, last: Mention) -> bool:
    return is_unlikely(_clause_before(text, first.start), text[last.end : last.end + 60])


def _listed_with(text: str, cluster: Sequence[Mention]) -> Sequence[Mention]:
    """Give the mentions that share what is said of the first: up to the last "or"; a comma alone parts them."""
    gaps = [text[one.end : two.start] for one, two in pairwise(cluster)]
    shared = [place for place, gap in enumerate(gaps, 1) if _OR.search(gap)]
    return cluster[1 : shared[-1] + 1] if shared else ()


def _without_questions(text: str, options: tuple[str, ...]) -> str:
    """Leave out the questions that a text repeats, where it names an option beside them."""
    sentences = re.split(r"(?<=[.!?。！？\n])", text)
    rest = "".join(" " if one.endswith(("?", "？")) else one for one in sentences)
    return rest if mentions(rest, options) else text


def _clause_before(text: str, start: int) -> str:
    return _CLAUSE_END.split(text[max(0, start - 70) : start])[-1]
