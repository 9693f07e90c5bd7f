"""What the bench compares decisions with: the naive loop by rouge-score and simhash, and a brute-force matrix."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import cdist
from rouge_score import rouge_scorer
from simhash import Simhash

from curation.dedup.rouge import f1
from curation.dedup.tokens import tokenize
from flows.dedup.peers import DISTANCE, THRESHOLD, Matches


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
