"""Which items a figure is computed over: a dataset, a task, an anatomy, items whose answer is not in the picture.

In: blocks (items of one task and dataset with their figures). Out: groups, each a list of cells. A cell is one figure
of one block, over all or some of its items. A group adds the sums of its cells (pooled) or takes the mean of figures.
Source: U2-BENCH takes the unweighted mean over the datasets of a task.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.columns import Figure
from benchmark.records import Item, Parsed

Mask = NDArray[np.bool_]
#: Lists the labels of an item.
LabelsOf = Callable[[Item], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Block:
    """The items of one task and dataset, what their answers say, and their figures."""

    task: str
    dataset: str
    items: Sequence[Item] = field(repr=False)
    parsed: Sequence[Parsed] = field(repr=False)
    figures: Sequence[Figure] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one block, over the items of a mask (None: all)."""

    block: int
    figure: Figure = field(repr=False)
    mask: Mask | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Group:
    """A row of the tables. ``scope``: dataset, task (mean over datasets), pooled, anatomy, visible."""

    scope: str
    task: str
    name: str
    figure: str
    cells: tuple[Cell, ...] = field(repr=False)

    @property
    def pooled(self) -> bool:
        """Are sums added, or figures averaged?"""
        return self.scope != "task"

    @property
    def members(self) -> tuple[Cell, ...]:
        """The cells, those of one block as one: an item of several systems is one item."""
        held: dict[int, Cell] = {}
        for cell in self.cells:
            before = held.get(cell.block, cell).mask
            either = None if cell.mask is None or before is None else cell.mask | before
            held[cell.block] = Cell(cell.block, cell.figure, either)
        return tuple(held.values())


def groups_of(blocks: Sequence[Block], *, mean_tasks: bool = True) -> list[Group]:
    """List all groups of blocks. ``mean_tasks``: a task is the mean over its datasets."""
    found: list[Group] = []
    for task in dict.fromkeys(block.task for block in blocks):
        numbered = [(number, block) for number, block in enumerate(blocks) if block.task == task]
        for number, block in numbered:
            found += [Group("dataset", task, block.dataset, one.name, (Cell(number, one),)) for one in block.figures]
        if mean_tasks:
            found += _of_task("task", task, "mean over datasets", numbered)
        found += _of_task("pooled", task, "all items", numbered)
        found += _by(numbered, "anatomy", task, lambda item: item.anatomy.split("|"))
        found += _by(numbered, "visible", task, _visibility)
    return found


def _visibility(item: Item) -> list[str]:
    return {True: ["answer in the picture"], False: ["answer not in the picture"], None: []}[item.visible]


def _of_task(scope: str, task: str, name: str, numbered: Sequence[tuple[int, Block]]) -> Iterator[Group]:
    for figure in dict.fromkeys(one.name for _, block in numbered for one in block.figures):
        cells = tuple(Cell(number, one) for number, block in numbered for one in block.figures if one.name == figure)
        if scope == "task" or all(cell.figure.poolable for cell in cells):
            yield Group(scope, task, name, figure, cells)


def _by(numbered: Sequence[tuple[int, Block]], scope: str, task: str, labels_of: LabelsOf) -> Iterator[Group]:
    """Group items by labels of theirs; an item may have several."""
    masks: dict[str, list[tuple[int, Block, Mask]]] = {}
    for number, block in numbered:
        labels = [set(labels_of(item)) - {""} for item in block.items]
        for label in sorted(set().union(*labels)):
            masks.setdefault(label, []).append((number, block, np.array([label in own for own in labels])))
    for label, members in sorted(masks.items()):
        for figure in dict.fromkeys(one.name for _, block, _ in members for one in block.figures if one.poolable):
            cells = tuple(
                Cell(number, one, mask)
                for number, block, mask in members
                for one in block.figures
                if one.name == figure
            )
            yield Group(scope, task, label, figure, cells)
