"""One endpoint at work: its limits, its health, what waits for it, what is on its way, and the books.

In: jobs. Out: whether the endpoint may be sent another one now.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from curation.generate.request import Request
from curation.pool.breaker import MAX_REST_S, Breaker
from curation.pool.patience import Patience
from curation.pool.rates import Rates, Ticket
from curation.pool.terms import Terms
from curation.pool.wire import Trouble
from schemas.endpoint import Endpoint

FIRST_COOL_S, LEAST_COOL_S, MAX_COOL_S = 0.5, 1.0, 30.0
#: So many calls in a row that the endpoint denied (401, 403, 404) close it for the run.
DENIED_IN_A_ROW = 3
#: A cooldown of this length is waited for; after so many 429 in a row without an answer, others take over.
WORTH_WAITING_S, THROTTLES_TO_LEAVE = 5.0, 3


@dataclass(slots=True, eq=False)
class Job:
    """One request on its way. ``lanes`` are those that can take it, by choice; its clock runs from ``started_s``."""

    number: int
    request: Request
    key: str
    lanes: list["Lane"]
    choice: "Lane"
    tokens_in: float
    bound_out: int | None
    started_s: float | None = None
    attempts: int = 0
    flaws: int = 0
    throttled: int = 0
    failed_s: float | None = None
    last: "Lane | None" = None
    trouble: Trouble | None = None

    @property
    def group(self) -> frozenset[int]:
        """Which lanes can take it."""
        return frozenset(lane.number for lane in self.lanes)


@dataclass(slots=True, eq=False)
class Call:
    """One job at one endpoint. ``expire`` ends it from outside."""

    job: Job
    sent_s: float
    ticket: Ticket
    cost_usd: float
    expire: Callable[[], None] | None = None


class Queue:
    """Jobs that wait, first come first served among those that a lane can take."""

    def __init__(self) -> None:
        self._groups: dict[frozenset[int], deque[Job]] = {}

    def put(self, job: Job) -> None:
        """Append a job."""
        self._groups.setdefault(job.group, deque()).append(job)

    def for_lane(self, number: int) -> deque[Job] | None:
        """Find the queue whose head is next for a lane."""
        fitting = [jobs for group, jobs in self._groups.items() if jobs and number in group]
        return min(fitting, key=lambda jobs: jobs[0].number) if fitting else None

    def take_out(self, wanted: Callable[[Job], bool]) -> list[Job]:
        """Remove the jobs that a condition holds for."""
        out: list[Job] = []
        for group, jobs in self._groups.items():
            gone = [job for job in jobs if wanted(job)]
            if gone:
                out += gone
                self._groups[group] = deque(job for job in jobs if not wanted(job))
        return out

    def groups(self) -> Iterator[frozenset[int]]:
        """Give the groups that have jobs."""
        return (group for group, jobs in self._groups.items() if jobs)


@dataclass(slots=True)
class Tally:
    """The books of one endpoint in one run."""

    first_choices: int = 0
    answered: int = 0
    fallbacks: int = 0
    throttled: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0


class Lane:
    """State of one endpoint; all times are of the pool's clock, in seconds."""

    def __init__(self, number: int, endpoint: Endpoint, terms: Terms) -> None:
        self.number = number
        self.endpoint = endpoint
        self.rates = Rates.of(endpoint)
        self.breaker = Breaker(min(MAX_REST_S, terms.deadline_s / 4))
        self.patience = Patience(endpoint.timeout_s, terms.deadline_s)
        self.urgent = Queue()
        self.backlog = Queue()
        self.in_flight: set[Call] = set()
        self.tally = Tally()
        self.cool_until_s = 0.0
        self.throttles = 0
        self.denied = 0
        self.closed = False
        self.up_s = 0.0
        self.worth_waiting_s = min(WORTH_WAITING_S, terms.deadline_s / 8)
        self.succeeded_s = float("-inf")

    def is_up(self, now_s: float) -> bool:
        """Say whether its jobs are its own: not closed, not resting, and cooling down for a moment at most.

        Short cooldowns are waited for, or every 429 would move the mix to other models.
        """
        if self.closed or self.breaker.is_open:
            return False
        soon = self.cool_until_s - now_s <= self.worth_waiting_s and self.throttles < THROTTLES_TO_LEAVE
        return now_s >= self.cool_until_s or soon

    def may_send(self, now_s: float) -> bool:
        """Say whether one more call may go there now, but for rates."""
        if self.closed or now_s < self.cool_until_s:
            return False
        if self.breaker.is_open:
            trying = any(call.sent_s >= self.breaker.opens_s for call in self.in_flight)
            return self.breaker.may_try(now_s) and not trying
        return len(self.in_flight) < max(1, self.endpoint.max_concurrency >> min(self.throttles, 12))

    def ready_s(self) -> float:
        """Say when the endpoint may be tried again at the earliest."""
        return max(self.cool_until_s, self.breaker.opens_s if self.breaker.is_open else 0.0)

    def succeeded(self, call: Call, now_s: float) -> None:
        """Learn from a call that came back with a completion."""
        self.breaker.succeeded()
        self.patience.answered(now_s - call.sent_s)
        self.succeeded_s = self.up_s = now_s
        self.denied = 0
        if call.sent_s >= self.cool_until_s:
            self.throttles = 0

    def throttled(self, call: Call, now_s: float, asked_s: float | None, jitter: float) -> None:
        """Cool down for as long as the server asked, else longer each time; a cooldown is never shortened.

        A server that asks for no time at all, again and again, still gets ``LEAST_COOL_S``.
        """
        self.tally.throttled += 1
        if call.sent_s >= self.cool_until_s:
            self.throttles += 1
        elif asked_s is None:
            return  # sent before this cooldown began: it tells nothing new
        own_s = min(MAX_COOL_S, FIRST_COOL_S * 2.0 ** (min(self.throttles, 16) - 1)) * (0.75 + 0.5 * jitter)
        rest_s = own_s if asked_s is None else max(asked_s + 0.1 + 0.2 * jitter, min(own_s, LEAST_COOL_S))
        self.cool_until_s = max(self.cool_until_s, now_s + rest_s)

    def denied_once(self) -> None:
        """Count a denial; several in a row mean that the key, the address or the model is wrong."""
        self.denied += 1
        self.closed = self.closed or self.denied >= DENIED_IN_A_ROW
