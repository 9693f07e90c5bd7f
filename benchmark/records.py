"""Words of the benchmark: items, answers, what became of an answer.

An item is one question with its gold; an answer is what one model said about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Suite(StrEnum):
    """What is measured."""

    U2 = "u2"
    QBENCH = "qbench"
    ECHOVLM = "echovlm"
    GROUNDED = "grounded"


class Mode(StrEnum):
    """How: as the published scorer does it, or as its reviewers asked for."""

    COMPAT = "compat"
    STRICT = "strict"


class Status(StrEnum):
    """What an answer is, whether right or not."""

    ANSWERED = "answered"
    REFUSED = "refused"
    UNPARSABLE = "unparsable"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What an answer says. ``value`` means nothing unless the status is ANSWERED; ``why`` is a word for the report."""

    status: Status
    value: Any = field(default=None, repr=False)
    why: str = ""


def answered(value: object) -> Parsed:
    """Give the value that an answer states."""
    return Parsed(Status.ANSWERED, value)


def unparsable(why: str) -> Parsed:
    """Say that an answer states nothing that can be scored."""
    return Parsed(Status.UNPARSABLE, None, why)


@dataclass(frozen=True, slots=True)
class Item:
    """One question. ``gold`` depends on the task; ``patient`` is what is resampled, None where nobody knows.

    ``visible``: does the answer stand in the picture (``answer_visible_in_image``)? ``more`` holds what only one suite
    needs (unit, prompt kind, size in px). ``images`` are encoded and only kept where somebody asks for them.
    """

    item_id: str
    task: str
    dataset: str
    gold: Any = field(repr=False)
    patient: str | None = None
    anatomy: str = ""
    language: str = "en"
    prompt: str = field(default="", repr=False)
    options: tuple[str, ...] = ()
    visible: bool | None = None
    more: Mapping[str, Any] = field(default_factory=dict, repr=False)
    images: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What a model said about an item: text, number or object as it stood in the file, and log-probabilities."""

    item_id: str
    value: Any = field(repr=False)
    logprobs: Mapping[str, float] | None = field(default=None, repr=False)
    more: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def text(self) -> str:
        """The answer as text."""
        return self.value if isinstance(self.value, str) else "" if self.value is None else str(self.value)
