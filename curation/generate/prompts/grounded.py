"""Wordings of grounded pairs, and the prompts of rationales and of picture quality.

In: ``prompts/grounded.toml``. Out: banks that are drawn from by a seeded number. Slots are filled by code alone.
"""

import re

from pydantic import Field, model_validator

from curation.generate.prompts.base import ByLanguage, PromptModel
from curation.generate.prompts.texts import SystemPrompt
from schemas.case import Language

MIN_QUESTIONS, MIN_ANSWERS = 6, 3
_SLOT = re.compile(r"\{([a-z]+)\}")


class Bank(PromptModel):
    """Wordings of one kind of text."""

    en: tuple[str, ...] = Field(min_length=MIN_ANSWERS)
    zh: tuple[str, ...] = Field(min_length=MIN_ANSWERS)

    @model_validator(mode="after")
    def _distinct(self) -> "Bank":
        if any(len(set(bank)) < len(bank) for bank in (self.en, self.zh)):
            raise ValueError("the same wording stands twice")
        return self

    def pick(self, language: Language, number: int, **slots: str) -> str:
        """Pick a wording by a drawn number and fill its slots; slot text is never read as a pattern."""
        bank = self.zh if language is Language.ZH else self.en
        return _SLOT.sub(lambda match: slots[match[1]], bank[number % len(bank)])


class Banks(PromptModel):
    """The banks by kind; ``region`` asks what is in a box, ``absent`` for what is not there."""

    segmentation: Bank
    detection: Bank
    referring: Bank
    region: Bank
    keypoint: Bank
    measurement: Bank
    diagnosis: Bank
    absent: Bank

    def bank(self, kind: str) -> Bank:
        """Give a bank by its kind."""
        found: Bank = getattr(self, kind)
        return found


class RationalePrompt(SystemPrompt):
    """Prompt of rationales."""

    user: str = Field(pattern=r"(?s)\{data\}")


class QualityPrompt(SystemPrompt):
    """Prompt of picture quality."""

    user: str = Field(min_length=1)


class Grounded(PromptModel):
    """All of the file."""

    questions: Banks
    answers: Banks
    rationale: ByLanguage[RationalePrompt]
    quality: ByLanguage[QualityPrompt]

    @model_validator(mode="after")
    def _enough(self) -> "Grounded":
        banks = (self.questions.bank(kind) for kind in Banks.model_fields)
        if any(min(len(bank.en), len(bank.zh)) < MIN_QUESTIONS for bank in banks):
            raise ValueError(f"every kind of question needs {MIN_QUESTIONS} wordings in each language")
        return self
