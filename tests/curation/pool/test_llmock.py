"""Against llmock, a server that breaks on demand and judges its client; and its Files and Batch endpoints."""

import pytest
from llmock.chaos import ChaosSettings
from llmock.routers import batch as llmock_batch
from llmock.testing import LLMockServer
from llmock.verdict import judge

from curation.generate.request import Answer, Message, Request
from curation.pool.batch import BatchPool
from curation.pool.ledger import Ledger
from curation.pool.pool import EndpointPool
from curation.pool.terms import Terms
from schemas.endpoint import Endpoint
from schemas.errors import ConfigError
from schemas.reject import RejectReason


def request(number):
    return Request((Message("user", f"question {number}"),), 16, 0.0, 0, "p", whole=True)


def endpoint(server, **more):
    return Endpoint(name="a", base_url=server.base_url("openai"), model="gpt-4o-mini", **more)


def test_the_verdict_finds_no_retry_storm_and_no_ignored_retry_after():
    chaos = ChaosSettings(error_rates={429: 0.2, 500: 0.05, 503: 0.05})
    with LLMockServer(chaos=chaos) as server, EndpointPool([endpoint(server)], Ledger(None), Terms(60)) as pool:
        outcomes = pool.answer([request(number) for number in range(16)])
        found = judge(server.state.journal.records())
    assert all(isinstance(outcome, Answer) for outcome in outcomes)
    assert found.faults > 0
    assert found.errors == ()


@pytest.fixture
def quick_batches(monkeypatch):
    monkeypatch.setattr(llmock_batch, "_BATCH_DELAY", 0.3)


def test_batches_are_sent_once_and_collected(tmp_path, quick_batches):
    requests = [request(number) for number in range(12)]
    with LLMockServer() as server:
        ends = [endpoint(server, capabilities=("text", "batch"), price_output_usd_per_mtok=1.0)]
        with BatchPool(ends, Ledger(tmp_path / "l.db"), Terms(0.01)) as pool:
            first = pool.answer(requests)
        assert {outcome.reason for outcome in first} == {RejectReason.DEADLINE_PASSED}
        with BatchPool(ends, Ledger(tmp_path / "l.db"), Terms(30)) as pool:
            outcomes = pool.ask(requests)
        calls = [(record.method, record.path) for record in server.state.journal.records()]
    assert [outcome.request_key for outcome in outcomes] == [one.key for one in requests]
    assert all(outcome.text for outcome in outcomes)
    assert calls.count(("POST", "/v1/batches")) == 1
    assert Ledger(tmp_path / "l.db").spent_usd() > 0


def test_a_batch_that_was_created_just_before_a_kill_is_found_again(tmp_path, quick_batches):
    requests = [request(number) for number in range(5)]
    with LLMockServer() as server:
        ends = [endpoint(server, capabilities=("text", "batch"))]
        with BatchPool(ends, Ledger(tmp_path / "lost.db"), Terms(0.01)) as pool:
            pool.answer(requests)  # this ledger is lost, as if the kill came before its commit
        with BatchPool(ends, Ledger(tmp_path / "l.db"), Terms(30)) as pool:
            assert len(pool.ask(requests)) == 5
        calls = [(record.method, record.path) for record in server.state.journal.records()]
    assert calls.count(("POST", "/v1/batches")) == 1


def test_the_batch_lane_needs_an_endpoint_that_has_it_and_keeps_the_budget(quick_batches):
    with LLMockServer() as server:
        with pytest.raises(ConfigError, match="capability batch"):
            BatchPool([endpoint(server)], Ledger(None))
        ends = [endpoint(server, capabilities=("text", "batch"), price_output_usd_per_mtok=1e6)]
        with BatchPool(ends, Ledger(None), Terms(30, budget_usd=40)) as pool:
            outcomes = pool.answer([request(number) for number in range(5)])
    assert sum(isinstance(outcome, Answer) for outcome in outcomes) == 2
