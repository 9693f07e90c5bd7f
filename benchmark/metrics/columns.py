"""A figure as sums: what each item adds, and how the sums become the figure.

Every figure of the benchmark (accuracy, macro-F1, RMSE, corpus BLEU, …) is a function of sums over items. So a figure
of any group of items, and of any resample of its patients, costs one sum: nothing is scored twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure over items.

    Shapes: ``sums`` [items, k], dense or sparse; ``combine`` takes [..., k] to [...] and gives NaN where there is
    nothing to compute. ``poolable``: do the sums of two datasets mean the same, so that they may be added? ``counts``
    [items] tells which items are in the denominator; None: all.
    """

    name: str
    sums: Floats | csr_matrix = field(repr=False)
    combine: Callable[[Floats], Floats] = field(repr=False)
    higher_is_better: bool = True
    binary: bool = False
    poolable: bool = True
    counts: NDArray[np.bool_] | None = field(default=None, repr=False)

    def value(self) -> float:
        """Compute the figure over all items."""
        total = np.asarray(self.sums.sum(axis=0), dtype=np.float64).ravel()
        return float(self.combine(total[None, :])[0])

    def per_item(self) -> Floats:
        """Compute the figure of every item by itself; NaN for items that do not count."""
        dense = self.sums if isinstance(self.sums, np.ndarray) else self.sums.toarray()
        return self.combine(dense)


def ratio(sums: Floats) -> Floats:
    """Divide the first sum by the second; NaN where the second is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan)


def mean_of(name: str, values: Floats, *, scale: float = 1.0, binary: bool = False, higher: bool = True) -> Figure:
    """Make the mean of values a figure; NaN values do not count."""
    values = np.asarray(values, dtype=np.float64)
    counts = np.isfinite(values)
    sums = np.stack([np.where(counts, values, 0.0) * scale, counts.astype(np.float64)], axis=1)
    return Figure(name, sums, ratio, higher, binary, counts=counts)


def rooted(sums: Floats) -> Floats:
    """Take the root of a ratio: RMSE of squared errors and counts."""
    return np.sqrt(ratio(sums))


def deviation(sums: Floats) -> Floats:
    """Population standard deviation of sums, squares and counts."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums[..., 0] / sums[..., 2]
        spread = np.sqrt(np.maximum(sums[..., 1] / sums[..., 2] - mean**2, 0.0))
        return np.where(sums[..., 2] > 0, spread, np.nan)
