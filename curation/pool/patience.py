"""How long one call may take before the endpoint counts as hanging: learned, and well below a request's deadline.

In: how long calls took. Out: a time. Where another endpoint could take the request, an endpoint is given ``GENEROUS``
times its own 95th percentile, and ``FIRST_S`` before its first answer; where none could, nothing is won by giving up
early. It is at most its ``timeout_s`` and a quarter of the deadline; each time this was too short it is doubled, up to
half the deadline, so that a slow endpoint is told from a hanging one. How long others take does not count: a large
model beside a small one is slow, not hanging. All numbers are our own choice.
"""

from collections import deque

GENEROUS = 8.0
FIRST_S, FLOOR_S = 30.0, 5.0
_OBSERVED = 64
_ENOUGH = 8


class Patience:
    """What one endpoint has shown. ``timeout_s`` is the endpoint's own limit and is never exceeded."""

    def __init__(self, timeout_s: float, deadline_s: float) -> None:
        self._first_s = min(timeout_s, deadline_s / 4)
        self._cap_s = min(timeout_s, deadline_s / 2)
        self._took_s: deque[float] = deque(maxlen=_OBSERVED)
        self._doublings = 0
        self._changed_s = 0.0

    def answered(self, took_s: float) -> None:
        """Learn from a call that came back."""
        self._took_s.append(took_s)
        self._doublings = 0

    def hung(self, sent_s: float, now_s: float) -> None:
        """Double once for all calls that were given the same time."""
        if sent_s >= self._changed_s:
            self._doublings += 1
            self._changed_s = now_s

    def usual_s(self) -> float | None:
        """Give the 95th percentile, of few calls the longest; None before the first."""
        if not self._took_s:
            return None
        ordered = sorted(self._took_s)
        return ordered[int(0.95 * (len(ordered) - 1))] if len(ordered) >= _ENOUGH else ordered[-1]

    def limit_s(self, *, elsewhere: bool) -> float:
        """Say how long a call may take now; ``elsewhere``: another endpoint is up and could take its request."""
        start_s = self._first_s
        if elsewhere:
            usual_s = self.usual_s()
            start_s = min(start_s, FIRST_S if usual_s is None else max(FLOOR_S, GENEROUS * usual_s))
        return float(min(self._cap_s, start_s * 2.0 ** min(self._doublings, 16)))
