"""The cell of a gold box or keypoint.

In: the cell of a table as text or as a value. Out: one of nine cells or "not visible".
Source: U2-BENCH scorer: the first two numbers are the normalised centre; 0.45 and 0.55 part the thirds.
"""

import ast
import math
from collections.abc import Iterator
from typing import Any

from benchmark.parse.location import NOT_VISIBLE, cell_of

LOW, HIGH = 0.45, 0.55


def literal(cell: Any) -> Any:  # noqa: ANN401 - whatever a cell holds
    """Read a Python literal (or JSON); what is none stays text, what is empty becomes None."""
    if not isinstance(cell, str):
        return None if isinstance(cell, float) and math.isnan(cell) else cell
    text = cell.strip()
    if text.casefold() in ("", "nan", "none", "null", "na", "n/a"):
        return None
    for written in (text, text.replace("null", "None").replace("NaN", "None").replace("nan", "None")):
        try:
            return ast.literal_eval(written)
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            continue
    return text


def numbers_in(value: Any) -> Iterator[float]:  # noqa: ANN401 - lists and dicts of anything
    """Give the numbers in a value, in order; what is no number comes as NaN."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from numbers_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from numbers_in(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)
    elif isinstance(value, str):
        try:
            yield float(value)
        except ValueError:
            yield math.nan


def gold_cell(cell: Any) -> str:  # noqa: ANN401 - whatever a cell holds
    """Give the cell of a box or keypoint; "not visible" where there is none."""
    found = numbers_in(literal(cell))
    x, y = next(found, math.nan), next(found, math.nan)
    if not (math.isfinite(x) and math.isfinite(y)):
        return NOT_VISIBLE
    return cell_of(_third(y, ("upper", "middle", "lower")), _third(x, ("left", "center", "right")))


def _third(place: float, names: tuple[str, str, str]) -> str:
    return names[0] if place < LOW else names[1] if place < HIGH else names[2]
