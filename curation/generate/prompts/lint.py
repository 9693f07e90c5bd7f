"""The medical linter of few-shot templates: what code can hold a template to before a clinician reads it.

In: a ``Template``. Out: ``Flaw`` rows. It cannot tell whether a template is right, only whether it contradicts itself:
numbers that nobody measured, another side, another category, a management that the category excludes.
Source: ACR BI-RADS, ACR TI-RADS 2017, C-TIRADS 2020, O-RADS US v2022, CEUS LI-RADS, EFSUMB 2020 (Bosniak).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from curation.generate.parse import names_source
from curation.generate.prompts.facts import categories, grades, normal, organs, quantities, sides
from curation.generate.prompts.few_shot import Template, TemplateText
from schemas.case import Language

_UNITS = r"mm/s|cm/s|m/s|mmHg|mm|cm²|cm|mL/m²|mL|kPa|ms|s|L"
_BAD_UNITS = {
    Language.EN: re.compile(rf"\d(?:{_UNITS})\b|\d\s+%|[×*]\s?\d|\d\s?(?:MM|CM|Cm|ml|ML|sec)\b|\dx\d"),
    Language.ZH: re.compile(
        rf"\d\s+(?:{_UNITS})\b|\d\s+%|\d\s*[xX*]\s*\d|\d\s+×|×\s+\d|\d\s?(?:MM|CM|Cm|ml|ML)(?![a-z])"
    ),
}
_HIGH = re.compile(r"^(?:BI-RADS [45]|C-TI-RADS (?:4|5)|TI-RADS [45]|O-RADS [45]|LR [45]|BOSNIAK (?:III|IV))")
#: Category -> what its management must name (en, zh) and must not name.
_FOLLOWS: tuple[tuple[str, str, str, bool], ...] = (
    (r"BI-RADS [45]", r"biops", r"活检", True),
    (r"BI-RADS [12]", r"must be biopsied|core needle biopsy is advised", r"必须活检|建议.{0,6}活检", False),
    (r"BI-RADS 3", r"6 months", r"6个月", True),
    (r"C-TI-RADS (?:4B|4C|5)|^TI-RADS 5", r"fine-needle aspiration", r"细针穿刺", True),
    (r"C-TI-RADS 2|^TI-RADS [12]", r"aspiration is advised", r"建议.{0,6}穿刺", False),
    (r"O-RADS [45]", r"oncologist", r"妇科肿瘤", True),
    (r"LR 5", r"multidisciplinary", r"多学科", True),
    (r"BOSNIAK (?:III|IV)", r"resection|nephrectomy", r"切除", True),
)
#: Category -> the only risks (in %) an answer may give for it.
_RISKS: tuple[tuple[str, set[float]], ...] = (
    (r"BI-RADS 3", {2}),
    (r"BI-RADS 4A", {2, 10}),
    (r"BI-RADS 4B", {10, 50}),
    (r"BI-RADS 4C", {50, 95}),
    (r"BI-RADS 5", {95}),
    (r"O-RADS 2", {1}),
    (r"O-RADS 3", {1, 10}),
    (r"O-RADS 4", {10, 50}),
    (r"O-RADS 5", {50}),
    (r"C-TI-RADS 5", {90}),
    (r"BOSNIAK IV", {90}),
)
Fact = str | tuple[float, str]
_ALIKE: tuple[tuple[str, Callable[[str], set[Fact]]], ...] = (
    ("numbers", lambda text: set(quantities(text))),
    ("sides", lambda text: set(sides(text))),
    ("grades or categories", lambda text: set(grades(text))),
)


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong and where: a key path in the template's file."""

    path: tuple[str | int, ...]
    message: str


def lint(template: Template) -> list[Flaw]:
    """Check a template against itself; an empty list says only that no contradiction was found."""
    flaws = [flaw for language in Language for flaw in _language_flaws(template, language)]
    return [*flaws, *_between_languages(template), *_case_type(template), *_unused(template)]


def _language_flaws(template: Template, language: Language) -> Iterator[Flaw]:
    text, at = template.text(language), language.value
    listed = " ; ".join(one.value for one in template.guideline)
    known_numbers = quantities(text.findings) | quantities(listed)
    known_grades = grades(text.findings) | grades(text.impression) | grades(listed)
    seen_sides = _widened(sides(text.findings))
    for path, part in _parts(text, at):
        if path[1] != "findings":
            yield from _unknown(path, "number", quantities(part) - known_numbers)
            yield from _unknown(path, "side", sides(part) - seen_sides)
        if path[1] not in {"findings", "impression"}:
            yield from _unknown(path, "grade or category", grades(part) - known_grades)
        if path[1] in {"impression", "diagnosis"}:
            yield from _unknown(path, "organ", organs(part) - organs(text.findings))
        if path[1] == "vqa" and names_source(part):
            yield Flaw(path, "names its source (report, text) instead of the examination")
        bad = _BAD_UNITS[language].search(part)
        if bad:
            yield Flaw(path, f"unit format: {bad.group().strip()!r}")
    for number, shot in enumerate(text.closed):
        if names_source(shot.question):
            yield Flaw((at, "closed", number), "names its source (report, text) instead of the examination")
    yield from _management(text, at)


def _parts(text: TemplateText, at: str) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for section in ("findings", "impression", "diagnosis"):
        yield (at, section), getattr(text, section)
    for number, pair in enumerate(text.vqa):
        yield (at, "vqa", number), f"{pair.question} {pair.answer}"


def _unknown(path: tuple[str | int, ...], what: str, extra: set[tuple[float, str]] | set[str]) -> Iterator[Flaw]:
    for one in sorted(map(_shown, extra)):
        yield Flaw(path, f"{what} {one} is neither described nor listed under guideline")


def _widened(seen: set[str]) -> set[str]:
    """Left and right together are both."""
    return seen | {"both"} if {"left", "right"} <= seen else seen


def _management(text: TemplateText, at: str) -> Iterator[Flaw]:
    named = sorted(categories(f"{text.findings} {text.impression}"))
    advice = f"{text.about('surveillance').answer} {text.about('treatment planning').answer}"
    risk = text.about("risk stratification").answer
    given = {value for value, unit in quantities(risk) if unit == "%"}
    for category in named:
        for pattern, en, zh, must in _FOLLOWS:
            wanted = en if at == "en" else zh
            if re.match(pattern, category) and bool(re.search(wanted, advice, re.IGNORECASE)) is not must:
                yield Flaw((at, "vqa"), f"management of {category} must {'' if must else 'not '}name {wanted!r}")
        for pattern, allowed in _RISKS:
            if given and re.match(pattern + "$", category) and not given <= allowed:
                yield Flaw((at, "vqa"), f"risk of {category} must be one of {sorted(allowed)} %")


def _between_languages(template: Template) -> Iterator[Flaw]:
    zh = dict(_parts(template.zh, "zh"))
    english = {path: part for path, part in _parts(template.en, "en") if path[1] != "vqa"}
    english |= {("en", "vqa", n): f"{p.question} {p.answer}" for n, p in enumerate(template.en.vqa)}
    for path, part in english.items():
        other = zh[("zh", *path[1:])]
        if path[1] == "vqa" and template.en.vqa[int(path[2])].topic != template.zh.vqa[int(path[2])].topic:
            yield Flaw(path, "topics must stand in the same order in zh and en")
            continue
        for what, read in _ALIKE:
            differ = read(part) ^ read(other)
            if differ:
                yield Flaw(("zh", *path[1:]), f"{what} differ between zh and en: {_listed(differ)}")
    organs_differ = organs(template.en.report) ^ organs(template.zh.report)
    if organs_differ:
        yield Flaw(("zh", "findings"), f"organs differ between zh and en: {', '.join(sorted(organs_differ))}")


def _listed(facts: set[Fact]) -> str:
    return ", ".join(sorted(map(_shown, facts)))


def _shown(fact: Fact) -> str:
    return fact if isinstance(fact, str) else f"{fact[0]:g} {fact[1]}".strip()


def _case_type(template: Template) -> Iterator[Flaw]:
    named = categories(template.en.report)
    high = sorted(category for category in named if _HIGH.match(category))
    if high and template.case_type != "high_risk":
        yield Flaw(("case_type",), f"{high[0]} is a category of high risk")
    if named and not high and template.case_type == "high_risk":
        yield Flaw(("case_type",), f"{sorted(named)[0]} is no category of high risk")


def _unused(template: Template) -> Iterator[Flaw]:
    used = {fact for text in (template.en, template.zh) for _, part in _parts(text, "") for fact in quantities(part)}
    for number, one in enumerate(template.guideline):
        if quantities(normal(one.value)) - used:
            yield Flaw(("guideline", number), f"value {one.value} is used nowhere")
