"""A pair that is right, and the kinds of errors that can be planted in it."""

from dataclasses import dataclass, field
from enum import StrEnum

from schemas.case import Language


class ErrorKind(StrEnum):
    """What is wrong with a planted pair. The first seven contradict the report."""

    NUMBER = "number"
    UNIT = "unit"
    SIDE = "side"
    ORGAN = "organ"
    GRADE = "grade"
    NEGATION = "negation"
    NATURE = "nature"
    FINDING = "finding"
    LANGUAGE = "language"
    SOURCE = "source"
    PHI = "phi"
    REFUSAL = "refusal"


CONTRADICTIONS = tuple(ErrorKind)[:7]


@dataclass(frozen=True, slots=True)
class CleanPair:
    """A pair that is right. ``translation`` is the answer in the other language, where there is one."""

    pair_id: str
    language: Language
    report: str = field(repr=False)
    question: str = field(repr=False)
    answer: str = field(repr=False)
    translation: str = field(default="", repr=False)
