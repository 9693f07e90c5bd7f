"""Suspended strategies: which pairs they cover, and whom generation may not ask any more.

In: rows of ``INSTRUCTION_PAIR``, or what is about to be asked. Out: yes or no; names of models.
A suspended model stays suspended. Anything else is suspended in the prompt versions it had: the next version is free.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from curation.quality.retrospect import CELL, LEVELS

NONE, BY_CODE = "none", "by code"


def strategy_of(pair: Mapping[str, Any]) -> dict[str, str]:
    """Give the values of ``LEVELS`` of a pair; a case of several systems counts for its first."""
    return {
        "model": pair["model"] or BY_CODE,
        "template": pair["template_id"] or NONE,
        "prompt_version": pair["prompt_sha256"] or NONE,
        "task": pair["task"],
        "system": pair["systems"][0] if pair["systems"] else NONE,
    }


@dataclass(frozen=True, slots=True)
class Suspension:
    """A strategy that makes no more pairs.

    ``models`` are all names of its model, where it has one; ``prompts`` the prompt versions it had.
    """

    level: str
    strategy: tuple[str, ...]
    models: frozenset[str] = frozenset()
    prompts: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Name it as the command line does."""
        return f"{self.level}={'+'.join(self.strategy)}"

    @property
    def mark(self) -> str:
        """Give everything that generation depends on, as one line."""
        return "|".join([self.name, *sorted(self.models), *sorted(self.prompts)])

    def covers(self, strategy: Mapping[str, str]) -> bool:
        """Tell whether a pair of these values is one of the strategy."""
        models = self.bars(strategy)
        return models is None or strategy["model"] in models

    def bars(self, strategy: Mapping[str, str]) -> frozenset[str] | None:
        """Tell which models may not be asked for a pair of these values; None: nobody may."""
        if not self._asks(strategy):
            return frozenset()
        return self.models if self.level in {"model", CELL} else None

    def _asks(self, strategy: Mapping[str, str]) -> bool:
        """Compare all values but the model."""
        if self.level == "model":
            return True
        if self.level == CELL:
            mine = dict(zip(LEVELS, self.strategy, strict=True))
            return all(strategy[level] == mine[level] for level in LEVELS if level != "model")
        return strategy[self.level] == self.strategy[0] and strategy["prompt_version"] in self.prompts


def barred(suspensions: Iterable[Suspension], strategy: Mapping[str, str]) -> frozenset[str] | None:
    """Tell which models may not be asked under any suspension; None: nobody may."""
    names: frozenset[str] = frozenset()
    for one in suspensions:
        found = one.bars(strategy)
        if found is None:
            return None
        names |= found
    return names
