"""What deduplicate remembers between batches: the kept texts, their ids, the next arrival."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from curation.dedup.decide import Decider, Text, batches, rule_of
from curation.dedup.engine import Engine, new_engine
from curation.dedup.kept import LocalPool, Pool
from curation.dedup.rows import Found, Rows, join
from curation.dedup.stored import from_table
from schemas.config import Deduplicate


class Memory:
    """Earlier texts; later ones are decided against them and remembered in turn."""

    def __init__(self, config: Deduplicate, engine: Engine, pool: Pool) -> None:
        self.config, self.engine, self._pool = config, engine, pool
        self._decider = Decider(rule_of(config), engine, pool)
        self.places = 0  # the next place on the shelf: gapless, so that it does not depend on how texts were batched
        self.ids: dict[int, str] = {}
        self.arrivals: dict[str, int] = {}

    @classmethod
    def of(cls, config: Deduplicate, kept: pa.Table, *, expected: int, pool: Pool | None = None) -> Self:
        """Remember rows of ``KEPT``; ``expected`` says how many texts will come, an empty ``pool`` where they stay."""
        engine = new_engine(kept.num_rows + expected)
        memory = cls(config, engine, pool or LocalPool(engine, rule_of(config)))
        memory.load(kept)
        return memory

    @property
    def next_arrival(self) -> int:
        """The number that the next text gets."""
        return self._decider.arrivals

    @property
    def is_outgrown(self) -> bool:
        """Say whether there are too many texts for the engine that was chosen for few."""
        return self.engine.name != new_engine(self._pool.size).name

    def load(self, kept: pa.Table) -> None:
        """Remember prepared texts; rows that nothing is compared with only take a place."""
        self._begin_after(kept["arrival"].drop_null().to_pylist())
        rows = kept.filter(pc.field("tokens").is_valid()).sort_by("arrival")
        if not rows.num_rows:
            return
        groups = [self._decider.group(name) for name in rows["scope_key"].to_pylist()]
        self._name(rows["instance_id"].to_pylist(), rows["arrival"].to_pylist())
        self._pool.add(from_table(rows, np.array(groups, np.int64), self.engine))

    def reread(self, texts: Sequence[Text], ids: Sequence[str], arrivals: Sequence[int], taken: Sequence[int]) -> None:
        """Remember texts that were dropped, where these count too; ``taken`` are the places of all of them."""
        for part in batches(texts):
            rows = self._decider.read(texts[part])
            self._pool.add(rows._replace(arrival=np.array(arrivals[part], np.int64)))
        self._name(ids, arrivals)
        self._begin_after(taken)

    def decide(self, texts: Sequence[Text], ids: Sequence[str]) -> tuple[Rows, Found]:
        """Decide about texts in their order, and remember those that later ones are compared with."""
        first = self.next_arrival
        self._name(ids, range(first, first + len(ids)))
        parts: list[tuple[Rows, Found]] = []
        for part in batches(texts):
            rows = self._decider.read(texts[part])
            joins = np.array([text.joins for text in texts[part]], np.bool_)
            parts.append((rows, self._decider.decide(rows, joins)))
        if not parts:
            return self._decider.read([]), Found.nothing(0)
        columns = zip(*(found for _, found in parts), strict=True)
        return join([rows for rows, _ in parts]), Found(*(np.concatenate(some) for some in columns))

    def take_places(self, kept: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Give texts their places on the shelf: every compared one, or only kept ones (others get -1)."""
        counted = np.ones_like(kept) if self.config.against == "all" else kept
        places = np.where(counted, self.places + np.cumsum(counted) - 1, -1)
        self.places += int(counted.sum())
        return places

    def _begin_after(self, arrivals: Sequence[int]) -> None:
        self.places = max([self.places, *(arrival + 1 for arrival in arrivals)])
        self._decider.arrivals = max(self._decider.arrivals, self.places)

    def _name(self, ids: Sequence[str], arrivals: Sequence[int]) -> None:
        self.ids.update(zip(arrivals, ids, strict=True))
        self.arrivals.update(zip(ids, arrivals, strict=True))
