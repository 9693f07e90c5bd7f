"""Distractors of single-choice questions: the words of each anatomical system, and which of them may be true together.

In: the truth and the report it stands in. Out: terms of the same system and kind that the report excludes.
A term is no distractor if it is named in the report, or shares a group with any term that is ("hepatic cyst" for
"simple hepatic cyst"). Groups are sets of terms that can be true of one examination at once, by meaning or by cause.
"""

import hashlib
import re
from typing import Literal

from pydantic import Field, model_validator

from curation.generate.prompts.base import PromptModel
from schemas.case import AnatomicalSystem, Language

MIN_TERMS = 25
TermKind = Literal["diagnoses", "findings"]


class Term(PromptModel):
    """One diagnosis or finding. ``also_en`` and ``also_zh`` are other spellings that mean the same in a report."""

    en: str = Field(min_length=2)
    zh: str = Field(min_length=2)
    groups: tuple[str, ...] = Field(min_length=1)
    also_en: tuple[str, ...] = ()
    also_zh: tuple[str, ...] = ()

    def name(self, language: Language) -> str:
        """Return the term in a language."""
        return self.zh if language is Language.ZH else self.en

    def stands_in(self, text: str) -> bool:
        """Tell whether a text names the term in either language, in any spelling that is listed."""
        folded = text.casefold()
        chinese = any(word in folded for word in (self.zh.casefold(), *self.also_zh))
        return chinese or any(
            re.search(rf"(?<!\w){re.escape(word.casefold())}(?:s|es)?(?!\w)", folded)
            for word in (self.en, *self.also_en)
        )


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

    def named_in(self, text: str) -> tuple[Term, ...]:
        """Find all terms that a text names, diagnoses first."""
        return tuple(term for term in (*self.diagnoses, *self.findings) if term.stands_in(text))

    def distractors(self, kind: TermKind, truth: str, report: str, *, language: Language, draw: int) -> tuple[str, ...]:
        """List all terms that may stand beside the truth, in an order drawn by a number; empty if the truth is unknown.

        An unknown truth has no group, so nothing could be excluded: such a case makes no single-choice question.
        """
        named = self.named_in(truth)
        if not named:
            return ()
        taken = {group for term in (*named, *self.named_in(report)) for group in term.groups}
        free = [term.name(language) for term in self.terms(kind) if not taken & set(term.groups)]
        return tuple(sorted(free, key=lambda name: hashlib.sha256(f"{draw}\x1f{name}".encode()).digest()))
