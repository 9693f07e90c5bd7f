"""A pair that is right, in which errors can be planted."""

from dataclasses import dataclass, field

from schemas.case import Language


@dataclass(frozen=True, slots=True)
class CleanPair:
    """A pair that is right. ``translation`` is the answer in the other language, where there is one."""

    pair_id: str
    language: Language
    report: str = field(repr=False)
    question: str = field(repr=False)
    answer: str = field(repr=False)
    translation: str = field(default="", repr=False)
