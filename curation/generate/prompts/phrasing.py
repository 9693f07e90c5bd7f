"""Question banks: our own wordings of each task's instruction, drawn by a seeded number.

``{this image|these images}`` in a wording is what is said of one image and of several. A few banks have a slot
(``{statement}``, ``{question}``) that the caller fills.
"""

import re

from pydantic import Field, model_validator

from curation.generate.prompts.base import PromptModel
from schemas.case import Language

MIN_PHRASINGS = 20
_ALTERNATIVES = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")
_SLOT = re.compile(r"\{([a-z]+)\}")


class Phrasing(PromptModel):
    """Wordings of one instruction."""

    en: tuple[str, ...] = Field(min_length=MIN_PHRASINGS)
    zh: tuple[str, ...] = Field(min_length=MIN_PHRASINGS)

    @model_validator(mode="after")
    def _distinct(self) -> "Phrasing":
        for language in Language:
            spoken = [phrase(one, 1).casefold() for one in self.text(language)]
            if len(set(spoken)) < len(spoken):
                raise ValueError(f"{language.value} has the same wording twice")
        if len({slots for bank in (self.en, self.zh) for slots in map(_slots, bank)}) != 1:
            raise ValueError("all wordings must have the same slots")
        return self

    def text(self, language: Language) -> tuple[str, ...]:
        """Return the wordings in a language."""
        return self.zh if language is Language.ZH else self.en

    def pick(self, language: Language, number: int, *, images: int, **slots: str) -> str:
        """Pick a wording by a drawn number, word it for one or several images, and fill its slots."""
        bank = self.text(language)
        return phrase(bank[number % len(bank)], images, **slots)


class Phrasings(PromptModel):
    """The banks. A single-choice question is one of the ``choose_…`` banks, the options, and one of ``answer_…``."""

    report: Phrasing
    diagnosis: Phrasing
    caption: Phrasing
    finding: Phrasing
    impression: Phrasing
    judge: Phrasing
    choose_diagnosis: Phrasing
    choose_finding: Phrasing
    answer_letter: Phrasing
    answer_restated: Phrasing
    open: Phrasing


#: The slots of each bank; all others have none.
BANK_SLOTS = {"judge": ("statement",), "open": ("question",)}


def phrase(wording: str, images: int, **slots: str) -> str:
    """Word an instruction for a number of images and fill its slots; slot text is never read as a pattern.

    Raises: KeyError for a slot that is not given.
    """
    chosen = _ALTERNATIVES.sub(lambda match: match.group(1 if images == 1 else 2), wording)
    return _SLOT.sub(lambda match: slots[match.group(1)] if slots else match.group(0), chosen)


def _slots(wording: str) -> tuple[str, ...]:
    return tuple(_SLOT.findall(wording))
