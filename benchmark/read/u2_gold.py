"""Cells of U2-BENCH that hold the gold: labels, options, measurements.

In: cells in Python's writing. Out: plain values, None where there is nothing to score.
"""

import ast
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from benchmark.metrics.cells import literal, numbers_in

#: Where the value of each dataset stands. Source: U2-BENCH scorer.
_KEYS = {"18": "EF", "27": "IMT", "50": "abdominal_circumference", "57": "fat value"}
EMPTY = frozenset({"", "nan", "none", "null"})


def known(cell: Any) -> str | None:  # noqa: ANN401 - text, a number
    """Give what a cell names; None for an empty one, and for what pandas writes into one."""
    text = "" if cell is None else str(cell).strip()
    return None if text.casefold() in EMPTY else text


def label_of(cell: Any) -> str | None:  # noqa: ANN401 - text, a number, a list
    """Read a class label: ['benign'] and 'benign' are benign, 3 and 3.0 are 3."""
    value = literal(cell) if not isinstance(cell, str) or cell.strip()[:1] in "['\"{(" else cell
    if isinstance(value, Mapping):
        value = next(iter(value.values()), None)
    if isinstance(value, list | tuple):
        value = ", ".join(str(one) for one in value) if value else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value).strip().strip("[]'\"").strip()
    text = text[:-2] if re.fullmatch(r"-?\d+\.0", text) else text
    return None if text.casefold() in EMPTY else text


@lru_cache(maxsize=4096)
def options_of(cell: str, asked: str) -> tuple[str, ...]:
    """Read the options: a list, or a dict of lists by classification task; also options parted by ; or ,."""
    value = literal(cell)
    if isinstance(value, Mapping):
        value = value.get(asked.strip()) or (next(iter(value.values())) if len(value) == 1 else [])
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, str):
        value = re.split(r"\s*[;|]\s*|\s*,\s*", value.strip().strip("[]"))
    if not isinstance(value, list | tuple | set):
        return ()
    found = (without_letter(str(one)) for one in value)
    return tuple(dict.fromkeys(one for one in found if one))


def without_letter(option: str) -> str:
    """Take "A. " away from an option."""
    return re.sub(r"^\(?[A-J]\)?[.)、:：]\s*(?=\S)", "", option.strip().strip("'\"")).strip()


def measurement_of(value: Any, dataset: str) -> float | None:  # noqa: ANN401 - a dict, a list, a number
    """Read a measurement: the named key, else the first number; None where there is none (the answer is then null)."""
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        value = value[0]
    if isinstance(value, Mapping):
        value = value.get(_KEYS.get(dataset, ""), next(iter(value.values()), None))
    if isinstance(value, str):
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            found = re.search(r"-?\d+(?:\.\d+)?", str(value))
            value = float(found.group()) if found else None
    number = next(numbers_in(value), math.nan)
    return number if math.isfinite(number) else None
