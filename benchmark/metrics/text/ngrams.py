"""Counts of n-grams of many texts at once.

In: tokens of answers and of gold. Out: sparse counts [items, n-grams] of both over the same columns.
"""

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Ints = NDArray[np.int64]


class Grams:
    """N-gram counts of answers and gold, order by order."""

    def __init__(self, answers: Sequence[Sequence[str]], gold: Sequence[Sequence[str]]) -> None:
        self.n_items = len(gold)
        self.lengths = tuple(np.array([len(text) for text in side], dtype=np.int64) for side in (answers, gold))
        ids: dict[str, int] = {}
        self._tokens = np.fromiter(
            (ids.setdefault(token, len(ids)) for token in chain.from_iterable((*answers, *gold))), dtype=np.int64
        )
        self._text = np.repeat(np.arange(2 * self.n_items), np.concatenate(self.lengths))
        self._codes = self._tokens
        self._size = max(1, len(ids))
        self._order = 1

    def counts(self, order: int) -> tuple[csr_matrix, csr_matrix]:
        """Count n-grams of an order (ask for orders in rising order).

        Shapes: two [items, distinct n-grams]: answers, gold.
        """
        while self._order < order:
            self._lengthen()
        width = int(self._codes.max(initial=-1)) + 1
        texts = self._text[: len(self._codes)] if self._order == 1 else self._where
        both = csr_matrix((np.ones(len(self._codes)), (texts, self._codes)), shape=(2 * self.n_items, max(1, width)))
        both.sum_duplicates()
        return both[: self.n_items], both[self.n_items :]

    def _lengthen(self) -> None:
        """Make n-grams of one token more: pairs of the n-gram at a place and the token behind it."""
        if self._order == 1:
            self._starts, self._where = np.arange(len(self._tokens)), self._text
        behind = self._starts + self._order
        fits = behind < len(self._tokens)
        fits[fits] = self._text[behind[fits]] == self._where[fits]
        self._starts, self._where = self._starts[fits], self._where[fits]
        pairs = self._codes[fits] * self._size + self._tokens[behind[fits]]
        self._codes = np.unique(pairs, return_inverse=True)[1].astype(np.int64)
        self._order += 1


def overlap(answers: csr_matrix, gold: csr_matrix) -> NDArray[np.float64]:
    """Count the n-grams of each item that answer and gold share, each as often as both hold it."""
    return np.asarray(answers.minimum(gold).sum(axis=1), dtype=np.float64).ravel()


def totals(counts: csr_matrix) -> NDArray[np.float64]:
    """Count the n-grams of each item."""
    return np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
