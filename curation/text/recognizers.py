"""Recognizers as data: one rule = a name, an entity, a pattern, a validator, its examples and where it is from.

In: the rule tables of recognizers_en.py, recognizers_zh.py and their neighbours. Out: rules for the engine.
Source: each rule names its own; by default the HIPAA Safe Harbor paragraph of its entity.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

#: Paragraph of 45 CFR 164.514(b)(2)(i) that names what an entity is.
_PARAGRAPH = {
    "NAME": "A",
    "HOSPITAL": "B",
    "ADDRESS": "B",
    "ROOM": "B",
    "DATE": "C",
    "TIME": "C",
    "AGE": "C",
    "PHONE": "D",
    "EMAIL": "F",
    "ID": "H",
    "URL": "N",
}


@dataclass(frozen=True)
class Rule:
    """One pattern. A group named ``v`` or ``w`` marks the part that goes; without it the whole match goes.

    ``valid`` judges what the pattern found, where a pattern cannot. ``source`` is a law, a standard or a publication.
    Examples hold the redacted part between ``<`` and ``>``; counter-examples must stay whole (by this rule).
    """

    name: str
    entity: str
    regex: str
    examples: tuple[str, ...]
    counter: tuple[str, ...] = ()
    ignore_case: bool = True
    valid: Callable[[re.Match[str]], bool] | None = None
    source: str = ""

    def __post_init__(self) -> None:
        """Cite the paragraph of the entity where the rule names no source of its own."""
        if not self.source:
            paragraph = _PARAGRAPH[self.entity]
            object.__setattr__(self, "source", f"HIPAA Safe Harbor, 45 CFR 164.514(b)(2)(i)({paragraph})")


def all_rules() -> tuple[Rule, ...]:
    """Return the rules of both languages; a text may mix them, so all always run."""
    from curation.text import (  # noqa: PLC0415 - the tables import Rule from here
        recognizers_dates,
        recognizers_en,
        recognizers_places_en,
        recognizers_places_zh,
        recognizers_shapes,
        recognizers_zh,
    )

    tables = (
        recognizers_dates,
        recognizers_shapes,
        recognizers_en,
        recognizers_zh,
        recognizers_places_en,
        recognizers_places_zh,
    )
    return tuple(rule for table in tables for rule in table.RULES)
