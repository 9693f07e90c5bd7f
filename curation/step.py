"""The shape of every step: rows in, kept rows and rejected rows out.

In: one Arrow table. Out: ``StepResult``; for map steps ``kept + rejected == input`` by id, nothing is dropped silently.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from schemas.reject import REJECT, RejectReason, Unit


@dataclass(frozen=True)
class StepResult:
    """What a step made of its rows.

    ``kept`` has the step's declared schema (also for 0 rows), ``rejected`` has ``REJECT``; ``byproducts`` are further
    tables by shelf name (for example ``text_regions`` beside ``images``).
    """

    kept: pa.Table
    rejected: pa.Table
    byproducts: Mapping[str, pa.Table] = field(default_factory=dict)


def reject(  # noqa: PLR0913 - one argument per column of REJECT
    stage: str,
    unit: Unit,
    row_id: str,
    site: str,
    reason: RejectReason,
    *,
    parent_id: str | None = None,
    detail: str | None = None,
) -> dict[str, Any]:
    """Build one reject row."""
    return {
        "stage": stage,
        "unit": unit.value,
        "id": row_id,
        "parent_id": parent_id,
        "site": site,
        "reason": reason.value,
        "detail": detail,
    }


def table_of(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Build a table with exactly this schema, also for 0 rows."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)


def rejects_of(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Build a reject table."""
    return table_of(rows, REJECT)
