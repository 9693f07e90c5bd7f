"""The gold of a question with options, as one of the options.

In: an item whose gold is an option's text, with its letter or without, or the letter alone. Out: the option.
"""

from benchmark.parse.choice import parse_choice
from benchmark.read.u2_gold import without_letter
from benchmark.records import Item, Status


def gold_label(item: Item) -> str | None:
    """Give the option that is right, else the gold as it stands; None where there is no gold."""
    if item.gold is None:
        return None
    gold = str(item.gold)
    for text in (gold, without_letter(gold)):
        same = next((option for option in item.options if is_same(text, option)), None)
        if same is not None:
            return same
    chosen = parse_choice(gold, item.options) if item.options else None
    return str(chosen.value) if chosen is not None and chosen.status is Status.ANSWERED else gold


def is_same(one: object, other: object) -> bool:
    """Say whether two labels are one."""
    return str(one).strip().casefold() == str(other).strip().casefold()
