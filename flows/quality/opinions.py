"""What experts said of pairs, counted one way everywhere: by the first opinion on a pair; attention checks count apart.

Flows in: rows of `reviews` with instance_id, reviewer, verdict, attention and reviewed_at. Flows out: one row, or one
word, per pair. Second opinions say how far experts agree; a pair that two experts read weighs no more than another.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from schemas.expert import ExpertVerdict

COLUMNS = ("instance_id", "reviewer", "verdict", "attention", "reviewed_at")


def is_wrong(verdict: str) -> bool:
    """Tell whether a verdict finds fault with a pair."""
    return verdict != ExpertVerdict.ACCEPT


def first_opinions(reviews: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Give the earliest review of every pair; of two at once, that of the first reviewer's code."""
    found: dict[str, Mapping[str, Any]] = {}
    for row in sorted(reviews, key=lambda row: (row["reviewed_at"], row["reviewer"])):
        if not row["attention"]:
            found.setdefault(row["instance_id"], row)
    return found


def wrong_pairs(reviews: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
    """Say of every reviewed pair whether it was found wrong."""
    return {pair: is_wrong(row["verdict"]) for pair, row in first_opinions(reviews).items()}
