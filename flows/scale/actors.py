"""Kept texts divided over the workers of a Dask cluster: one actor each, searched together, decided by one process.

The rule of ``flows/dedup/shards.py`` over Dask's transport: the earliest of the earliest wins, so the decisions are
those of one process.
"""

from types import TracebackType
from typing import Any, Self

from distributed import Client

from curation.dedup.engine import new_engine
from curation.dedup.kept import LocalPool
from curation.dedup.rows import Found, Rows, Rule
from schemas.errors import ChunkError

SEARCH_TIMEOUT_S = 3600.0
ENDED = "a Dask worker that held kept texts ended early; run again"


class Shard(LocalPool):
    """The kept texts of one worker."""

    def __init__(self, rule: Rule, expected: int | None) -> None:
        super().__init__(new_engine(expected), rule)


class ActorPool:
    """Kept texts in the workers of a cluster; they are forgotten with this object."""

    def __init__(self, client: Client, rule: Rule, workers: int, expected: int | None = None) -> None:
        places = sorted(client.scheduler_info(n_workers=-1)["workers"])[:workers]
        if not places:
            raise ChunkError("the Dask cluster has no worker: start one, and run again")
        self._sizes = [0] * len(places)
        self._client = client
        options = {"actor": True, "pure": False}
        with client.as_current():  # an actor finds its way by the client of its time
            self._futures = [client.submit(Shard, rule, expected, workers=[place], **options) for place in places]
            self._shards: list[Any] = [_result(future) for future in self._futures]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._shards.clear()
        self._futures.clear()

    @property
    def size(self) -> int:
        """Number of texts."""
        return sum(self._sizes)

    def search(self, queries: Rows) -> Found:
        """Find the earliest match of every text.

        Raises: ChunkError when a worker ended.
        """
        found = Found.nothing(queries.size)
        with self._client.as_current():
            for answer in [shard.search(queries) for shard in self._shards]:
                found.merge(_result(answer))
        return found

    def add(self, rows: Rows) -> None:
        """Keep texts that arrived after all others.

        Raises: ChunkError when a worker ended.
        """
        if rows.size:
            smallest = self._sizes.index(min(self._sizes))
            with self._client.as_current():
                _result(self._shards[smallest].add(rows))
            self._sizes[smallest] += rows.size


def _result(future: Any) -> Any:  # noqa: ANN401
    try:
        return future.result(timeout=SEARCH_TIMEOUT_S)
    except Exception:  # noqa: BLE001 - Dask says it in many ways, some with row content
        raise ChunkError(ENDED) from None
