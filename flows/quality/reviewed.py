"""What experts said, as the retrospect counts it: one word per pair, beside the strategy that made the pair.

Flows in: tables `reviews`, `instruction_pairs` and `grounded_pairs`. Flows out: ``Reviewed`` rows, and how many reviews
do not count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from curation.quality.retrospect import Reviewed
from curation.quality.suspension import Suspension, strategy_of
from flows.quality.audit import STRATEGY_COLUMNS
from flows.quality.opinions import COLUMNS, first_opinions, is_wrong
from warehouse.tables import Tables


@dataclass
class Reviews:
    """Reviews that count, and the numbers of those that do not."""

    counted: list[Reviewed] = field(default_factory=list)
    checks: int = 0
    second: int = 0
    gone: int = 0
    grounded: int = 0
    suspended: int = 0

    def lines(self) -> Iterator[str]:
        """Say it in plain words."""
        yield f"{len(self.counted)} reviewed pairs count"
        told = {
            "are attention checks": self.checks,
            "are second opinions: only agreement between experts uses them": self.second,
            "are about pairs that have left": self.gone,
            "are about grounded pairs, which no strategy made": self.grounded,
            "are about pairs of strategies that are suspended already": self.suspended,
        }
        yield from (f"  {count} reviews left out: they {why}" for why, count in told.items() if count)


def reviews_of(tables: Tables, suspensions: Sequence[Suspension] = ()) -> Reviews:
    """Read the reviews; the first opinion on a pair counts, so that pairs that two experts read weigh no more."""
    rows = tables.read("reviews", COLUMNS).to_pylist()
    first = first_opinions(rows)
    checks = sum(row["attention"] for row in rows)
    out = Reviews(checks=checks, second=len(rows) - checks - len(first))
    own = pc.field("instance_id").isin(pa.array(list(first), pa.string()))
    pairs = tables.read("instruction_pairs", STRATEGY_COLUMNS, own)
    made = {pair["instance_id"]: strategy_of(pair) for pair in pairs.to_pylist()}
    grounded = set(tables.read("grounded_pairs", ["instance_id"], own)["instance_id"].to_pylist())
    for instance_id, row in first.items():
        strategy = made.get(instance_id)
        if strategy is None and instance_id in grounded:
            out.grounded += 1
        elif strategy is None:
            out.gone += 1
        elif any(one.covers(strategy) for one in suspensions):
            out.suspended += 1
        else:
            out.counted.append(Reviewed(strategy, is_wrong(row["verdict"])))
    return out
