"""How a figure is made of its sums, by its name: for figures that were written to a file and are read again."""

from collections.abc import Callable

from benchmark.metrics.columns import Floats, deviation, ratio, rooted
from benchmark.metrics.entities import macro
from benchmark.metrics.text.bleu import combine_bleu
from benchmark.records import Mode

BINARY = frozenset({"acc", "raw", "softmax_kmeans", "equal_thirds"})
LOWER = ("RMSE", "MAE", "Std", "MRE", "relative_error")


def combine_of(name: str, mode: Mode) -> Callable[[Floats], Floats]:
    """Give the function from sums to the figure."""
    if name.startswith("BLEU"):
        return lambda totals: combine_bleu(totals, int(name[4:]), mode)
    places = {"entity_P": 0, "entity_R": 1, "entity_F1": 2}
    if name in places:
        return lambda totals: macro(totals)[places[name]]
    return {"RMSE": rooted, "Std": deviation}.get(name, ratio)


def higher_is_better(name: str) -> bool:
    """Give the direction of a figure."""
    return not name.startswith(LOWER)
