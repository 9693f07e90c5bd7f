"""The numbers of a text audit: recall, precision, clinical loss, survival, each with a bootstrap interval.

Flows in: tallies of reports. Flows out: plain numbers. Reports are drawn anew as wholes, because spans of one report
are alike. Source: Efron 1979, percentile intervals at 95 %.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from flows.reports.audit.score import Tally

DRAWS, _SEED = 1000, 0
_MEASURES: dict[str, tuple[Callable[[Tally], float], Callable[[Tally], float]]] = {
    "recall": (lambda t: t.found.total(), lambda t: t.labels.total()),
    "precision": (lambda t: t.right, lambda t: t.redacted),
    "clinical_lost": (lambda t: t.lost_chars, lambda t: t.clinical_chars),
    "protected_survived": (lambda t: t.survived, lambda t: t.protected),
}


def figures(tallies: Sequence[Tally]) -> dict[str, Any]:
    """Sum one method up, by language."""
    languages = sorted({tally.language for tally in tallies})
    return {language: _figures([t for t in tallies if t.language == language]) for language in languages}


def _figures(tallies: Sequence[Tally]) -> dict[str, Any]:
    labels, found = Counter[str](), Counter[str]()
    for tally in tallies:
        labels.update(tally.labels)
        found.update(tally.found)
    return {
        "reports": len(tallies),
        "spans": labels.total(),
        **{name: _share(tallies, *parts) for name, parts in _MEASURES.items()},
        "by_entity": {
            entity: {"spans": n, "recall": round(found[entity] / n, 4)} for entity, n in sorted(labels.items())
        },
    }


def _share(
    tallies: Sequence[Tally], part: Callable[[Tally], float], whole: Callable[[Tally], float]
) -> dict[str, float | None]:
    """Divide sums over reports; the interval draws as many reports with replacement."""
    parts = np.array([part(t) for t in tallies], dtype=float)
    wholes = np.array([whole(t) for t in tallies], dtype=float)
    if not wholes.sum():
        return {"value": None, "low": None, "high": None}
    drawn = np.random.default_rng(_SEED).integers(0, len(tallies), (DRAWS, len(tallies)))
    sums = wholes[drawn].sum(axis=1)
    shares = parts[drawn].sum(axis=1)[sums > 0] / sums[sums > 0]
    low, high = np.quantile(shares, [0.025, 0.975])
    return {
        "value": round(float(parts.sum() / wholes.sum()), 5),
        "low": round(float(low), 5),
        "high": round(float(high), 5),
    }
