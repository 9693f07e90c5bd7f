"""Two engines, one result: kernels compiled by numba, or numpy and rapidfuzz where numba is absent or cannot compile.

An engine numbers tokens, so the rows of one engine are compared with rows of the same engine only.
"""

import os
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from curation.dedup.plain import PlainEngine
from curation.dedup.rows import Found, Int64, Rows, Rule, UInt64
from curation.dedup.segment import Segment

#: Fewer texts than this are compared without loading compiled code.
FEW = 2000
#: Set to ``numpy`` or ``numba`` to choose; any other value leaves the choice to us.
VARIABLE = "SONOCURATE_DEDUP_ENGINE"


class Engine(Protocol):
    """Reads texts and compares them."""

    @property
    def name(self) -> str:
        """``numba`` or ``numpy``."""

    def read(self, texts: Sequence[str]) -> tuple[NDArray[np.uint32], Int64, UInt64]:
        """Read n texts: token numbers uint32[…], their start int64[n + 1], Simhash values uint64[n]."""

    def number(self, keys: UInt64) -> NDArray[np.uint32]:
        """Give tokens numbers by their keys."""

    def keys(self, tokens: NDArray[np.uint32]) -> UInt64:
        """Give the keys of tokens by their numbers."""

    def bitmaps(self, tokens: NDArray[np.uint32], start: Int64) -> UInt64:
        """Compute the bitmaps of n texts: uint64[8, n]."""

    def search(
        self, queries: Rows, spans: Iterable[tuple[int, int]], segments: Sequence[Segment], rule: Rule, found: Found
    ) -> None:
        """Find the earliest match of the texts of some spans (queries are sorted by key) in all segments.

        Threads may share an iterator of spans: no two write about the same text.
        """

    def greedy(self, rows: Rows, joins: NDArray[np.bool_], rule: Rule, found: Found) -> None:
        """Go through a batch in order: each text against the earlier ones of the batch that joined."""


def new_engine(texts: int | None = None) -> Engine:
    """Make an engine for so many texts (None: many)."""
    wanted = os.environ.get(VARIABLE)
    few = texts is not None and texts < FEW and wanted != "numba"
    return PlainEngine() if few or wanted == "numpy" or not can_compile() else _compiled()


@lru_cache(maxsize=1)
def can_compile() -> bool:
    """Say whether numba is there and compiles; the first time on a machine this takes about half a minute."""
    try:
        engine = _compiled()
        engine.bitmaps(*engine.read(["a"])[:2])
    except Exception:  # noqa: BLE001 - whatever is wrong with numba or LLVM here, the other engine works
        return False
    return True


def must_compile(texts: int) -> bool:
    """Say whether an engine for so many texts compiles first, because this machine has no compiled code yet."""
    if texts < FEW or os.environ.get(VARIABLE) == "numpy":
        return False
    try:
        from curation.dedup.compiled import is_warm  # noqa: PLC0415 - numba may be absent
    except Exception:  # noqa: BLE001 - a broken numba is no numba
        return False
    return not is_warm()


def _compiled() -> Engine:
    from curation.dedup.kernels.engine import CompiledEngine  # noqa: PLC0415 - numba may be absent and is slow to load

    return CompiledEngine()
