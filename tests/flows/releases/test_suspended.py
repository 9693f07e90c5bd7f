"""Experts find a bad model: its pairs leave the next release, once, and come back when it is lifted."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from curation.generate.open import versions_of
from curation.generate.template import library
from flows.cli import app
from flows.quality.audit import note_regenerated, suspensions_of
from flows.quality.retrospect import apply, look
from flows.quality.reviewed import reviews_of
from flows.releases.barred import of_unsigned
from flows.releases.create import create_release
from flows.stage import forget_contexts
from schemas.errors import ConfigError
from schemas.expert import REVIEW
from schemas.instruction import Tier
from schemas.load import release_of
from schemas.publishing import Governance
from schemas.strategy import TEMPLATE_SIGNATURE
from tests.flows.releases.conftest import INTERPRETATION
from warehouse.published import manifest_of
from warehouse.tables import Commit

RULES = {"ethics_reference": "EC 1", "consent_basis": "waiver", "licence": "CC-BY-4.0", "sites": ["site-1"]}


def write_reviews(shelf, rows, part="1"):
    base = {"task_id": "t", "site": "site-1", "reviewer": "r1", "errors": [], "comment": None, "attention": False}
    base |= {"reviewed_at": datetime(2026, 1, 1, tzinfo=UTC), "source": "csv", "case_id": "c"}
    full = [{**base, "review_id": f"{part}-{at}", **row} for at, row in enumerate(rows)]
    shelf.append("reviews", pa.Table.from_pylist(full, schema=REVIEW), Commit("review", 0, "", part))


@pytest.fixture
def reviewed(hospital):
    """Every pair is reviewed; model bad is wrong in every second one. Two more reviews say nothing about pairs."""
    pairs = hospital.rows["instruction_pairs"]
    for at, pair in enumerate(pairs):
        pair |= {"model": ("bad", "good")[at % 2], "endpoint": ("end-a", "end-b")[at % 2], "template_id": "liver-01"}
    hospital.shelve()
    hospital.set("[release]", "[retrospect]\nmin_reviews = 20\n[release]")
    verdicts = ["reject" if at % 4 == 0 else "accept" for at in range(len(pairs))]
    rows = [{"instance_id": p["instance_id"], "verdict": v} for p, v in zip(pairs, verdicts, strict=True)]
    check = {**rows[1], "verdict": "reject", "attention": True}
    second = {**rows[1], "verdict": "reject", "reviewer": "r2", "reviewed_at": datetime(2026, 1, 2, tzinfo=UTC)}
    write_reviews(hospital.shelf, [*rows, check, second, {"instance_id": "gone", "verdict": "fix"}])
    return hospital


def release(hospital, name, **changes):
    settings = release_of(hospital.context.config.release, name=name, tier=None).model_copy(update=changes)
    return create_release(hospital.context, settings)[0].folder


def ids_of(folder):
    return {i for path in folder.glob("pairs/*.parquet") for i in pq.read_table(path)["instance_id"].to_pylist()}


def left_of(folder, reason):
    rows = [row for path in folder.glob("rejects/*.parquet") for row in pq.read_table(path).to_pylist()]
    return {row["id"] for row in rows if row["reason"] == reason}


def lacking(hospital):
    ids = hospital.shelf.read("instruction_pairs", ["instance_id"])["instance_id"]
    return set(ids.filter(pa.array(of_unsigned(hospital.shelf, ids))).to_pylist())


def steps(hospital):
    return [(row["step"], row["instances"]) for row in hospital.shelf.read("strategy_audit").to_pylist()]


def test_a_bad_model_is_suspended_once_and_its_pairs_leave_the_next_release(reviewed):
    bad = {p["instance_id"] for p in reviewed.rows["instruction_pairs"] if p["model"] == "bad"}
    outlook = look(reviewed.context)
    assert [one.name for _, one in outlook.new] == ["model=bad"]
    assert not reviewed.shelf.exists("strategy_audit")
    told = list(outlook.lines(applied=False))
    assert told[:4] == [
        "48 reviewed pairs count",
        "  1 reviews left out: they are attention checks",
        "  1 reviews left out: they are second opinions: only agreement between experts uses them",
        "  1 reviews left out: they are about pairs that have left",
    ]
    assert told[-1] == "nothing was changed: add --apply"
    earlier = reviewed.context.fingerprint("generate")
    apply(outlook)
    apply(outlook)  # as after a kill
    forget_contexts()
    assert reviewed.context.fingerprint("generate") != earlier
    again = look(reviewed.context)
    assert (again.new, again.reviews.suspended) == ([], len(bad))
    apply(again)
    assert steps(reviewed) == [("suspended", 24), ("leaves", 24), ("regenerate", 24)]
    after = release(reviewed, "after")
    assert left_of(after, "STRATEGY_SUSPENDED") == bad
    assert left_of(after, "EXPERT_REJECTED") == {reviewed.rows["instruction_pairs"][1]["instance_id"]}
    assert ids_of(after)
    assert manifest_of(after)["quality"]["reviewed"] == len(ids_of(after)) + 1  # who was found wrong still counts
    assert not ids_of(after) & bad
    assert ("left_release", 24) in steps(reviewed)
    assert manifest_of(after)["suspended_strategies"] == ["model=bad"]
    for _ in range(2):
        note_regenerated(reviewed.shelf, reviewed.context.suspensions, "f", "site-1")
    assert [step for step, _ in steps(reviewed)].count("regenerated") == 1


def test_the_commands_say_what_they_would_do_and_do_it(reviewed):
    at = ["--config", str(reviewed.config)]
    run = CliRunner()
    told = run.invoke(app, ["retrospect", *at])
    assert told.exit_code == 0, told.output
    assert "would be suspended: model=bad" in told.output
    assert "24 pairs leave the next release" in told.output
    assert suspensions_of(reviewed.shelf) == []
    assert run.invoke(app, ["retrospect", "--apply", *at]).exit_code == 0
    assert [one.name for one in suspensions_of(reviewed.shelf)] == ["model=bad"]
    forget_contexts()
    assert run.invoke(app, ["retrospect", "--lift", "model=bad", *at]).exit_code == 0
    assert suspensions_of(reviewed.shelf) == []
    assert isinstance(run.invoke(app, ["retrospect", "--lift", "model=bad", *at]).exception, ConfigError)
    forget_contexts()
    assert run.invoke(app, ["retrospect", "--apply", *at]).exit_code == 0  # the same reviews speak against it again
    assert [one.name for one in suspensions_of(reviewed.shelf)] == ["model=bad"]


def test_without_reviews_nothing_is_suspended(hospital):
    hospital.shelve()
    outlook = look(hospital.context)
    assert list(outlook.lines(applied=True)) == ["0 reviewed pairs count", "no strategy exceeds the limit"]
    assert reviews_of(hospital.shelf).counted == []


def test_counselling_surveillance_and_treatment_pairs_need_a_signed_template(hospital):
    versions = versions_of(library().templates, library().open)
    topics = {topic: version for version, (name, topic) in versions.items() if name == "liver-01"}
    pairs = hospital.rows["instruction_pairs"]
    for pair, version in zip(pairs, [*topics.values(), "an older prompt"], strict=False):
        pair["prompt_sha256"] = version
    hospital.shelve()
    names = [*topics, "older"]
    needing = {pairs[names.index(t)]["instance_id"] for t in ("counselling", "surveillance", "treatment planning")}
    older = pairs[names.index("older")]["instance_id"]
    assert left_of(release(hospital, "demo"), "UNSIGNED_TEMPLATE") == set()
    research = {"tier": Tier.RESEARCH, "governance": Governance(**RULES)}
    assert lacking(hospital) == {*needing, older}
    run, at = CliRunner(), ["--config", str(hospital.config)]
    assert "not signed" in run.invoke(app, ["templates", "list", "-f", "json", *at]).output
    for bad in (["liver-99", "--reviewer", "Dr A"], ["liver-01", "--reviewer", " 7 "]):
        assert isinstance(run.invoke(app, ["templates", "sign", *bad, *at]).exception, ConfigError)
    for said in ("liver-01 is signed", "liver-01 was signed by them before; nothing was changed"):
        done = run.invoke(app, ["templates", "sign", "liver-01", "--reviewer", "Dr A", *at])
        assert done.output.strip() == said
    assert '"signed_by":"Dr A"' in run.invoke(app, ["templates", "list", "-f", "json", *at]).output.replace(": ", ":")
    folder = release(hospital, "two", **research)
    assert left_of(folder, "UNSIGNED_TEMPLATE") == {older}
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "Not for clinical use." in card
    assert "1 of 21 few-shot templates were signed" in card
    assert "Dr A" not in "".join(
        p.read_text(encoding="utf-8") for p in folder.glob("*.*") if p.suffix in {".md", ".json", ".html"}
    )
    hospital.shelf.delete("template_signatures", "true")
    row = {"template_id": "liver-01", "template_sha256": "0" * 64, "reviewer": "Dr A", "site": "s"}
    old = pa.Table.from_pylist([{**row, "signed_at": datetime.now(UTC)}], schema=TEMPLATE_SIGNATURE)
    hospital.shelf.append("template_signatures", old, Commit("sign", 0, "0", "old"))
    assert "edited since it was signed" in run.invoke(app, ["templates", "list", "-f", "json", *at]).output
    assert lacking(hospital) == {*needing, older}
    assert INTERPRETATION in versions
