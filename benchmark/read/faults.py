"""What was wrong with the input: counted by kind, with the first ids named. Nothing of a row but its id is kept."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

#: Ids that are named per kind.
MOST_NAMED = 20


class Fault(StrEnum):
    """Kinds of bad input."""

    UNKNOWN_ID = "answers for unknown ids"
    DUPLICATE_ANSWER = "ids answered twice (the first answer counts)"
    MISSING_ANSWER = "items without an answer"
    MALFORMED_ROW = "rows that cannot be read"
    DUPLICATE_ITEM = "items with the same id (the first counts)"
    UNREADABLE_IMAGE = "images that do not decode"
    NO_GOLD = "items without a gold that can be scored"
    NAN_MEASUREMENT = "measurements that are not finite"
    NO_PATIENT = "items without a patient (each is resampled alone)"
    UNKNOWN_TASK = "items of tasks that the suite does not know"


@dataclass
class Faults:
    """Counts and names faults."""

    counts: Counter[str] = field(default_factory=Counter)
    named: dict[str, list[str]] = field(default_factory=dict)

    def note(self, kind: Fault, item_id: str) -> None:
        """Count one."""
        self.counts[kind.value] += 1
        names = self.named.setdefault(kind.value, [])
        if len(names) < MOST_NAMED:
            names.append(item_id)

    def lines(self) -> Iterator[str]:
        """Say it in plain words."""
        for kind, count in sorted(self.counts.items()):
            names = self.named[kind]
            more = ", …" if count > len(names) else ""
            yield f"{count} {kind}: {', '.join(names)}{more}"

    def table(self) -> list[dict[str, Any]]:
        """Give one row per kind."""
        return [{"fault": kind, "count": count, "ids": self.named[kind]} for kind, count in sorted(self.counts.items())]
