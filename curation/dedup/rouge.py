"""ROUGE-L F1 with the very floats of rouge-score 0.1.2.

Source: Lin 2004, ROUGE: longest common subsequence, F-measure of precision and recall.
"""

from collections.abc import Sequence

from rapidfuzz.distance import LCSseq


def rouge_l(left: Sequence[str], right: Sequence[str]) -> float:
    """Compute the F1 of two token sequences; 0 when either is empty."""
    if not left or not right:
        return 0.0
    common = LCSseq.similarity(left, right)
    precision, recall = common / len(right), common / len(left)
    return 2 * precision * recall / (precision + recall) if common else 0.0


def can_exceed(m: int, n: int, threshold: float) -> bool:
    """Say whether texts of m and n tokens can reach an F1 above the threshold (they can share min(m, n) at most)."""
    if not m or not n:
        return False
    precision, recall = min(m, n) / n, min(m, n) / m
    return 2 * precision * recall / (precision + recall) > threshold
