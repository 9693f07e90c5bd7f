"""Suspended strategies: others write in their place, what is untouched costs nothing again."""

import pytest

from curation.generate.allowed import ask
from curation.generate.generate import generate
from curation.generate.request import Answer, Failure, Message, Request
from curation.pool.ledger import Ledger
from curation.pool.pool import EndpointPool
from curation.pool.terms import Terms
from curation.quality.suspension import Suspension, strategy_of
from flows.pool.rehearsal import rehearsal
from schemas.config import Generate
from schemas.endpoint import Endpoint
from schemas.reject import RejectReason
from tests.curation.generate.test_generate import WITHOUT, Scripted, reports, row

BAD = frozenset({"one"})


def requests(barred=frozenset()):
    return [Request((Message("user", str(number)),), 8, 0.0, 0, "p", whole=True, barred=barred) for number in range(24)]


def test_only_what_the_suspended_model_wrote_is_asked_again(tmp_path):
    with rehearsal(lambda text, seen: "ok") as one, rehearsal(lambda text, seen: "ok") as two:
        ends = [
            Endpoint(name=f"end-{name}", base_url=server.url, model=name)
            for name, server in (("one", one), ("two", two))
        ]

        def run(barred=frozenset(), endpoints=ends):
            with EndpointPool(endpoints, Ledger(tmp_path / "l.db"), Terms()) as pool:
                return ask(pool, requests(barred))

        before = [answer for _, answer in run()]
        assert {answer.model for answer in before} == {"one", "two"}
        sent = len(one.seen), len(two.seen)
        after = run(BAD)
        assert {answer.model for _, answer in after} == {"two"}
        assert [new == old for (_, new), old in zip(after, before, strict=True)] == [a.model == "two" for a in before]
        assert [request.without for request, _ in after] == [() if a.model == "two" else ("one",) for a in before]
        assert (len(one.seen), len(two.seen)) == (sent[0], sent[1] + sent[0])
        assert run(BAD) == after
        assert len(two.seen) == sum(sent)
        alone = run(BAD, ends[:1])
        known = [isinstance(outcome, Answer) for _, outcome in alone]
        assert all(known), "what the ledger knows needs no endpoint"
        nobody = ask_new(ends[:1], tmp_path)
        assert (nobody.reason, nobody.endpoint) == (RejectReason.STRATEGY_SUSPENDED, None)


def ask_new(endpoints, folder):
    with EndpointPool(endpoints, Ledger(folder / "l.db"), Terms()) as pool:
        [(_, outcome)] = ask(pool, [Request((Message("user", "new"),), 8, 0.0, 0, "p", barred=BAD)])
    return outcome


def test_an_endpoint_that_answers_in_the_name_of_a_suspended_model_is_not_asked_for_ever():
    class Stubborn(Scripted):
        def answer(self, request):
            return Answer(request.key, "x", "e", "one", "demo", "stop")

    [(request, failure)] = ask(pool := Stubborn(), requests(BAD)[:1])
    assert isinstance(failure, Failure)
    assert (failure.reason, len(pool.requests)) == (RejectReason.STRATEGY_SUSPENDED, 2)
    assert request.without == ("one",)


def pairs_of(suspensions, **config):
    settings = Generate(**{**WITHOUT, "report_pairs": False, "diagnosis_pairs": False, **config})
    rows = [row(f"c{number}") for number in range(6)]
    return generate(reports(*rows), config=settings, pool=Scripted(), suspensions=suspensions)


def covered(pairs, one):
    return [pair for pair in pairs if one.covers(strategy_of(pair))]


def test_another_template_writes_what_a_suspended_one_would_have_written():
    before = pairs_of([]).kept.to_pylist()
    bad = before[0]["template_id"]
    own = [pair for pair in before if pair["template_id"] == bad]
    one = Suspension("template", (bad,), prompts=frozenset(pair["prompt_sha256"] for pair in own))
    result = pairs_of([one])
    after = {pair["instance_id"]: pair for pair in result.kept.to_pylist()}
    assert not covered(after.values(), one)
    assert all(after[pair["instance_id"]] == pair for pair in before if pair not in own)
    moved = [name for name in after if name not in {pair["instance_id"] for pair in before}]
    assert len(moved) == len(own) == len(after) - len(before) + len(own)
    assert {name.rpartition("-")[0] for name in moved} == {pair["instance_id"] for pair in own}


@pytest.mark.parametrize("level", ["task", "system"])
def test_without_another_way_the_cells_wait_for_the_next_prompt_version(level):
    before = pairs_of([], captions_per_case=1).kept.to_pylist()
    value = strategy_of(before[0])[level]
    prompts = frozenset(pair["prompt_sha256"] for pair in before)
    one = Suspension(level, (value,), prompts=prompts)
    result = pairs_of([one], captions_per_case=1)
    assert not covered(result.kept.to_pylist(), one)
    reasons = {reject["reason"] for reject in result.rejected.to_pylist()}
    assert reasons <= {"STRATEGY_SUSPENDED"}
    next_version = Suspension(level, (value,), prompts=frozenset({"an older one"}))
    assert pairs_of([next_version], captions_per_case=1).kept.to_pylist() == before
