"""Clinical values: errors on the scale of the allowed range.

In: gold and stated values. Out: RMSE, MAE, Std and the share within a tenth of the range.
Source: U2-BENCH, CVE: z = (x - min) / (max - min) for both, no clipping; tolerance 0.1.
"""

import numpy as np

from benchmark.metrics.columns import Figure, Floats, deviation, mean_of, rooted

#: Dataset -> lowest and highest value, and the unit of its measurement. 31 (head circumference) has no range.
RANGES: dict[str, tuple[float, float]] = {"18": (10.0, 75.0), "27": (0.3, 1.5), "50": (100.0, 400.0), "57": (0.0, 85.0)}
UNITS = {"18": "%", "27": "mm", "31": "mm", "50": "mm", "57": "%"}
NAMES = {
    "18": ("EF", "ejection fraction", "LVEF", "射血分数"),
    "27": ("IMT", "intima-media thickness", "内中膜厚度", "内膜中层厚度"),
    "31": ("HC", "head circumference", "头围"),
    "50": ("AC", "abdominal circumference", "腹围"),
    "57": ("fat value", "fat fraction", "fat", "脂肪含量", "脂肪值"),
}
TOLERANCE = 0.1


def scaled_errors(gold: Floats, stated: Floats, low: float, high: float) -> Floats:
    """Give z of the gold minus z of what was stated; NaN where either is NaN."""
    return (gold - stated) / (high - low)


def error_figures(errors: Floats) -> list[Figure]:
    """Make the figures of errors; NaN errors do not count."""
    counts = np.isfinite(errors).astype(np.float64)
    filled = np.where(counts > 0, errors, 0.0)
    squares = np.stack([filled**2, counts], axis=1)
    spread = np.stack([filled, filled**2, counts], axis=1)
    within = np.where(counts > 0, (np.abs(filled) <= TOLERANCE).astype(np.float64), np.nan)
    return [
        Figure("RMSE", squares, rooted, higher_is_better=False, counts=counts > 0),
        mean_of("MAE", np.abs(errors), higher=False),
        Figure("Std", spread, deviation, higher_is_better=False, counts=counts > 0),
        mean_of("%tol", within, scale=100.0),
    ]


def absolute_figures(gold: Floats, stated: Floats, unit: str) -> list[Figure]:
    """Make the figures of a measurement without a range: errors in its unit and relative to the gold."""
    errors = gold - stated
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(gold != 0, np.abs(errors) / np.abs(gold), np.nan)
    return [mean_of(f"MAE_{unit}", np.abs(errors), higher=False), mean_of("relative_error", relative, higher=False)]
