"""Who sends what next, with a clock made by the test."""

import pytest

from curation.generate.request import Failure, Message, Request
from curation.pool.schedule import MAX_ATTEMPTS, Schedule
from curation.pool.terms import Terms
from curation.pool.wire import Kind, Trouble
from schemas.endpoint import Endpoint
from schemas.reject import RejectReason

DOWN, HUNG = Trouble(Kind.DOWN, "down"), Trouble(Kind.HUNG, "hung")


def request(number):
    return Request((Message("user", str(number)),), 8, 0.0, 0, "p")


def schedule(*names, **terms):
    ends = [Endpoint(name=name, base_url="http://127.0.0.1/v1", model="m", max_concurrency=4) for name in names]
    made = Schedule(ends, Terms(**({"deadline_s": 60.0} | terms)))
    made.begin(0.0)
    return made


def admit(made, count):
    return [made.admit(request(number), request(number).key) for number in range(count)]


def fail(made, lane, call, trouble, now):
    made.ended(lane, call, (None, None), now)
    return made.failed(lane, call, trouble, now)


def test_permits_are_kept_and_given_back_while_a_job_waits_for_its_next_attempt():
    made = schedule("a")
    admit(made, 9)
    [lane] = made.lanes
    calls = [made.take(lane, 0.0) for _ in range(5)]
    assert [call is not None for call in calls] == [True] * 4 + [False]
    fail(made, lane, calls[0], DOWN, 0.1)
    assert made.take(lane, 0.1) is not None


def test_failures_in_a_row_open_the_breaker_and_one_call_at_a_time_tries_again():
    made = schedule("a")
    admit(made, 20)
    [lane] = made.lanes
    for number in range(5):
        fail(made, lane, made.take(lane, 0.1 * number), DOWN, 0.1 * number)
    assert made.take(lane, 0.6) is None
    probe = made.take(lane, 2.5)
    assert probe is not None
    assert made.take(lane, 2.6) is None
    fail(made, lane, probe, DOWN, 3.0)
    assert made.take(lane, 4.0) is None  # the rest has doubled
    probe = made.take(lane, 6.0)
    lane.succeeded(probe, 6.1)
    made.ended(lane, probe, (1, 1), 6.1)
    assert [made.take(lane, 6.1) is not None for _ in range(5)] == [True] * 4 + [False]


def test_a_call_that_hung_while_nothing_came_back_opens_the_breaker_at_once():
    made = schedule("a")
    admit(made, 9)
    [lane] = made.lanes
    call = made.take(lane, 1.0)
    fail(made, lane, call, HUNG, 20.0)
    assert made.take(lane, 20.1) is None


def test_a_cooldown_is_never_shortened_and_costs_no_attempt():
    made = schedule("a")
    admit(made, 2)
    [lane] = made.lanes
    one, two = made.take(lane, 0.0), made.take(lane, 0.0)
    fail(made, lane, one, Trouble(Kind.THROTTLED, "quota", 30.0), 1.0)
    fail(made, lane, two, Trouble(Kind.THROTTLED, "quota", 2.0), 1.0)
    assert made.tick(10.0) == []
    assert made.take(lane, 10.0) is None
    again = made.take(lane, 32.0)
    assert again.job.attempts == 0


def test_others_take_jobs_only_of_an_endpoint_that_is_down():
    made = schedule("a", "b")
    jobs = admit(made, 40)
    a, b = made.lanes
    of_b = sum(job.choice is b for job in jobs)
    taken = 0
    while (call := made.take(a, 0.0)) is not None:
        made.ended(a, call, (1, 1), 0.0)
        taken += 1
    assert taken == 40 - of_b
    b.cool_until_s = 5.0
    assert made.take(a, 1.0) is None  # a moment is waited for
    b.cool_until_s = 60.0
    assert made.take(a, 1.0).job.choice is b


def test_attempts_are_bounded_only_while_others_are_answered():
    made = schedule("a", deadline_s=1e6)
    admit(made, 1)
    [lane] = made.lanes
    now = 0.0
    for _ in range(3 * MAX_ATTEMPTS):
        while (call := made.take(lane, now)) is None:
            made.tick(now)
            now += 1.0
        assert fail(made, lane, call, DOWN, now) is None
    lane.succeeded_s = now
    while (call := made.take(lane, now)) is None:
        made.tick(now)
        now += 1.0
    assert fail(made, lane, call, DOWN, now).reason is RejectReason.ENDPOINT_FAILED


def test_a_deadline_runs_from_the_first_call_and_queueing_does_not_count():
    made = schedule("a", deadline_s=10.0)
    admit(made, 6)
    [lane] = made.lanes
    call = made.take(lane, 0.0)
    for now in range(1, 30):
        assert made.tick(float(now)) == []  # the others wait, and their endpoint is up
    fail(made, lane, call, DOWN, 30.0)
    [(job, failure)] = made.tick(30.1)
    assert (job, failure.reason) == (call.job, RejectReason.DEADLINE_PASSED)
    lane.breaker.is_open, lane.breaker.opens_s = True, 1e9
    assert made.tick(39.0) == []
    assert len(made.tick(41.0)) == 5  # never sent, and nobody was up for a whole deadline


def test_a_request_that_nobody_can_take_fails_at_once():
    made = schedule("a")
    asking = Request((Message("user", "x"),), 8, 0.0, 0, "p", params={"logprobs": True})
    failure = made.admit(asking, asking.key)
    assert isinstance(failure, Failure)
    assert failure.reason is RejectReason.NO_CAPABLE_ENDPOINT


@pytest.mark.parametrize("waits", [0.0, 5.0])
def test_the_same_seeded_noise_gives_the_same_schedule(waits):
    ends = []
    for _ in range(2):
        made = schedule("a")
        admit(made, 1)
        call = made.take(made.lanes[0], 0.0)
        fail(made, made.lanes[0], call, Trouble(Kind.THROTTLED, "quota", waits), 0.0)
        ends.append(made.lanes[0].cool_until_s)
    assert ends[0] == ends[1] > waits
