"""Limits hold over any sliding minute, whatever calls take."""

import random

import pytest

from curation.pool.rates import MINUTE_S, Rates
from schemas.endpoint import Endpoint


def rates(**limits):
    return Rates.of(Endpoint(name="a", base_url="http://127.0.0.1/v1", model="m", **limits))


def most(events):
    """The largest sum in any window [t, t + 60)."""
    return max(sum(amount for at, amount in events if start <= at < start + MINUTE_S) for start, _ in events)


@pytest.mark.parametrize("seed", range(3))
def test_no_sliding_minute_holds_more_than_the_limits(seed):
    """A simulated server counts requests and input when they arrive, output when it is done."""
    rng = random.Random(seed)
    books = rates(rpm=20, tpm_input=3000, tpm_output=900)
    now, arrived, inputs, outputs, running = 0.0, [], [], [], []
    while now < 400:
        for done in [call for call in running if call[0] <= now]:
            running.remove(done)
            books.settle(done[1], (done[2], done[3]), done[0])
            outputs.append((done[0], done[3]))
        tokens = rng.randint(50, 300)
        if books.wait_s(tokens, 100, now) == 0:
            ticket = books.take(tokens, 100, now)
            used_in, used_out = rng.randint(20, tokens), rng.randint(1, 100)
            at = now + rng.uniform(0, 1.5)  # the way to the server
            arrived.append((at, 1))
            inputs.append((at, used_in))
            running.append((at + rng.expovariate(1 / 3), ticket, used_in, used_out))
        now += rng.uniform(0, 0.5)
    assert most(arrived) <= 20
    assert most(inputs) <= 3000
    assert most(outputs) <= 900
    assert len(arrived) >= 60  # and it does not starve


def test_a_call_larger_than_a_limit_goes_alone():
    books = rates(tpm_input=100)
    assert books.wait_s(5000, 1, 0.0) == 0
    books.take(5000, 1, 0.0)
    assert books.wait_s(1, 1, 30.0) > 0
    assert books.wait_s(1, 1, 62.5) == 0


def test_an_answer_without_a_bound_takes_what_is_usual():
    books = rates(tpm_output=1000)
    assert books.expected(None) == 125
    assert books.expected(300) == 300
    assert books.expected(5000) == 125
    for at in range(3):
        books.settle(books.take(1, None, float(at)), (1, 8), float(at))
    assert books.expected(None) == 10
    assert books.wait_s(1, 5000, 3.0) == 0


def test_estimates_follow_what_the_server_counts():
    books = rates(tpm_input=1000)
    for at in range(10):
        books.settle(books.take(100, 1, float(at)), (200, 1), float(at))
    assert books.scaled(100) == 200


def test_an_earlier_run_still_counts():
    books = rates(rpm=3)
    books.restore([(50.0, 1, 1), (10.0, 1, 1), (5.0, 1, 1)], now_s=100.0)
    assert 0 < books.wait_s(1, 1, 100.0) <= 12
    assert books.wait_s(1, 1, 112.1) == 0
