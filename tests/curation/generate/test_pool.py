import logging
import threading

import pytest
from generate_mock_server import serve

from curation.generate.ledger import Ledger
from curation.generate.pool import EndpointPool, check_endpoints
from curation.generate.request import Answer, Failure, Message, Request
from schemas.config import Endpoint
from schemas.errors import ConfigError, RetryableError
from schemas.instruction import Tier
from schemas.reject import RejectReason


def request(text, **changes):
    values = {"max_tokens": 8, "temperature": 0.0, "seed": 0, "prompt_sha256": "p"} | changes
    return Request((Message("user", text),), **values)


def endpoint(name, url, **changes):
    return Endpoint(**({"name": name, "base_url": url, "model": "m", "timeout_s": 0.8} | changes))


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "ledger.db")
    yield ledger
    ledger.close()


def pool_of(endpoints, ledger, **changes):
    return EndpointPool(endpoints, ledger, **({"first_backoff_s": 0.02, "patience_s": 20} | changes))


def test_nothing_is_lost_and_nothing_is_asked_twice_after_a_restart(ledger, tmp_path):
    troubles = ["429", "500", "drop", "junk", "html", "slow", "ok"]

    def plan(text, n):
        return troubles[int(text) % len(troubles)] if n == 0 else "ok"

    requests = [request(str(i)) for i in range(42)]
    with serve(plan) as one, serve(plan) as two:
        ends = [endpoint("one", one.url), endpoint("two", two.url)]
        with pool_of(ends, ledger) as pool:
            answers = pool.ask(requests)
        asked = len(one.seen) + len(two.seen)
        with pool_of(ends, Ledger(tmp_path / "ledger.db")) as pool:
            assert pool.ask(requests[::-1]) == answers[::-1]
        assert len(one.seen) + len(two.seen) == asked
    assert [answer.text for answer in answers] == [f"echo {i}" for i in range(42)]
    assert {answer.endpoint for answer in answers} == {"one", "two"}


def test_a_throttled_call_costs_no_attempt(ledger):
    with serve(lambda text, n: "429" if n < 8 else "ok") as mock, pool_of([endpoint("a", mock.url)], ledger) as pool:
        [answer] = pool.ask([request("x")])
    assert answer.attempts == 1
    assert len(mock.seen) == 9


def test_a_quota_that_never_comes_back_is_retryable_and_bounded(ledger):
    with (
        serve(lambda text, n: "429") as mock,
        pool_of([endpoint("a", mock.url)], ledger, patience_s=0.6) as pool,
        pytest.raises(RetryableError, match="quota"),
    ):
        pool.ask([request("x")])
    assert len(mock.seen) <= 4


@pytest.mark.parametrize("status", ["400", "403"])
def test_a_refused_request_is_not_sent_again(ledger, status):
    with serve(lambda text, n: status) as mock, pool_of([endpoint("a", mock.url)], ledger) as pool:
        [failure] = pool.ask([request("x")])
    assert isinstance(failure, Failure)
    assert failure.reason is RejectReason.ENDPOINT_FAILED
    assert len(mock.seen) == 1


def test_a_denied_key_is_a_config_error_and_the_other_answers_are_kept(ledger):
    with (
        serve(lambda text, n: "401" if text == "bad" else "ok") as mock,
        pool_of([endpoint("a", mock.url)], ledger) as pool,
        pytest.raises(ConfigError, match="check its key"),
    ):
        pool.ask([request("bad"), request("good")])
    assert set(ledger.find([request("good").key, request("bad").key])) == {request("good").key}


def test_a_request_no_server_can_answer_is_a_failure_but_an_outage_is_not(ledger):
    with serve(lambda text, n: "500" if text == "poison" else "ok") as mock:
        url = mock.url
        with pool_of([endpoint("a", url)], ledger) as pool:
            poison, good = pool.ask([request("poison"), request("good")])
        assert isinstance(poison, Failure)
        assert isinstance(good, Answer)
    with pool_of([endpoint("a", url)], ledger) as pool, pytest.raises(RetryableError, match="no endpoint"):
        pool.ask([request("later")])


def test_the_first_choice_follows_the_weights_and_the_key(ledger, tmp_path):
    requests = [request(str(i)) for i in range(80)]
    with serve(lambda text, n: "ok") as one, serve(lambda text, n: "ok") as two:
        ends = [endpoint("one", one.url, weight=3), endpoint("two", two.url, weight=1)]
        with pool_of(ends, ledger) as pool:
            first = [answer.endpoint for answer in pool.ask(requests)]
        with pool_of(ends[::-1], Ledger(tmp_path / "other.db")) as pool:
            second = [answer.endpoint for answer in pool.ask(requests[::-1])][::-1]
    assert first == second
    assert 45 <= first.count("one") <= 72


def test_equal_requests_are_sent_once(ledger):
    with serve(lambda text, n: "ok") as mock, pool_of([endpoint("a", mock.url)], ledger) as pool:
        assert len(set(map(id, pool.ask([request("x")] * 5)))) == 1
    assert len(mock.seen) == 1


def test_no_message_answer_or_key_is_logged(ledger, caplog, capfd, monkeypatch):
    monkeypatch.setenv("TEST_KEY", "sk-secret")
    caplog.set_level(logging.DEBUG)
    with (
        serve(lambda text, n: "500" if n == 0 else "ok") as mock,
        pool_of([endpoint("a", mock.url, api_key_env="TEST_KEY")], ledger) as pool,
    ):
        [answer] = pool.ask([request("zebra")])
    printed = "".join(capfd.readouterr())
    for secret in ("zebra", "sk-secret"):
        assert secret not in caplog.text + printed + repr(answer) + repr(request("zebra"))


def test_endpoints_off_this_machine_need_an_agreement_and_keys_a_variable(ledger, monkeypatch):
    with pytest.raises(ConfigError, match="data_agreement"):
        EndpointPool([endpoint("far", "https://llm.example.org/v1")], ledger)
    with pytest.raises(ConfigError, match="data_agreement"):
        EndpointPool([endpoint("far", "http://127.0.0.1.example.org/v1")], ledger)
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(ConfigError, match="NO_SUCH_KEY"):
        EndpointPool([endpoint("a", "http://127.0.0.1:1/v1", api_key_env="NO_SUCH_KEY")], ledger)


def test_check_endpoints_says_who_is_there():
    with serve(lambda text, n: "ok") as mock:
        found = check_endpoints([endpoint("up", mock.url), endpoint("down", "http://127.0.0.1:9/v1")], 2.0)
    assert found["up"] is None
    assert "cannot be reached" in found["down"]


def test_the_key_is_what_was_asked():
    base = request("x")
    assert base.key == request("x", purpose="open").key
    changes = [{"max_tokens": 9}, {"temperature": 0.1}, {"seed": 1}, {"prompt_sha256": "q"}, {"sample": 1}]
    keys = {request("x", **change).key for change in [*changes, {"schema": {"enum": ["a"]}}, {"stop": ("\n",)}]}
    assert len(keys) == 7
    assert base.key not in keys


def test_the_first_recorded_answer_stands_for_all_threads(tmp_path):
    path = tmp_path / "ledger.db"
    ledgers = [Ledger(path) for _ in range(3)]
    stands = []

    def write(number):
        answer = Answer("key", f"text {number}", "a", "m", Tier.DEMO, "stop", attempts=1)
        stands.append(ledgers[number % 3].record(answer).text)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stands) == 12
    assert len(set(stands)) == 1
