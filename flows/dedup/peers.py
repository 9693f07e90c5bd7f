"""What the bench compares with: the naive loop, a brute-force matrix, MinHash and Simhash as others use them.

Every peer takes texts in order and gives the index of the earlier kept text that each is a duplicate of, or None.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import pairwise

import numpy as np
from datasketch import MinHash, MinHashLSH
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import cdist
from rouge_score import rouge_scorer
from simhash import Simhash

from curation.dedup.rouge import f1
from curation.dedup.tokens import tokenize

THRESHOLD, DISTANCE = 0.7, 3
_PERMUTATIONS = 128
_BANDS, _BAND_BITS = 4, 16

Matches = list[int | None]


class OurTokens:
    """Our tokens for rouge-score, whose own tokenizer finds none in Chinese."""

    def tokenize(self, text: str) -> list[str]:
        """Split a text."""
        return tokenize(text)


def scorer() -> rouge_scorer.RougeScorer:
    """Make rouge-score's scorer with our tokens."""
    return rouge_scorer.RougeScorer(["rougeL"], tokenizer=OurTokens())


def naive(texts: Sequence[str]) -> Matches:
    """Compare every text with every kept one before it, by rouge-score and simhash themselves (texts split once)."""
    hashes, tokens = [Simhash(text) for text in texts], [tokenize(text) for text in texts]
    kept: list[int] = []
    matches: Matches = []
    for n, text in enumerate(texts):

        def meets(other: int, n: int = n, text: str = text) -> bool:
            if texts[other] == text:
                return True
            if not tokens[n] or not tokens[other]:
                return False
            if rouge_scorer._score_lcs(tokens[other], tokens[n]).fmeasure > THRESHOLD:  # what RougeScorer calls
                return True
            return bool(hashes[n].distance(hashes[other]) <= DISTANCE)

        matches.append(next((other for other in kept if meets(other)), None))
        kept += [n] if matches[n] is None else []
    return matches


def brute_force(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Decide ROUGE-L of all pairs by one rapidfuzz matrix; tokens are written as characters. Shapes: bool[n, n]."""
    numbers: dict[str, int] = {}
    tokens = [[numbers.setdefault(token, len(numbers)) for token in tokenize(text)] for text in texts]
    words = ["".join(chr(0x10000 + number) for number in some) for some in tokens]
    common = cdist(words, words, scorer=LCSseq.similarity, dtype=np.int32)
    lengths = np.array([len(some) for some in tokens])
    reach = 2 * common / np.maximum(lengths[:, None] + lengths[None, :], 1)
    above: NDArray[np.bool_] = reach > THRESHOLD + 1e-9
    for left, right in zip(*np.nonzero(np.abs(reach - THRESHOLD) <= 1e-9), strict=True):
        above[left, right] = f1(int(common[left, right]), int(lengths[left]), int(lengths[right])) > THRESHOLD
    return above


def minhash(texts: Sequence[str]) -> Matches:
    """Drop what MinHashLSH calls similar: 128 permutations over token sets, Jaccard 0.7 / 1.3 (Dice 0.7)."""
    index = MinHashLSH(threshold=THRESHOLD / (2 - THRESHOLD), num_perm=_PERMUTATIONS)
    matches: Matches = []
    for n, text in enumerate(texts):
        sketch = MinHash(num_perm=_PERMUTATIONS)
        sketch.update_batch([token.encode() for token in set(tokenize(text))])
        found = index.query(sketch)
        matches.append(min(found) if found else None)
        if not found:
            index.insert(n, sketch)
    return matches


def simhash_of_words(texts: Sequence[str]) -> Matches:
    """Drop by Simhash of 3-grams of tokens alone, 64 bits, distance 3, four bands: the manner of text-dedup."""
    buckets: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    matches: Matches = []
    for n, text in enumerate(texts):
        value = _word_simhash(tokenize(text))
        keys = [(band, value >> band * _BAND_BITS & (1 << _BAND_BITS) - 1) for band in range(_BANDS)]
        near = (other for key in keys for other, theirs in buckets[key] if (value ^ theirs).bit_count() <= DISTANCE)
        matches.append(min(near, default=None))
        if matches[n] is None:
            for key in keys:
                buckets[key].append((n, value))
    return matches


def _word_simhash(tokens: Sequence[str]) -> int:
    grams = [" ".join(gram) for gram in _grams(tokens)] or [" ".join(tokens)]
    raw = b"".join(blake2b(gram.encode(), digest_size=8).digest() for gram in grams)
    bits = np.unpackbits(np.frombuffer(raw, np.uint8).reshape(len(grams), 8), axis=1)
    return int.from_bytes(np.packbits(2 * bits.sum(0, dtype=np.int64) > len(grams)).tobytes(), "big")


def _grams(tokens: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    return ((first, second, third) for (first, second), (_, third) in pairwise(pairwise(tokens)))
