"""The circuit breaker of one endpoint: after failures in a row it rests, then one call at a time tries again.

Counted are 5xx, timeouts, connection errors and malformed bodies; what a request did wrong itself is not.
Source: Nygard, Release It!, 2nd ed., ch. 5 (closed, open, half-open). The numbers are our own choice.
"""

from dataclasses import dataclass

FAILURES_IN_A_ROW = 5
FIRST_REST_S = 1.0
MAX_REST_S = 30.0


@dataclass(slots=True)
class Breaker:
    """Closed lets all calls through; open none until ``opens_s``, then one at a time."""

    max_rest_s: float = MAX_REST_S
    in_a_row: int = 0
    rests: int = 0
    is_open: bool = False
    opens_s: float = 0.0

    def failed(self, now_s: float, sent_s: float, jitter: float, *, silent: bool = False) -> None:
        """Count a failure. ``jitter`` in [0, 1] spreads the rest; calls sent before the last rest do not prolong it.

        ``silent``: nothing at all came back for as long as the call was given, which is enough.
        """
        self.in_a_row += 1
        if self.is_open and sent_s < self.opens_s:
            return
        if self.is_open or silent or self.in_a_row >= FAILURES_IN_A_ROW:
            rest_s = min(self.max_rest_s, FIRST_REST_S * 2.0 ** min(self.rests, 16))
            self.opens_s = now_s + rest_s * (0.75 + 0.5 * jitter)
            self.rests += 1
            self.is_open = True

    def succeeded(self) -> None:
        """Close."""
        self.in_a_row = self.rests = 0
        self.is_open = False

    def may_try(self, now_s: float) -> bool:
        """Say whether an open breaker lets one call through."""
        return self.is_open and now_s >= self.opens_s
