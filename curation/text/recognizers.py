"""Recognizers as data: one rule = a name, an entity, a pattern, its examples and counter-examples.

In: the rule tables of recognizers_en.py and recognizers_zh.py. Out: rules for the engine.
Source: HIPAA Safe Harbor (45 CFR 164.514(b)(2)); GB 11643 (identity numbers); each table says the rest.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One pattern. A group named ``v`` marks the part that goes; without it the whole match goes.

    ``needs`` are small letters or characters of which one must stand in a text, or the rule is not tried at all.
    Examples hold the redacted part between ``<`` and ``>``; counter-examples must stay whole (by this rule).
    """

    name: str
    entity: str
    regex: str
    examples: tuple[str, ...]
    counter: tuple[str, ...] = ()
    ignore_case: bool = True
    needs: tuple[str, ...] = ()


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
