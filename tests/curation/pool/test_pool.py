"""The pool against a real HTTP server that misbehaves: nothing lost, nothing asked twice, nothing told."""

import logging
import threading

import pytest

from curation.generate.request import Answer, Failure, Message, Picture, Request
from curation.pool.ledger import Ledger
from curation.pool.pool import EndpointPool
from curation.pool.terms import Terms
from flows.pool.rehearsal import Mood, rehearsal
from schemas.endpoint import Endpoint
from schemas.errors import ConfigError, RetryableError
from schemas.reject import RejectReason
from tests.curation.pool.pictures import png


def request(text, **changes):
    values = {"max_tokens": 8, "temperature": 0.0, "seed": 0, "prompt_sha256": "p", "whole": True} | changes
    return Request((Message("user", text),), **values)


def endpoint(server, name="a", **changes):
    url = server if isinstance(server, str) else server.url
    return Endpoint(**({"name": name, "base_url": url, "model": name} | changes))


def pool_of(endpoints, ledger=None, **terms):
    return EndpointPool(
        endpoints, ledger or Ledger(None), Terms(**({"first_backoff_s": 0.02, "deadline_s": 20} | terms))
    )


def first(act, then="ok"):
    return lambda text, seen: act if seen == 0 else then


def test_every_fault_ends_in_an_answer_and_a_restart_asks_nothing(tmp_path):
    acts = ["429", "429:0.2", "500", "503", "drop", "half", "junk", "error", "none", "null", "cut", "parts", "ok"]
    requests = [request(str(number)) for number in range(52)]

    def plan(text, seen):
        return acts[int(text) % len(acts)] if seen == 0 else "ok"

    with rehearsal(plan) as one, rehearsal(plan) as two:
        ends = [endpoint(one, "one"), endpoint(two, "two")]
        with pool_of(ends, Ledger(tmp_path / "l.db")) as pool:
            answers = pool.ask(requests)
        n_sent = len(one.seen) + len(two.seen)
        with pool_of(ends, Ledger(tmp_path / "l.db")) as pool:
            assert pool.ask(requests[::-1]) == answers[::-1]
        assert len(one.seen) + len(two.seen) == n_sent
        assert max((one.answered + two.answered).values()) == 1
    assert [answer.text for answer in answers] == [f"echo {number}" for number in range(52)]
    assert {answer.endpoint for answer in answers} == {"one", "two"}


@pytest.mark.parametrize(
    ("act", "reason", "n_sent"),
    [
        ("400", RejectReason.REQUEST_REFUSED, 1),
        ("422", RejectReason.REQUEST_REFUSED, 1),
        ("401", RejectReason.ENDPOINT_DENIED, 1),
        ("403", RejectReason.ENDPOINT_DENIED, 1),
        ("404", RejectReason.ENDPOINT_DENIED, 1),
        ("301", RejectReason.ENDPOINT_DENIED, 1),
        ("null", RejectReason.EMPTY_ANSWER, 3),
        ("cut", RejectReason.TRUNCATED_ANSWER, 3),
    ],
)
def test_what_no_retry_can_mend_is_a_failure_with_its_reason(act, reason, n_sent):
    with rehearsal(lambda text, seen: act) as server, pool_of([endpoint(server)]) as pool:
        [failure] = pool.answer([request("x")])
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.endpoint, len(server.seen)) == (reason, "a", n_sent)


def test_a_throttled_call_costs_no_attempt_and_waits_as_long_as_it_is_asked_to():
    with rehearsal(first("429:0.7")) as server, pool_of([endpoint(server)]) as pool:
        [answer] = pool.ask([request("x")])
    assert answer.attempts == 1
    assert server.seen[1].at_s - server.seen[0].at_s >= 0.7


def test_a_date_in_retry_after_is_kept():
    with rehearsal(first("429@1")) as server, pool_of([endpoint(server)]) as pool:
        pool.ask([request("x")])
    assert server.seen[1].at_s - server.seen[0].at_s >= 1.0


def test_a_quota_that_never_comes_back_is_bounded():
    with rehearsal(lambda text, seen: "429") as server, pool_of([endpoint(server)], deadline_s=2) as pool:
        outcomes = pool.answer([request(str(number)) for number in range(20)])
        with pytest.raises(RetryableError, match="quota"):
            pool.ask([request("y")])
    assert {outcome.reason for outcome in outcomes} == {RejectReason.DEADLINE_PASSED}
    assert len(server.seen) < 60


def test_a_wrong_key_closes_its_endpoint_and_the_others_go_on():
    with rehearsal(lambda text, seen: "401") as bad, rehearsal(lambda text, seen: "ok") as good:
        ends = [endpoint(bad, "bad", weight=5, max_concurrency=2), endpoint(good, "good")]
        with pool_of(ends) as pool:
            outcomes = pool.answer([request(str(number)) for number in range(60)])
    assert {outcome.endpoint for outcome in outcomes} == {"good"}
    assert len(bad.seen) <= 4
    with rehearsal(lambda text, seen: "401") as bad, pool_of([endpoint(bad, max_concurrency=2)]) as pool:
        with pytest.raises(ConfigError, match="check its key"):
            pool.ask([request(str(number)) for number in range(60)])
        assert len(bad.seen) <= 4


def test_a_poisoned_request_is_given_up_while_others_are_answered():
    with (
        rehearsal(lambda text, seen: "500" if text == "poison" else "ok") as server,
        pool_of([endpoint(server, max_concurrency=1)], first_backoff_s=0.001) as pool,
    ):
        outcomes = pool.answer([request("poison"), *(request(str(number)) for number in range(200))])
    assert outcomes[0].reason is RejectReason.ENDPOINT_FAILED
    assert all(isinstance(outcome, Answer) for outcome in outcomes[1:])
    assert sum(one.text == "poison" for one in server.seen) <= 10


def test_in_an_outage_requests_wait_and_go_on_when_one_endpoint_returns():
    down = {"on": True}
    with rehearsal(lambda text, seen: "503" if down["on"] else "ok") as server:
        ends = [endpoint("http://127.0.0.1:9/v1", "dead"), endpoint(server, "back")]
        with pool_of(ends, deadline_s=30) as pool:
            threading.Timer(2.0, lambda: down.update(on=False)).start()
            outcomes = pool.answer([request(str(number)) for number in range(40)])
    assert {outcome.endpoint for outcome in outcomes} == {"back"}


def test_when_nobody_returns_every_request_ends_at_the_deadline():
    ends = [endpoint("http://127.0.0.1:9/v1", "one"), endpoint("http://127.0.0.1:9/v1", "two")]
    with pool_of(ends, deadline_s=2) as pool:
        outcomes = pool.answer([request(str(number)) for number in range(500)])
        with pytest.raises(RetryableError, match="could not be reached"):
            pool.ask([request("later")])
    assert {outcome.reason for outcome in outcomes} == {RejectReason.DEADLINE_PASSED}


def test_a_hanging_endpoint_is_recognised_and_its_share_goes_elsewhere():
    with (
        rehearsal(lambda text, seen: "hang") as hung,
        rehearsal(lambda text, seen: "ok") as good,
        pool_of([endpoint(hung, "hung"), endpoint(good, "good")], deadline_s=8) as pool,
    ):
        outcomes = pool.answer([request(str(number)) for number in range(100)])
    assert {outcome.endpoint for outcome in outcomes} == {"good"}
    assert len(hung.seen) <= 10  # its permits once, and a call now and then that tries again


def test_an_endpoint_slower_than_the_pool_is_not_taken_for_hanging():
    with rehearsal(Mood(median_s=2.0)) as slow, rehearsal(lambda text, seen: "ok") as quick:
        ends = [endpoint(slow, "slow", max_concurrency=32), endpoint(quick, "quick", max_concurrency=4)]
        with pool_of(ends, deadline_s=12) as pool:
            outcomes = pool.answer([request(str(number)) for number in range(40)])
    assert {outcome.endpoint for outcome in outcomes} == {"slow", "quick"}


def test_the_first_choice_follows_the_weights_and_the_request_whatever_the_timing():
    requests = [request(str(number)) for number in range(200)]
    with rehearsal(Mood(median_s=0.002, sigma=1)) as one, rehearsal(lambda text, seen: "ok") as two:
        ends = [endpoint(one, "one", weight=3, max_concurrency=2), endpoint(two, "two", weight=1)]
        with pool_of(ends) as pool:
            before = [answer.endpoint for answer in pool.ask(requests)]
        with pool_of(ends[::-1]) as pool:
            after = [answer.endpoint for answer in pool.ask(requests[::-1])][::-1]
    assert before == after
    assert 0.65 <= before.count("one") / 200 <= 0.85


def test_no_endpoint_is_sent_more_at_once_than_it_may():
    with rehearsal(Mood(median_s=0.02)) as server, pool_of([endpoint(server, max_concurrency=3)]) as pool:
        pool.ask([request(str(number)) for number in range(40)])
    assert max(one.running for one in server.seen) == 3


def test_no_picture_goes_to_an_endpoint_without_vision():
    picture = Message("user", ("look", Picture(png(90, 60))))
    needed = Request((picture,), 8, 0.0, 0, "p", whole=True)
    blind_ok = Request((picture,), 8, 0.0, 1, "p", whole=True, blind_ok=True)
    with rehearsal(lambda text, seen: "ok") as text, rehearsal(lambda text, seen: "ok") as vision:
        with pool_of([endpoint(text, "text", weight=1000)]) as pool:
            [failure, answer] = pool.answer([needed, blind_ok])
        assert failure.reason is RejectReason.NO_CAPABLE_ENDPOINT
        assert answer.endpoint == "text"
        ends = [endpoint(text, "text", weight=1000), endpoint(vision, "vision", capabilities=("text", "vision"))]
        with pool_of(ends) as pool:
            [answer] = pool.ask([needed])
    assert answer.endpoint == "vision"
    assert "image" not in str(text.bodies)
    assert vision.bodies[0]["messages"][0]["content"][1]["image_url"]["url"].startswith("data:image/png;base64,")


def test_the_budget_stops_cleanly_and_a_higher_one_goes_on(tmp_path):
    requests = [request(str(number)) for number in range(30)]
    prices = {"price_output_usd_per_mtok": 1e6 / 8, "max_concurrency": 2}  # one answer of 8 tokens costs 1 USD
    with rehearsal(lambda text, seen: "ok") as server:
        with pool_of([endpoint(server, **prices)], Ledger(tmp_path / "l.db"), budget_usd=10) as pool:
            outcomes = pool.answer(requests)
            with pytest.raises(ConfigError, match="budget"):
                pool.ask(requests)
        assert sum(isinstance(outcome, Answer) for outcome in outcomes) == len(server.seen) == 10
        assert {o.reason for o in outcomes if isinstance(o, Failure)} == {RejectReason.BUDGET_SPENT}
        with pool_of([endpoint(server, **prices)], Ledger(tmp_path / "l.db"), budget_usd=100) as pool:
            assert all(isinstance(outcome, Answer) for outcome in pool.ask(requests))
        assert len(server.seen) == 30


def test_limits_hold_over_a_kill_too(tmp_path):
    """What an earlier run sent in the last minute counts: here its ledger says that the quota is used."""
    with rehearsal(lambda text, seen: "ok") as server:
        limited = endpoint(server, rpm=3)
        with pool_of([limited], Ledger(tmp_path / "l.db")) as pool:
            pool.ask([request(str(number)) for number in range(3)])
        with pool_of([limited], Ledger(tmp_path / "l.db")) as pool:
            schedule = pool._schedule
            assert schedule.lanes[0].rates.wait_s(1, 1, pool._loop.time()) > 50


def test_nothing_of_a_request_or_a_key_is_logged(caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with rehearsal(first("500")) as server, pool_of([endpoint(server)], keys={"a": "sk-secret"}) as pool:
        [answer] = pool.ask([request("zebra")])
    told = (
        caplog.text
        + "".join(capfd.readouterr())
        + repr(answer)
        + repr(request("zebra"))
        + repr(Terms(keys={"a": "sk-secret"}))
    )
    assert "zebra" not in told
    assert "sk-secret" not in told


def test_equal_requests_are_sent_once():
    with rehearsal(lambda text, seen: "ok") as server, pool_of([endpoint(server)]) as pool:
        assert len(set(map(id, pool.ask([request("x")] * 5)))) == 1
    assert len(server.seen) == 1
