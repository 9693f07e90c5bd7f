"""Entity-level figures of texts: Hamming accuracy, and precision, recall and F1 over four kinds of entities.

In: answers and gold. Out: figures. An entity counts with its state: a nodule that is denied is not the nodule that is
stated. Hamming accuracy is taken over the entities that any gold or answer of the group names; macro figures are the
mean over structures, findings, attributes and statuses.
Source: EchoVLM, evaluation (definitions beyond these names are unpublished).
"""

from collections.abc import Sequence

import numpy as np

from benchmark.entities.extract import entities_of
from benchmark.entities.lexicon import Kind
from benchmark.metrics.columns import Figure, Floats, ratio
from benchmark.metrics.text.cut import cut_all

KINDS = tuple(Kind)
Row = list[tuple[str, str, int]]


def rows_of(text: str) -> Row:
    """List (kind, name, state) of a text, plainly, so that it can cross a process."""
    return [(one.kind.value, one.name, int(state)) for one, state in entities_of(text).items()]


def entity_figures(answers: Sequence[str], gold: Sequence[str], workers: int = 1) -> list[Figure]:
    """Make the figures."""
    own, true = (cut_all(texts, rows_of, workers) for texts in (answers, gold))
    universe = len({(kind, name) for rows in (*own, *true) for kind, name, _ in rows})
    hamming = np.array(
        [[universe - _differing(a, b), universe] for a, b in zip(own, true, strict=True)], dtype=np.float64
    )
    sums = np.array([_counts(a, b) for a, b in zip(own, true, strict=True)], dtype=np.float64).reshape(
        -1, 3 * len(KINDS)
    )
    return [
        Figure("entity_hamming", hamming.reshape(-1, 2), ratio),
        Figure("entity_P", sums, lambda totals: macro(totals)[0]),
        Figure("entity_R", sums, lambda totals: macro(totals)[1]),
        Figure("entity_F1", sums, lambda totals: macro(totals)[2]),
    ]


def _differing(own: Row, true: Row) -> int:
    """Count the entities of which two texts say different things (or only one says anything)."""
    left, right = ({(kind, name): state for kind, name, state in rows} for rows in (own, true))
    return sum(left.get(key) != right.get(key) for key in left.keys() | right.keys())


def _counts(own: Row, true: Row) -> list[int]:
    """Shapes: for each kind: shared, in the answer, in the gold."""
    left, right = set(own), set(true)
    found = []
    for kind in KINDS:
        found += [sum(one[0] == kind.value for one in chosen) for chosen in (left & right, left, right)]
    return found


def macro(totals: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean over the kinds that occur. Shapes: [..., 12] -> three of [...]."""
    shaped = totals.reshape(*totals.shape[:-1], len(KINDS), 3)
    shared, held, wanted = (shaped[..., place] for place in range(3))
    occurs = (held + wanted) > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(held > 0, shared / held, 0.0)
        recall = np.where(wanted > 0, shared / wanted, 0.0)
        f1 = np.where(shared > 0, 2 * shared / (held + wanted), 0.0)
        count = occurs.sum(axis=-1)
        means = [
            np.where(count > 0, np.where(occurs, one, 0.0).sum(axis=-1) / count, np.nan)
            for one in (precision, recall, f1)
        ]
    return means[0], means[1], means[2]
