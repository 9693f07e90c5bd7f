"""Distractors of single-choice questions: the words of each anatomical system, and which of them may be true together.

In: a report. Out: a ``Choice``: one term that it states, and terms of the same system and kind that it excludes.
A term is no distractor if it shares a group with any term that the report states or leaves open. Groups are
sets of terms that can be true of one examination at once, by meaning or by cause.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from pydantic import Field, model_validator

from curation.generate.prompts.base import PromptModel
from curation.generate.prompts.facts import organs
from schemas.case import AnatomicalSystem, Language

MIN_TERMS = 25
OPTIONS = 4
LETTERS = "ABCD"
TermKind = Literal["diagnoses", "findings"]
_CLAUSE = re.compile(r"[,.;:!?\n，。；：！？、]")
_NEGATION = re.compile(
    r"\b(?:no|not|without|absent|absence of|neither|nor|excludes?|excluded|negative for|resolved)\b"
    r"|未见|未探及|未发现|未显示|无(?!回声)|排除|除外|否认|没有|不考虑|术后",
    re.IGNORECASE,
)
_ORGAN_ZH = re.compile(
    r"甲状腺|甲状旁腺|乳腺|乳房|子宫|卵巢|输卵管|宫颈|附件区?|盆腔|肝内?|胆囊|胆管|双?肾|膀胱|输尿管|前列腺|颈内?动脉"
    r"|椎动脉|下肢|静脉|动脉|左[房室叶侧]|右[房室叶侧]|[左右双]|主动脉瓣|[二三]尖瓣|肺动脉瓣|心房|腋窝|颈部|单纯性"
)
_ORGAN_EN = re.compile(
    r"\b(?:intra)?hepatic\b|\bliver\b|\b(?:peri)?renal\b|\bkidneys?\b|\bthyroid\b|\bbreasts?\b|\bovarian\b|\bovary\b"
    r"|\buterine\b|\buterus\b|\bgallbladder\b|\bbladder\b|\bureteral\b|\bcarotid\b|\bof the\b|\bsimple\b"
    r"|\bleft\b|\bright\b|\bcervical\b|\baxillary\b|\bureteric\b|\bendometrial\b|\bvertebral\b|\bartery\b|\blobe\b|\binternal\b",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    r"不除外|不能除外|不排除|不能排除|待排|待除外|\?|？"
    r"|\b(?:cannot|can't|not|to) (?:be )?(?:exclude|rule)|\brule out\b|\bunlikely\b",
    re.IGNORECASE,
)


class Term(PromptModel):
    """One diagnosis or finding. ``also_en`` and ``also_zh`` are other spellings that mean the same in a report."""

    en: str = Field(min_length=2)
    zh: str = Field(min_length=2)
    groups: tuple[str, ...] = Field(min_length=1)
    also_en: tuple[str, ...] = ()
    also_zh: tuple[str, ...] = ()
    normal: bool = False

    def name(self, language: Language) -> str:
        """Return the term in a language."""
        return self.zh if language is Language.ZH else self.en

    def places(self, text: str) -> list[tuple[int, int]]:
        """Find where a text names the term, in either language and any spelling that is listed: half-open offsets."""
        pattern = _pattern((self.zh, *self.also_zh), (self.en, *self.also_en))
        return [at.span() for at in pattern.finditer(text)]

    def core_places(self, text: str) -> list[tuple[int, int]]:
        """Find where a text may mean the term: its names without the words of organs (钙化灶 for 肝内钙化灶)."""
        pattern = _core_pattern((self.zh, *self.also_zh), (self.en, *self.also_en))
        return [at.span() for at in pattern.finditer(text)]


@cache
def _pattern(chinese: tuple[str, ...], english: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the names, the longest first."""
    words = [re.escape(word) for word in chinese]
    words += [rf"(?<!\w){re.escape(word)}(?:s|es)?(?!\w)" for word in english]
    return re.compile("|".join(sorted(words, key=len, reverse=True)), re.IGNORECASE)


@cache
def _core_pattern(chinese: tuple[str, ...], english: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the names, with or without the words of organs; what is left must still say something."""
    short_zh = (word for word in (_ORGAN_ZH.sub("", word) for word in chinese) if len(word) > 1)
    short_en = (word for word in (" ".join(_ORGAN_EN.sub(" ", word).split()) for word in english) if len(word) > 3)
    return _pattern((*chinese, *short_zh), (*english, *short_en))


def _stated(text: str, start: int) -> bool | None:
    """Tell whether what is named at a place is present (True), absent (False) or in doubt (None), by its clause."""
    before = _CLAUSE.split(text[:start])[-1]
    clause = before + _CLAUSE.split(text[start:], maxsplit=1)[0]
    if _DOUBT.search(clause) or text[start + len(clause) - len(before) :][:1] in {"?", "？"}:
        return None
    return not _NEGATION.search(before)


class Vocabulary(PromptModel):
    """The terms of one system."""

    system: AnatomicalSystem
    diagnoses: tuple[Term, ...] = Field(min_length=MIN_TERMS)
    findings: tuple[Term, ...] = Field(min_length=MIN_TERMS)

    @model_validator(mode="after")
    def _distinct(self) -> "Vocabulary":
        for kind in (self.diagnoses, self.findings):
            for language in Language:
                names = [term.name(language).casefold() for term in kind]
                twice = sorted({name for name in names if names.count(name) > 1})
                if twice:
                    raise ValueError(f"the same term twice: {', '.join(twice)}")
        return self

    def terms(self, kind: TermKind) -> tuple[Term, ...]:
        """Return the diagnoses or the findings."""
        return self.diagnoses if kind == "diagnoses" else self.findings

    def possible_in(self, text: str) -> tuple[Term, ...]:
        """Find all terms that a text may mean and does not deny, diagnoses first."""
        every = (*self.diagnoses, *self.findings)
        return tuple(
            term for term in every if any(_stated(text, start) is not False for start, _ in term.core_places(text))
        )

    def affirmed(self, kind: TermKind, text: str) -> tuple[Term, ...]:
        """Find the terms that a text states to be present; not 圆形肿块 inside 椭圆形肿块."""
        return tuple(term for term, state in self.judged(kind, text).items() if state)

    def judged(self, kind: TermKind, text: str) -> dict[Term, bool | None]:
        """Say of every term that a text names whether it is present (somewhere), in doubt (None) or absent."""
        named = [(term, place) for term in self.terms(kind) for place in term.places(text)]
        longest = [
            (term, (start, end))
            for term, (start, end) in named
            if not any(s <= start and end <= e and (s, e) != (start, end) for _, (s, e) in named)
        ]
        states: dict[Term, list[bool | None]] = {}
        for term, (start, _) in longest:
            states.setdefault(term, []).append(_stated(text, start))
        return {term: any(own) or (None if None in own else False) for term, own in states.items()}

    def distractors(self, kind: TermKind, truth: Term, report: str) -> tuple[Term, ...]:
        """List the terms that are false where the truth is true.

        Not: what shares a group with the truth or with anything the report names and does not deny, what is about an
        organ that the report does not describe, and normal findings, often true without being mentioned.
        """
        taken = {group for term in (truth, *self.possible_in(report)) for group in term.groups}
        described = organs(report)
        return tuple(
            term
            for term in self.terms(kind)
            if not taken & set(term.groups) and not term.normal and organs(term.en) <= described
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """A single-choice question without its wording: the options, and which of them is true."""

    options: tuple[str, ...] = field(repr=False)
    correct: int

    @property
    def letter(self) -> str:
        """The letter of the true option."""
        return LETTERS[self.correct]

    @property
    def listed(self) -> str:
        """One lettered option per line."""
        return "\n".join(f"{letter}. {option}" for letter, option in zip(LETTERS, self.options, strict=False))

    @property
    def restated(self) -> str:
        """The letter with its option."""
        return f"{self.letter}. {self.options[self.correct]}"


def choice_from(
    vocabulary: Vocabulary, kind: TermKind, stated: str, report: str, *, language: Language, number: int
) -> Choice | None:
    """Make the options of a single-choice question: one term that ``stated`` affirms, three that the report excludes.

    ``stated`` is the section the truth is taken from, ``report`` the whole report. The drawn number decides the truth,
    the distractors and their order. None if nothing is affirmed or fewer than three terms are surely false.
    """
    truths = vocabulary.affirmed(kind, stated)
    if not truths:
        return None
    truth = truths[number % len(truths)]
    false = _shuffled([term.name(language) for term in vocabulary.distractors(kind, truth, report)], number)
    if len(false) < OPTIONS - 1:
        return None
    names = _shuffled([truth.name(language), *false[: OPTIONS - 1]], number + 1)
    return Choice(tuple(names), names.index(truth.name(language)))


def _shuffled(names: Sequence[str], number: int) -> list[str]:
    return sorted(names, key=lambda name: hashlib.sha256(f"{number}\x1f{name}".encode()).digest())
