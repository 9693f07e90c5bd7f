"""Many words as one regular expression: a tree, so that each place of a text is tried once and not word by word.

In: words, each a sequence of units (a unit is itself a regular expression). Out: a pattern that prefers longer words.
"""

import re
from collections.abc import Iterable, Sequence


def one_of(words: Iterable[Sequence[str]]) -> str:
    """Match one of many words."""
    root: dict[str, dict] = {}  # type: ignore[type-arg] # a recursive type adds nothing here
    for word in words:
        node = root
        for unit in word:
            node = node.setdefault(unit, {})
        node[""] = {}
    return _pattern(root)


def letters(word: str) -> list[str]:
    """Give the units of a literal word."""
    return [re.escape(char) for char in word]


def spaced(word: str, joint: str) -> list[str]:
    """Give the units of a literal word whose characters may stand apart."""
    return [re.escape(char) + joint for char in word[:-1]] + [re.escape(word[-1])]


def _pattern(node: dict) -> str:  # type: ignore[type-arg]
    branches = [unit + _pattern(child) for unit, child in sorted(node.items()) if unit]
    if not branches:
        return ""
    body = branches[0] if len(branches) == 1 and "" not in node else "(?:" + "|".join(branches) + ")"
    return body + "?" if "" in node else body
