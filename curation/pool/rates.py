"""Requests and tokens per minute, over any sliding minute as the server sees it.

In: what a call will take at most, and later what it took. Out: how long the next call must wait.
A call counts for a minute and ``SLACK_S`` after it was let go, because it reaches the server later; its output
counts for a minute after it ended. Tokens are reserved by an estimate and corrected by the server's own count.
"""

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

from schemas.endpoint import Endpoint

MINUTE_S = 60.0
SLACK_S = 2.0
_OBSERVED = 32
_ENOUGH = 8
_LEAST_SCALE = 0.25
#: Of an answer without a bound that fits: this part of the limit at first, then this much more than was seen.
_FIRST_PART, _MARGIN = 8, 1.25


@dataclass(slots=True, eq=False)
class _Share:
    amount: float


class Window:
    """What was taken of one limit in the last minute."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0.0
        self._ending: list[tuple[float, int, _Share]] = []
        self._number = count()

    def wait_s(self, amount: float, now_s: float) -> float:
        """Say how long to wait before this much fits; what is still running may make it longer."""
        while self._ending and self._ending[0][0] <= now_s:
            self.used -= heapq.heappop(self._ending)[2].amount
        if self.used <= 0 or self.used + min(amount, self.limit) <= self.limit:
            return 0.0
        return max(0.01, self._ending[0][0] - now_s) if self._ending else 1.0

    def take(self, amount: float) -> _Share:
        """Reserve; ``end`` says when it is free again."""
        share = _Share(min(amount, self.limit))
        self.used += share.amount
        return share

    def correct(self, share: _Share, amount: float) -> None:
        """Put the true amount in the place of the estimate."""
        self.used += amount - share.amount
        share.amount = amount

    def end(self, share: _Share, at_s: float) -> None:
        """Say from when the share is free again."""
        heapq.heappush(self._ending, (at_s, next(self._number), share))


@dataclass(slots=True)
class Ticket:
    """What one call has taken."""

    estimate_in: float
    tokens_in: _Share | None = None
    tokens_out: _Share | None = None


@dataclass(slots=True)
class Rates:
    """The three limits of one endpoint; None where there is none."""

    requests: Window | None
    tokens_in: Window | None
    tokens_out: Window | None
    _ratios: deque[float] = field(default_factory=lambda: deque(maxlen=_OBSERVED))
    _answers: deque[int] = field(default_factory=lambda: deque(maxlen=_OBSERVED))

    @classmethod
    def of(cls, endpoint: Endpoint) -> "Rates":
        """Make the windows of an endpoint."""
        windows = (None if limit is None else Window(limit) for limit in _limits(endpoint))
        requests, tokens_in, tokens_out = windows
        return cls(requests, tokens_in, tokens_out)

    @property
    def limited(self) -> bool:
        """Say whether there is any limit."""
        return not (self.requests is self.tokens_in is self.tokens_out is None)

    def scaled(self, tokens_in: float) -> float:
        """Correct an estimate by how far estimates were off at this endpoint."""
        if not self._ratios:
            return tokens_in
        worst = max(self._ratios)
        return tokens_in * (max(worst, _LEAST_SCALE) if len(self._ratios) >= _ENOUGH else max(1.0, worst))

    def expected(self, bound: float | None) -> float:
        """Say how many tokens of output to reserve: the bound where it fits into a minute, else what is usual."""
        if self.tokens_out is None:
            return bound or 0.0
        limit = self.tokens_out.limit
        if bound is not None and bound <= limit:
            return bound
        return min(limit, _MARGIN * max(self._answers) if self._answers else limit / _FIRST_PART)

    def wait_s(self, tokens_in: float, bound_out: float | None, now_s: float) -> float:
        """Say how long a call must wait."""
        waits = [0.0]
        if self.requests is not None:
            waits.append(self.requests.wait_s(1, now_s))
        if self.tokens_in is not None:
            waits.append(self.tokens_in.wait_s(self.scaled(tokens_in), now_s))
        if self.tokens_out is not None:
            waits.append(self.tokens_out.wait_s(self.expected(bound_out), now_s))
        return max(waits)

    def take(self, tokens_in: float, bound_out: float | None, now_s: float) -> Ticket:
        """Take what a call needs at most."""
        ticket = Ticket(tokens_in)
        gone_s = now_s + MINUTE_S + SLACK_S
        if self.requests is not None:
            self.requests.end(self.requests.take(1), gone_s)
        if self.tokens_in is not None:
            ticket.tokens_in = self.tokens_in.take(self.scaled(tokens_in))
            self.tokens_in.end(ticket.tokens_in, gone_s)
        if self.tokens_out is not None:
            ticket.tokens_out = self.tokens_out.take(self.expected(bound_out))
        return ticket

    def settle(self, ticket: Ticket, used: tuple[int | None, int | None], now_s: float) -> None:
        """Correct the estimates of a call that ended; what the server did not count stays as estimated."""
        actual_in, actual_out = used
        if actual_in is not None and ticket.estimate_in > 0:
            self._ratios.append(actual_in / ticket.estimate_in)
        if actual_out is not None:
            self._answers.append(actual_out)
        if self.tokens_in is not None and ticket.tokens_in is not None and actual_in is not None:
            self.tokens_in.correct(ticket.tokens_in, actual_in)
        if self.tokens_out is not None and ticket.tokens_out is not None:
            if actual_out is not None:
                self.tokens_out.correct(ticket.tokens_out, actual_out)
            self.tokens_out.end(ticket.tokens_out, now_s + MINUTE_S + SLACK_S)

    def restore(self, sends: Iterable[tuple[float, float, float]], now_s: float) -> None:
        """Count calls of an earlier run again: (age in seconds, tokens in, tokens out), as if they ended just now."""
        for age_s, tokens_in, tokens_out in sends:
            ticket = self.take(tokens_in, tokens_out, now_s - age_s)
            self.settle(ticket, (None, None), now_s)


def _limits(endpoint: Endpoint) -> tuple[int | None, int | None, int | None]:
    return endpoint.rpm, endpoint.tpm_input, endpoint.tpm_output
