"""ROUGE-L F1 with the very floats of rouge-score 0.1.2, and the smallest common subsequence that a threshold asks for.

By rational arithmetic an F1 may be exactly 0.7 where its float is above 0.7: what decides is the float.
Source: Lin 2004, ROUGE: longest common subsequence, F-measure of precision and recall.
"""

#: More tokens than any text has.
LONGEST = 1 << 31
#: Below this threshold the lengths of two texts say nothing.
NO_WINDOW = 1e-6


def f1(common: int, m: int, n: int) -> float:
    """Compute the F1 of texts of m and n tokens with a common subsequence; 0 when there is none."""
    if common <= 0:
        return 0.0
    precision = common / n
    recall = common / m
    return 2 * precision * recall / (precision + recall)


def required(m: int, n: int, threshold: float) -> int:
    """Give the smallest common subsequence whose F1 exceeds the threshold; above min(m, n) when none does."""
    common = max(1, int(threshold * (m + n) / 2))
    while common > 1 and f1(common - 1, m, n) > threshold:
        common -= 1
    while common <= min(m, n) and not f1(common, m, n) > threshold:
        common += 1
    return common


def window(m: int, threshold: float) -> tuple[int, int]:
    """Give the shortest and longest text that can exceed the threshold with one of m tokens (bounds, not exact)."""
    if threshold < NO_WINDOW:
        return 1, LONGEST
    return max(1, int(m * threshold / (2 - threshold)) - 1), min(int(m * (2 - threshold) / threshold) + 2, LONGEST)
