"""Patterns of whole statements: a measurement, a label, a setting, a phrase.

Flows in: the building blocks of ``grammar``. Flows out: regular expressions over folded text, as strings; the keep
rules put them together. Whatever is not spelled out here is not proven.
"""

from dataclasses import dataclass
from functools import lru_cache

from curation.image.grammar import CLOCK_DIGITS, CLOCK_WORD, DURATION, EPONYM, GAP, INDEX, NUMBER, PROBE, load_parts


@dataclass(frozen=True, slots=True)
class Patterns:
    """Statements as regular expressions.

    ``item`` is one measurement with its value, ``label`` its name alone, ``token`` one setting, ``piece`` one piece of
    a run of settings, ``menu`` words of the console, ``phrase`` anatomy, ``fn`` and ``clock`` a place in the breast.
    """

    bracket: str
    with_unit: str
    index: str
    item: str
    label: str
    word: str
    decimal: str
    setting: str
    mode: str
    token: str
    piece: str
    menu: str
    shown: str
    phrase: str
    fn: str
    clock: str
    breast_clock: str


@lru_cache(maxsize=1)
def load_patterns() -> Patterns:
    """Build the patterns once per process."""
    p = load_parts()
    times = rf"{NUMBER}(?:\s?[x-]\s?{NUMBER}){{0,2}}"
    spread = rf"\s?\(?±\s?\d{{1,4}}(?:\.\d)?\s?(?:d|w|g|天|周|sd|{p.unit})?\)?"
    bracket = rf"(?:\s?\(?{NUMBER}\s?(?:%|sd|mom)\)?|\s?[(]?{DURATION}[)]?|{spread})"
    with_unit = rf"{times}\s?{p.unit}{bracket}{{0,3}}"
    value = rf"(?:{with_unit}|(?!\d{{4}}){times}{bracket}{{0,2}}|{DURATION}{bracket}{{0,1}})"
    index = rf"(?:{INDEX}\s?)?"
    sep = r"\s?[:=]?\s?"
    number = r"(?:\s?#?\d(?![\d.]))?"
    short = r"(?<![a-z])[lrwhdacvbpf](?![a-z])|ap|[lr]?f(?=\d)|graf|∠|[αβ]"
    word_of_label = rf"(?:{p.term}|{p.label}|{p.weak_label}|{p.site}|{short}){number}(?:{EPONYM})?{GAP}"
    site = rf"(?:(?:{p.term}|{p.site}){number}{GAP}){{0,6}}"
    item = (
        rf"(?:{index}(?:{word_of_label}){{1,8}}{sep}{with_unit}|{index}∠{sep}{with_unit}"
        rf"|{index}{site}{p.label}{number}(?:{EPONYM})?(?:{GAP}(?:{p.term}|{p.site}|{p.label}|[lrd])){{0,2}}{sep}{value}"
        rf"|{index}(?:{p.term}{number}{GAP}){{1,6}}(?:pi|ri|ci){sep}{value}"
        rf"|(?:pi|pl|ci){sep}{NUMBER}|ga{sep}(?:{DURATION}|\d{{1,2}}\s?\+\s?[0-6](?!\d))(?:{bracket})?)"
    )
    behind = rf"(?:{GAP}(?:{p.term}|{p.site}|[lrdahwp]|ap)){{0,2}}"
    label = (
        rf"{index}(?:(?:{word_of_label}){{0,5}}(?:{p.label_name}{number}(?:{EPONYM})?){behind}"
        rf"|(?:{p.term}|{p.site}|[αβab]){{1,4}}{p.measure_end}{number})"
    )
    word = rf"(?:norm|gen|res|pen|std|h|m|l|{p.setting_word})"
    decimal = r"[<>]?\s?\d{1,2}\.\d{1,2}(?!\d)"
    setting_value = rf"(?:[<>]?\s?{NUMBER}\s?(?:{p.unit}|k(?![a-z]))?(?:/{NUMBER}\s?{p.unit}?)?|{word})"
    mode = r"(?:\[?(?:2d|3d|b|m|c|d|cf|cw|pw|tdi|pdi|cdi|cfi|bc|bd)\]?\s?)"
    setting = (
        rf"(?:{mode}?{p.setting}{sep}{setting_value}|{p.weak_setting}{sep}(?:{NUMBER}\s?{p.unit}|{decimal})"
        rf"|(?:tls|tlb|tlc){sep}{decimal}|(?:gn|g|dr|c|per|wf|p|ao|frq|f){sep}(?!0\d)\d{{1,3}}(?:\.\d)?\s?{p.unit}?(?!\d)"
        rf"|map\s[a-z](?:/(?:st\s?)?\d)?(?![a-z\d])|map\s?[a-z]/(?:st\s?)?\d(?!\d)|f\s?h\d\.\d|f\s?(?:pen|gen|res|tei)-?[hml]|\d{{1,2}}\s?%\s?hdd|{NUMBER}/{NUMBER}\s?{p.unit})"
    )
    code = rf"\d{{1,3}}(?:\.\d{{1,2}})?(?:[-/]\d{{1,2}}){{0,2}}(?:-[hml])?\s?(?:{p.unit}|[mk](?![a-z]))?"
    coded = rf"(?:{mode}?{p.code}{sep}(?:{code}|{word}))"
    menu = rf"(?:{p.shown}|{p.preset})"
    counted = r"(?:frame|frm|img|帧)\s?:?\s?\d{1,4}(?:\s?(?:of|/)\s?\d{1,4})?|\d{1,3}/[1-9]\d{2}"
    share = rf"{menu}(?:\s?:?\s?\d{{1,3}}\s?%)?"
    token = rf"(?:{coded}|{setting}|{share}|{NUMBER}\s?(?:{p.unit}|d(?![a-z\d]))|{decimal}|{mode})"
    piece = rf"(?:{token}|{counted})"
    shown = rf"(?:{PROBE}|{menu}|{p.setting_name}|{setting}|{with_unit}|[a-z]{{1,2}}\s?\d{{1,2}}(?!\d))"
    ordinal = r"\d(?:st|nd|rd|th)(?![a-z])"
    more = rf"(?:{GAP}(?:{p.term}|{ordinal})){{0,9}}"
    phrase = rf"(?:{ordinal}\s)?{p.term}{more}(?:\s?#?\d{{1,2}}(?:cm|mm)?)?"
    fn = rf"(?:{GAP}(?:{NUMBER}\s?cm\s?(?:fn)?|n\s?\+\s?\d{{1,2}}|fn\s?{NUMBER}\s?(?:cm)?|{NUMBER}\s?fn))?"
    clock = rf"(?:{CLOCK_WORD}|{CLOCK_DIGITS})"
    breast_clock = (
        rf"(?:[lr]|lt|rt|left|right|[lr]b|ru|zuo ru|you ru|{p.term})(?:{GAP}{p.term})*\s?(?:1[0-2]|[1-9])\s?d(?![a-z])"
    )
    return Patterns(
        bracket=bracket,
        with_unit=with_unit,
        index=index,
        item=item,
        label=label,
        word=word,
        decimal=decimal,
        setting=setting,
        mode=mode,
        token=token,
        piece=piece,
        menu=menu,
        shown=shown,
        phrase=phrase,
        fn=fn,
        clock=clock,
        breast_clock=breast_clock,
    )
