"""METEOR: aligned words (equal, same stem, synonyms) with a penalty for broken order; the numbers of NLTK.

In: tokens, and a folder with WordNet's database where there is one. Out: one figure in percent. Chinese words have no
stems and no synonyms here: only equal words are aligned.
Source: Banerjee and Lavie 2005; NLTK's meteor_score (alpha 0.9, beta 3, gamma 0.5), whose greedy order is kept: from
the last word of the answer, each with the last free equal word of the gold.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.metrics.columns import Figure, mean_of
from schemas.errors import ConfigError

_ALPHA, _BETA, _GAMMA = 0.9, 3.0, 0.5
Words = Sequence[str]


def open_wordnet(folder: Path) -> Any:  # noqa: ANN401 - a reader of NLTK
    """Open WordNet 3.x: the folder that holds ``index.noun``.

    Raises: ConfigError when it is none.
    """
    from nltk.corpus.reader.wordnet import WordNetCorpusReader  # noqa: PLC0415 - slow, and only METEOR needs it

    try:
        return WordNetCorpusReader(str(folder), None)
    except (OSError, ValueError, LookupError):
        raise ConfigError(f"{folder} holds no WordNet database (index.noun, data.noun, lexnames, …)") from None


def meteor_figure(answers: Sequence[Words], gold: Sequence[Words], wordnet: Any) -> Figure:  # noqa: ANN401
    """Make the figure."""
    score = scorer(wordnet)
    return mean_of("METEOR", np.array([score(own, true) for own, true in zip(answers, gold, strict=True)]), scale=100.0)


def scorer(wordnet: Any) -> Callable[[Words, Words], float]:  # noqa: ANN401
    """Give a function (answer, gold) -> METEOR that remembers stems and synonyms."""
    from nltk.stem.porter import PorterStemmer  # noqa: PLC0415 - as above

    stem = lru_cache(maxsize=None)(PorterStemmer().stem)

    @cache
    def synonyms(word: str) -> frozenset[str]:
        lemmas = (lemma.name() for synset in wordnet.synsets(word) for lemma in synset.lemmas())
        return frozenset([word, *(name for name in lemmas if "_" not in name)])

    def score(own: Words, true: Words) -> float:
        left, right = list(enumerate(own)), list(enumerate(true))
        pairs = _match(left, right, lambda word: (word,))
        left_stems = [(place, stem(word)) for place, word in left]
        right_stems = [(place, stem(word)) for place, word in right]
        by_stem = _match(left_stems, right_stems, lambda word: (word,))
        pairs += by_stem
        gone_left, gone_right = {a for a, _ in by_stem}, {b for _, b in by_stem}
        left = [one for one in left if one[0] not in gone_left]
        right = [one for one in right if one[0] not in gone_right]
        pairs += _match(left, right, synonyms)
        return _combined(sorted(pairs), len(own), len(true))

    return score


def _match(
    left: list[tuple[int, str]], right: list[tuple[int, str]], same: Callable[[str], Iterable[str]]
) -> list[tuple[int, int]]:
    """Align words and take them out of both lists."""
    places: dict[str, list[int]] = {}
    for place, word in right:
        places.setdefault(word, []).append(place)
    pairs = []
    for place, word in reversed(left):
        free = [other for other in same(word) if places.get(other)]
        if free:
            best = max(free, key=lambda other: places[other][-1])
            pairs.append((place, places[best].pop()))
    gone_left, gone_right = {a for a, _ in pairs}, {b for _, b in pairs}
    left[:] = [one for one in left if one[0] not in gone_left]
    right[:] = [one for one in right if one[0] not in gone_right]
    return pairs


def _combined(pairs: list[tuple[int, int]], n_own: int, n_true: int) -> float:
    if not pairs:
        return 0.0
    precision, recall = len(pairs) / n_own, len(pairs) / n_true
    mean = precision * recall / (_ALPHA * precision + (1 - _ALPHA) * recall)
    chunks = 1 + sum(b[0] != a[0] + 1 or b[1] != a[1] + 1 for a, b in itertools.pairwise(pairs))
    return float((1 - _GAMMA * (chunks / len(pairs)) ** _BETA) * mean)
