"""The stage prescreen on a shelf: juries over real servers, the same rows once, ledgered, rejects out of releases."""

import json

import pyarrow as pa
import pytest

from curation.pool.ledger import Ledger
from flows.pool.rehearsal import rehearsal
from flows.prescreen import STAGE, _work, open_ids
from flows.releases.create import check_whole
from flows.stage import commit_chunk
from flows.watch.costs import ledger_path
from schemas.endpoint import Endpoint
from schemas.instruction import KEPT
from tests.flows.releases.conftest import hospital, kept  # noqa: F401 - a fixture
from tests.flows.releases.test_release import create
from warehouse.catalog import query, rebuild
from warehouse.published import manifest_of
from warehouse.purge import purge, request_keys_of

FINE = {"consistent": True, "answerable": True, "safe": True, "fluent": True, "score": 5, "reason": "agrees"}


def judge(hospital, endpoints):  # noqa: F811
    """Run every chunk of the stage as its task does."""
    context = hospital.context
    for chunk in context.journal(STAGE).plan(open_ids(context), 20):
        commit_chunk(str(hospital.config), STAGE, chunk.commit.chunk_id, lambda c, ids: _work(c, ids, endpoints))


def test_a_jury_judges_every_open_pair_once_and_its_rejects_stay_out_of_releases(hospital):  # noqa: F811
    pairs = hospital.rows["instruction_pairs"]
    for row in pairs:
        row |= {"model": "author", "endpoint": "author"}
    pairs[5]["form"] = "closed"
    hospital.rows["dedup_pool"] = [kept(row) for row in pairs]
    bad = pairs[0]
    hospital.shelve()
    assert hospital.shelf.read("dedup_pool").schema.names[: len(KEPT.names)] == KEPT.names

    def say(text, seen):
        return "say:" + json.dumps(FINE | ({"consistent": False, "score": 1} if bad["answer"] in text else {}))

    with rehearsal(say) as one, rehearsal(say) as two:
        endpoints = [
            Endpoint(name=name, base_url=server.url, model=name, capabilities=("text", "vision", "json_schema"))
            for name, server in (("author", two), ("one", one), ("two", two))
        ]
        judge(hospital, endpoints)
        judge(hospital, endpoints)
        assert (len(one.seen), len(two.seen)) == (47, 47)
    check_whole(hospital.shelf)
    found = hospital.shelf.read("prescreens")
    assert set(found["outcome"].to_pylist()) == {"pass"}
    assert found.num_rows == 46
    assert hospital.shelf.read("judgements").num_rows == 94
    rebuild(hospital.shelf)
    [row] = query(
        hospital.shelf.root, "SELECT rows_in, kept, rejected FROM funnel WHERE stage = 'prescreen'"
    ).to_pylist()
    assert row == {"rows_in": 47, "kept": 46, "rejected": 1}
    manifest = manifest_of(create(hospital, name="a").folder)
    assert manifest["left_behind"]["pairs"] == {"PRESCREEN_FAILED": 1}
    assert (manifest["quality"]["juries"], manifest["quality"]["vision_judge"]) == (46, "one, two")
    forgets_judges(hospital, bad["case_id"])


def forgets_judges(hospital, case_id):  # noqa: F811
    """What judges said of a patient's pairs goes with the patient."""
    own = hospital.shelf.read("judgements").filter(pa.compute.field("case_id") == case_id)
    keys = request_keys_of(hospital.shelf, [case_id])
    assert set(own["request_key"].to_pylist()) <= keys
    ledger = Ledger(ledger_path(hospital.shelf.root))
    assert ledger.forget(keys) == own.num_rows == 4
    ledger.close()
    assert purge(hospital.shelf, [case_id])["judgements"] == 4


@pytest.mark.slow
def test_without_other_models_pairs_stay_unscreened_and_nobody_is_asked(hospital):  # noqa: F811
    for row in hospital.rows["instruction_pairs"]:
        row |= {"model": "author", "endpoint": "author"}
    hospital.shelve()
    judge(hospital, [])
    found = hospital.shelf.read("prescreens")
    assert (set(found["outcome"].to_pylist()), found.num_rows) == ({"unscreened"}, 48)
    manifest = manifest_of(create(hospital, name="a").folder)
    assert manifest["quality"]["vision_judge"] == "none"
    card = (hospital.shelf.root / "releases" / "a" / "README.md").read_text(encoding="utf-8")
    assert "vision judge: none" in card
