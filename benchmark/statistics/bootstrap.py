"""Confidence intervals by resampling patients.

In: blocks and groups. Out: for every group its value, and its values in every resample. Patients are drawn with
replacement within each dataset, so that datasets keep their sizes; all items of a patient come along. An item without a
patient is resampled alone. The same seed and the same items give the same resamples: models can be compared in pairs.
Source: Efron 1979 (percentile intervals); Cameron 2008 (resampling clusters).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, issparse

from benchmark.metrics.columns import Floats
from benchmark.statistics.groups import Block, Cell, Group

#: Numbers of draws in one go: what is held in memory.
_DRAWS = 8_000_000
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A group with its value, its resamples [R], and over how much it was computed."""

    group: Group
    value: float
    replicates: Floats = field(repr=False)
    n_items: int = 0
    n_patients: int = 0
    n_scored: int = 0

    @property
    def interval(self) -> tuple[float, float]:
        """The percentile interval; NaN where no resample has a value."""
        return interval_of(self.replicates)


def interval_of(replicates: Floats) -> tuple[float, float]:
    """Give the percentile interval of resampled values."""
    held = replicates[np.isfinite(replicates)]
    if held.size == 0:
        return float("nan"), float("nan")
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(held, [tail, 100 - tail])
    return float(low), float(high)


def patients_of(block: Block) -> list[str]:
    """Name what is resampled for every item: its patient, else itself."""
    return [item.patient if item.patient is not None else f"\x00{item.item_id}" for item in block.items]


def estimate(
    blocks: Sequence[Block],
    groups: Sequence[Group],
    *,
    resamples: int = 1000,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> list[Estimate]:
    """Compute every group over its items and over every resample.

    Cells with the same sums and mask are summed once. Shapes: replicates [resamples].
    """
    totals: dict[tuple[int, int, int], Floats] = {}
    by_dataset: dict[str, list[int]] = {}
    for number, block in enumerate(blocks):
        by_dataset.setdefault(block.dataset, []).append(number)
    wanted: dict[int, dict[tuple[int, int, int], Cell]] = {}
    for cell in (cell for group in groups for cell in group.cells):
        wanted.setdefault(cell.block, {}).setdefault(_key(cell), cell)
    for dataset, numbers in sorted(by_dataset.items()):
        cells = {number: wanted.get(number, {}) for number in numbers}
        totals |= _dataset_totals(blocks, cells, resamples, _generator(seed, dataset))
        if progress is not None:
            progress(sum(len(blocks[number].items) for number in numbers))
    people = people_of(blocks)
    return [_estimate(group, people, totals) for group in groups]


def people_of(blocks: Sequence[Block]) -> list[NDArray[np.int64]]:
    """Number what is resampled, over all blocks: one number per patient of a dataset. Shapes: [items] per block."""
    numbers: dict[tuple[str, str], int] = {}
    return [
        np.array(
            [numbers.setdefault((block.dataset, name), len(numbers)) for name in patients_of(block)], dtype=np.int64
        )
        for block in blocks
    ]


def _key(cell: Cell) -> tuple[int, int, int]:
    """Identify sums: a sparse figure is known by its combination too, as only that is kept of it."""
    return cell.block, id(cell.figure if issparse(cell.figure.sums) else cell.figure.sums), id(cell.mask)


def _generator(seed: int, dataset: str) -> np.random.Generator:
    return np.random.default_rng([seed, *dataset.encode()])


def _dataset_totals(
    blocks: Sequence[Block],
    cells: dict[int, dict[tuple[int, int, int], Cell]],
    resamples: int,
    generator: np.random.Generator,
) -> dict[tuple[int, int, int], Floats]:
    """Sum the cells of one dataset: row 0 over its items, then over every resample.

    Shapes: [1 + R, k], or [1 + R, 1] for sparse figures.
    """
    names = sorted({name for number in cells for name in patients_of(blocks[number])})
    places = {name: place for place, name in enumerate(names)}
    by_patient = {}
    for number, own in cells.items():
        of_item = np.array([places[name] for name in patients_of(blocks[number])])
        gather = csr_matrix(
            (np.ones(len(of_item)), (of_item, np.arange(len(of_item)))), shape=(len(names), len(of_item))
        )
        for key, cell in own.items():
            by_patient[key] = (cell, gather @ _masked(cell))
    parts: dict[tuple[int, int, int], list[Floats]] = {key: [] for key in by_patient}
    for weights in _weights(len(names), resamples, generator):
        for key, (cell, sums) in by_patient.items():
            found = np.asarray((sums.T @ weights.T).T if issparse(sums) else weights @ sums)
            parts[key].append(cell.figure.combine(found)[:, None] if issparse(sums) else found)
    return {key: np.concatenate(found) for key, found in parts.items()}


def _masked(cell: Cell) -> Floats | csr_matrix:
    sums = cell.figure.sums
    if cell.mask is None:
        return sums
    chosen = cell.mask.astype(np.float64)
    return sums * chosen[:, None] if isinstance(sums, np.ndarray) else sums.multiply(chosen[:, None]).tocsr()


def _weights(n_patients: int, resamples: int, generator: np.random.Generator) -> Iterator[Floats]:
    """Give how often each patient is drawn: first once each, then by resample. Shapes: [rows, patients]."""
    yield np.ones((1, n_patients))
    size = max(1, _DRAWS // max(1, n_patients))
    for start in range(0, resamples, size):
        rows = min(size, resamples - start)
        drawn = generator.integers(0, n_patients, size=(rows, n_patients)) + n_patients * np.arange(rows)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=rows * n_patients)
        yield counts.reshape(rows, n_patients).astype(np.float64)


def _estimate(
    group: Group, people: Sequence[NDArray[np.int64]], totals: dict[tuple[int, int, int], Floats]
) -> Estimate:
    first = group.cells[0].figure
    if group.pooled and not issparse(first.sums):
        values = first.combine(np.stack([totals[_key(cell)] for cell in group.cells]).sum(axis=0))
    else:
        values = mean_over(np.stack([_values(cell, totals) for cell in group.cells]))
    cells = group.members
    members = [people[cell.block] if cell.mask is None else people[cell.block][cell.mask] for cell in cells]
    scored = sum(_n_scored(cell, len(people[cell.block])) for cell in cells)
    n_patients = len(np.unique(np.concatenate(members)))
    return Estimate(group, float(values[0]), values[1:], sum(map(len, members)), n_patients, scored)


def _n_scored(cell: Cell, n_items: int) -> int:
    """Count the items of a cell that are in the denominator."""
    counted = np.ones(n_items, dtype=np.bool_) if cell.figure.counts is None else cell.figure.counts
    return int((counted if cell.mask is None else counted & cell.mask).sum())


def _values(cell: Cell, totals: dict[tuple[int, int, int], Floats]) -> Floats:
    found = totals[_key(cell)]
    return found[:, 0] if issparse(cell.figure.sums) else cell.figure.combine(found)


def mean_over(values: Floats) -> Floats:
    """Mean over the first axis of what is not NaN; NaN where nothing is."""
    counts = np.isfinite(values).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(counts > 0, np.nansum(values, axis=0) / counts, np.nan)
