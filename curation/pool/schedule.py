"""Who sends what next: queues, breakers, cooldowns, rates, budget and deadlines, without any I/O.

In: jobs, outcomes and the time. Out: the next job of an endpoint, and the failures that are final.

- A request waits for its first choice, however long the queue or the rate, so that the mix does not depend on timing.
  Only while that endpoint is down, or cools down for long, may others take it.
- The clock of a request runs from its first call; queueing does not count. A request that was never sent is given up
  when none of its endpoints has been up for a whole deadline.
- Attempts are bounded (``MAX_ATTEMPTS``) only while others are answered: in an outage requests wait for their deadline.
- A request that waits for its next attempt holds no permit.
"""

import heapq
from collections import deque
from collections.abc import Sequence
from itertools import count

from curation.generate.request import Failure, Request
from curation.pool.lane import THROTTLES_TO_LEAVE, Call, Job, Lane
from curation.pool.route import in_order, jitter, nobody
from curation.pool.terms import Terms
from curation.pool.tokens import bound_out, tokens_in, tokens_out
from curation.pool.wire import Kind, Trouble
from schemas.endpoint import Endpoint
from schemas.reject import RejectReason

MAX_ATTEMPTS = 8
MAX_FLAWS = 3
MAX_BACKOFF_S = 8.0
Final = tuple[Job, Failure]


class Schedule:
    """State of all endpoints and of everything that waits."""

    def __init__(self, endpoints: Sequence[Endpoint], terms: Terms, spent_usd: float = 0.0) -> None:
        self.lanes = [Lane(number, endpoint, terms) for number, endpoint in enumerate(endpoints)]
        self.terms = terms
        self.spent_usd = spent_usd
        self._endpoints = list(endpoints)
        self._later: list[tuple[float, int, Job]] = []
        self._number = count()

    def begin(self, now_s: float) -> None:
        """Take the endpoints to be up as far as anyone knows: an earlier run's outage is over."""
        for lane in self.lanes:
            lane.up_s = now_s

    def admit(self, request: Request, key: str) -> Job | Failure:
        """Queue a request at its first choice."""
        lanes = [self.lanes[place] for place in in_order(request, key, self._endpoints)]
        if not lanes:
            detail = "no endpoint can take the request's images or log probabilities: check capabilities and max_images"
            return nobody(request, self._endpoints, detail)
        job = Job(next(self._number), request, key, lanes, lanes[0], tokens_in(request), bound_out(request))
        lanes[0].tally.first_choices += 1
        lanes[0].backlog.put(job)
        return job

    def take(self, lane: Lane, now_s: float) -> Call | None:
        """Take the next job of an endpoint, with its share of all limits; None if it has to wait."""
        if not lane.may_send(now_s):
            return None
        jobs = self._next(lane, now_s)
        if jobs is None:
            return None
        job = jobs[0]
        cost_usd = _most_usd(lane, job)
        if self._too_dear(cost_usd) or lane.rates.wait_s(job.tokens_in, job.bound_out, now_s) > 0:
            return None
        jobs.popleft()
        job.started_s = now_s if job.started_s is None else job.started_s
        job.last = lane
        call = Call(job, now_s, lane.rates.take(job.tokens_in, job.bound_out, now_s), cost_usd)
        lane.in_flight.add(call)
        return call

    def _next(self, lane: Lane, now_s: float) -> deque[Job] | None:
        """Find what is next: second attempts before first ones, own jobs before those of endpoints that are not up."""
        down = [other for other in self.lanes if other is not lane and not other.is_up(now_s)]
        for queues in ([one.urgent for one in (lane, *down)], [one.backlog for one in (lane, *down)]):
            for queue in queues:
                if jobs := queue.for_lane(lane.number):
                    return jobs
        return None

    def _too_dear(self, cost_usd: float) -> bool:
        budget = self.terms.budget_usd
        if budget is None or cost_usd == 0:
            return False
        reserved = sum(call.cost_usd for lane in self.lanes for call in lane.in_flight)
        return self.spent_usd + reserved + cost_usd > budget

    def ended(self, lane: Lane, call: Call, tokens: tuple[int | None, int | None], now_s: float) -> None:
        """Book a call that came back, whatever it brought."""
        lane.in_flight.discard(call)
        lane.rates.settle(call.ticket, tokens, now_s)
        lane.tally.tokens_in += tokens[0] or 0
        lane.tally.tokens_out += tokens[1] or 0
        cost_usd = lane.endpoint.cost_usd(tokens[0] or 0, tokens[1] or 0)
        lane.tally.cost_usd += cost_usd
        self.spent_usd += cost_usd

    def failed(self, lane: Lane, call: Call, trouble: Trouble, now_s: float) -> Failure | None:
        """Decide what a failed call calls for: a final failure, or None and the job waits for its next attempt."""
        job = call.job
        job.trouble = trouble
        noise = jitter(job.key, lane.endpoint.name, job.attempts, job.flaws)
        if trouble.kind not in (Kind.DOWN, Kind.HUNG):
            lane.breaker.succeeded()  # it answers
        if trouble.kind is Kind.THROTTLED:
            lane.throttled(call, now_s, trouble.wait_s, noise)
            job.throttled += 1
            return self._later_or_never(job, now_s, 0.0)
        job.attempts += 1
        lane.tally.troubles[trouble.detail] += 1
        if trouble.kind is Kind.REFUSED:
            return _final(job, trouble.reason, trouble.detail)
        if trouble.kind is Kind.FLAWED:
            lane.succeeded(call, now_s)
            job.flaws += 1
            enough = job.flaws >= MAX_FLAWS
            return _final(job, trouble.reason, trouble.detail) if enough else self._later_or_never(job, now_s, noise)
        if trouble.kind is Kind.DENIED:
            lane.denied_once()
            job.lanes = [other for other in job.lanes if other is not lane]
            return self._later_or_never(job, now_s, 0.0)
        return self._down(lane, call, trouble, now_s)

    def _down(self, lane: Lane, call: Call, trouble: Trouble, now_s: float) -> Failure | None:
        job = call.job
        noise = jitter(job.key, job.attempts)
        silent = trouble.kind is Kind.HUNG and lane.succeeded_s < call.sent_s
        lane.breaker.failed(now_s, call.sent_s, noise, silent=silent)
        if trouble.wait_s is not None:
            lane.cool_until_s = max(lane.cool_until_s, now_s + trouble.wait_s)
        job.failed_s = now_s if job.failed_s is None else job.failed_s
        others_are_answered = any(other.succeeded_s > job.failed_s for other in job.lanes)
        if job.attempts >= MAX_ATTEMPTS and others_are_answered:
            return _final(job, RejectReason.ENDPOINT_FAILED, trouble.detail)
        backoff_s = min(MAX_BACKOFF_S, self.terms.first_backoff_s * 2.0 ** min(job.attempts - 1, 16))
        return self._later_or_never(job, now_s, backoff_s * (0.5 + 0.5 * noise))

    def _later_or_never(self, job: Job, now_s: float, wait_s: float) -> Failure | None:
        job.lanes = [lane for lane in job.lanes if not lane.closed]
        if not job.lanes:
            detail = job.trouble.detail if job.trouble else "no endpoint is left: check keys, base_url and model"
            return _final(job, RejectReason.ENDPOINT_DENIED, detail)
        heapq.heappush(self._later, (now_s + wait_s, next(self._number), job))
        return None

    def tick(self, now_s: float) -> list[Final]:
        """Let waiting jobs go on whose time has come; give the failures of those whose time is over."""
        while self._later and self._later[0][0] <= now_s:
            job = heapq.heappop(self._later)[2]
            self._route(job, now_s).urgent.put(job)
        for lane in self.lanes:
            if lane.is_up(now_s) and lane.throttles == 0:
                lane.up_s = now_s
        return [*self._homeless(), *self._late(now_s), *self._unaffordable(now_s)]

    def _route(self, job: Job, now_s: float) -> Lane:
        """Choose where a second attempt goes: the next endpoint that is up, else the one that is up first."""
        stays = job.trouble is not None and job.trouble.kind is Kind.THROTTLED and job.throttled < THROTTLES_TO_LEAVE
        start = job.lanes.index(job.last) + (not stays) if job.last in job.lanes else 0
        turn = job.lanes[start:] + job.lanes[:start]
        up = [lane for lane in turn if lane.is_up(now_s)]
        free = [lane for lane in up if lane.rates.wait_s(job.tokens_in, job.bound_out, now_s) == 0]
        return (free or up or [min(turn, key=Lane.ready_s)])[0]

    def _homeless(self) -> list[Final]:
        """Move the jobs of endpoints that closed to others; give those that have no other."""
        finals: list[Final] = []
        for lane in (lane for lane in self.lanes if lane.closed):
            for queue in ("urgent", "backlog"):
                for job in getattr(lane, queue).take_out(lambda _job: True):
                    job.lanes = [other for other in job.lanes if not other.closed]
                    if job.lanes:
                        getattr(job.lanes[0], queue).put(job)
                    else:
                        denials = [detail for detail in lane.tally.troubles if "check its key" in detail]
                        finals.append((job, _final(job, RejectReason.ENDPOINT_DENIED, "; ".join(denials))))
        return finals

    def _late(self, now_s: float) -> list[Final]:
        """Give the jobs whose deadline has passed."""
        deadline_s = self.terms.deadline_s

        def is_late(job: Job) -> bool:
            if job.started_s is not None:
                return now_s - job.started_s >= deadline_s
            return now_s - max(lane.up_s for lane in job.lanes) >= deadline_s

        late = [job for *_, job in self._later if is_late(job)]
        if late:
            gone = set(map(id, late))
            self._later = [entry for entry in self._later if id(entry[2]) not in gone]
            heapq.heapify(self._later)
        for lane in self.lanes:
            late += lane.urgent.take_out(is_late)
            if any(now_s - max(self.lanes[n].up_s for n in group) >= deadline_s for group in lane.backlog.groups()):
                late += lane.backlog.take_out(is_late)
        return [(job, self.late(job)) for job in late]

    def late(self, job: Job) -> Failure:
        """Say that a job's deadline has passed, and what was in the way."""
        last = job.trouble.detail if job.trouble else "none of its endpoints could be reached or had quota"
        return _final(job, RejectReason.DEADLINE_PASSED, f"no answer in {self.terms.deadline_s:g} s: {last}")

    def _unaffordable(self, now_s: float) -> list[Final]:
        """Give everything that waits for an endpoint whose next job the budget does not allow, once nothing runs."""
        if self.terms.budget_usd is None or any(lane.in_flight for lane in self.lanes):
            return []
        finals: list[Final] = []
        for lane in self.lanes:
            jobs = self._next(lane, now_s) if lane.may_send(now_s) else None
            if jobs and self._too_dear(_most_usd(lane, jobs[0])):
                jobs_out = lane.urgent.take_out(lambda _job: True) + lane.backlog.take_out(lambda _job: True)
                finals += [(job, _final(job, RejectReason.BUDGET_SPENT, "the budget is spent")) for job in jobs_out]
        return finals


def _most_usd(lane: Lane, job: Job) -> float:
    return lane.endpoint.cost_usd(round(job.tokens_in), tokens_out(job.request))


def _final(job: Job, reason: RejectReason, detail: str) -> Failure:
    return Failure(reason, detail, job.last.endpoint.name if job.last else None, job.attempts)
