"""The gate of production releases: what refuses them, what a decision must say, and the pause in a real flow run."""

import dataclasses
import json
import subprocess
import time

import httpx
import pyarrow as pa
import pytest

from flows.alone import alone, is_held
from flows.quality.figures import Figures, figures_of
from flows.releases.barred import of_found_wrong
from flows.releases.create import create_release
from flows.releases.decision import WAITING, Approval, check_decision, check_refusals
from flows.releases.gate_figures import markdown
from schemas.config import Release
from schemas.errors import ConfigError, LeakError
from schemas.judgement import PRESCREEN
from tests.flows.quality.conftest import review, reviewed  # noqa: F401 - a fixture
from warehouse.published import manifest_of
from warehouse.tables import Commit

GOVERNANCE = """
[release.governance]
ethics_reference = "EC 2026/17"
consent_basis = "waiver of consent"
licence = "CC-BY-NC-4.0"
sites = ["site-1"]
"""
FINE = Figures(
    pairs=100,
    demo_pairs=0,
    templates=2,
    unsigned_templates=(),
    reviewed=60,
    wrong=1,
    error_low=0.0,
    error_high=0.1,
    error_lower_bound=0.004,
    reviewed_twice=6,
    expert_kappa=0.8,
    checks=3,
    caught=3,
    open_pairs=40,
    juries=40,
    unscreened=0,
    judges=("a",),
    vision_judges=(),
    jury_kappa=None,
    judge_expert_kappa=None,
)
SETTINGS = Release(name="gate", tier="production")


@pytest.fixture
def ready(reviewed):  # noqa: F811
    """A hospital whose pairs may be published as production: judged, reviewed, few of them wrong."""
    reviewed.set("k = 2\n", 'k = 2\ntier = "production"\nmin_reviewed = 20\nmax_error_rate = 0.3\n' + GOVERNANCE)
    return reviewed


def settings(hospital, **changes):
    return Release.model_validate(hospital.context.config.release.model_dump() | {"name": "gate"} | changes)


def agree(figures, config):
    return Approval("dr-1", "2026-01-01T00:00:00+00:00", figures.sha256)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"unsigned_templates": ("liver-01", "heart-02")},
            r"2 templates are not signed by a clinician \(liver-01, heart",
        ),
        ({"demo_pairs": 3}, "3 pairs are of tier demo"),
        ({"error_lower_bound": 0.0501}, "at least 5.0 % of its pairs are wrong"),
        ({"reviewed": 49}, "experts reviewed 49 of its pairs"),
        ({"unscreened": 1}, "1 open-ended pairs passed no jury"),
        ({"pairs": 0}, "no pair is left"),
    ],
)
def test_what_refuses_a_production_release(change, told):
    check_refusals(FINE, SETTINGS)
    with pytest.raises(ConfigError, match=told):
        check_refusals(dataclasses.replace(FINE, **change), SETTINGS)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"approve": False}, "not approved"),
        ({"approve": None}, "not approved"),
        ({"approve": "yes"}, "not approved"),
        ({"approver": ""}, "must be a code"),
        ({"approver": "Dr. Jane Roe"}, "must be a code"),
        ({"approver": None}, "must be a code"),
        ({"figures_sha256": "0" * 64}, "other figures"),
        ({"figures_sha256": None}, "other figures"),
    ],
)
def test_a_decision_is_checked_whatever_the_form_let_through(answer, told):
    good = {"approve": True, "approver": "dr-1", "figures_sha256": FINE.sha256}
    assert check_decision(good, FINE).approver == "dr-1"
    with pytest.raises(ConfigError, match=told):
        check_decision(good | answer, FINE)


def test_the_artifact_shows_figures_and_refusals_and_no_row(reviewed):  # noqa: F811
    ids = reviewed.shelf.read("dedup_pool", ["instance_id"])["instance_id"].combine_chunks()
    text = markdown(figures_of(reviewed.shelf, ids), SETTINGS)
    assert "| of them wrong | 6 (95 % interval 9.5 % to 37.3 %) |" in text
    assert "**refused**: at least 10.7 % of its pairs are wrong" in text
    assert not any(row["question"] in text or row["case_id"] in text for row in reviewed.rows["instruction_pairs"])


def test_a_production_release_is_made_only_with_approval_and_says_who_gave_it(ready):
    with pytest.raises(ConfigError, match="needs a person's approval"):
        create_release(ready.context, settings(ready))
    published, _ = create_release(ready.context, settings(ready), approve=agree)
    manifest = manifest_of(published.folder)
    assert manifest["approval"]["approver"] == "dr-1"
    assert (manifest["quality"]["reviewed"], manifest["quality"]["vision_judge"]) == (30, "eye")
    card = (published.folder / "README.md").read_text(encoding="utf-8")
    assert "Not for clinical use" in card
    assert "vision judge: eye" in card
    assert "approved by dr-1" in card
    assert not create_release(ready.context, settings(ready))[0].created  # nothing new: nobody is asked again


@pytest.mark.slow
def test_a_refused_release_publishes_nothing(ready):
    strict = settings(ready, max_error_rate=0.05)
    for approve in (None, agree):
        with pytest.raises(ConfigError, match=r"refused as production: at least 10\.7 %"):
            create_release(ready.context, strict, approve=approve)
    assert not (ready.shelf.root / "releases" / "gate").exists()


@pytest.mark.slow
def test_what_changed_while_the_release_waited_needs_a_new_decision(ready):
    def slow(figures, config):
        late = review(ready.rows["instruction_pairs"][45], "r9", "reject", errors=["organ"])
        from schemas.expert import REVIEW

        ready.shelf.append("reviews", pa.Table.from_pylist([late], schema=REVIEW), Commit("test", 0, "f", "late"))
        return agree(figures, config)

    with pytest.raises(ConfigError, match="have changed since the release was approved"):
        create_release(ready.context, settings(ready), approve=slow)
    assert not (ready.shelf.root / "releases" / "gate").exists()


@pytest.mark.slow
def test_a_patient_who_came_while_the_release_waited_is_looked_for(ready):
    """Another run has taken in a case whose patient is named in a text that was chosen before."""
    report = ready.shelf.read("reports").to_pylist()[0] | {"findings": "Compared with that of Quentin Farthingale."}
    from schemas.case import REPORT

    ready.shelf.delete("reports", f"case_id = '{report['case_id']}'")
    ready.shelf.append("reports", pa.Table.from_pylist([report], schema=REPORT), Commit("t", 0, "f", "named"))

    def slow(figures, config):
        with (ready.folder / "cases.csv").open("a", encoding="utf-8") as file:
            file.write("E9999,P7799999,Quentin Farthingale,Liver cyst.,0.png\n")
        return agree(figures, config)

    create_release(ready.context, settings(ready, name="before"), approve=agree)
    with pytest.raises(LeakError):
        create_release(ready.context, settings(ready), approve=slow)
    assert not (ready.shelf.root / "releases" / "gate").exists()


@pytest.mark.slow
def test_others_work_while_a_release_waits_and_it_takes_the_warehouse_again(ready, site):
    root = ready.shelf.root
    command = site.command("release", "create", "gate", "--config", ready.config)
    waiting = subprocess.Popen(command, env=site.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while not (root / WAITING).exists() and time.monotonic() < deadline and waiting.poll() is None:
        time.sleep(0.2)
    assert not is_held(root)
    second = site.cli("release", "create", "other", "--config", ready.config)
    assert second.returncode == 2
    assert "another release of this warehouse waits for approval" in second.stderr
    with alone(root):
        done = site.cli("release", "approve", "--approver", "dr-1", "--root", root)
        assert done.returncode == 0, done.stderr
        time.sleep(8)
        assert waiting.poll() is None and not (root / "releases" / "gate").exists()
    _, errors = waiting.communicate(timeout=120)
    assert waiting.returncode == 0, errors
    assert manifest_of(root / "releases" / "gate")["approval"]["approver"] == "dr-1"


@pytest.mark.slow
def test_pairs_that_no_jury_passed_stay_behind(ready):
    out = [row["instance_id"] for row in ready.rows["instruction_pairs"][30:33]]
    ready.shelf.delete("prescreens", f"instance_id IN ({', '.join(repr(one) for one in out)})")
    demo = ready.rows["instruction_pairs"][33]["instance_id"]
    rows = [row | {"tier": "demo"} for row in ready.rows["instruction_pairs"] if row["instance_id"] == demo]
    from schemas.instruction import INSTRUCTION_PAIR
    from schemas.reject import REJECT

    ready.shelf.delete("instruction_pairs", f"instance_id = '{demo}'")
    ready.shelf.append(
        "instruction_pairs", pa.Table.from_pylist(rows, schema=INSTRUCTION_PAIR), Commit("t", 0, "f", "2")
    )
    reject = {"stage": "prescreen", "unit": "pair", "id": out[0], "site": "site-1", "reason": "PRESCREEN_FAILED"}
    ready.shelf.append("rejects", pa.Table.from_pylist([reject], schema=REJECT), Commit("t", 0, "f", "2"))
    published, _ = create_release(ready.context, settings(ready), approve=agree)
    left = manifest_of(published.folder)["left_behind"]["pairs"]
    found_wrong = set(of_found_wrong(ready.shelf).to_pylist())
    counted = len(found_wrong - {*out, demo})
    assert left == {"NOT_SCREENED": 2, "PRESCREEN_FAILED": 1, "TIER_BARRED": 1, "EXPERT_REJECTED": counted}
    research, _ = create_release(ready.context, settings(ready, name="r", tier="research"))
    counted = len(found_wrong - {out[0]})
    assert manifest_of(research.folder)["left_behind"]["pairs"] == {"PRESCREEN_FAILED": 1, "EXPERT_REJECTED": counted}
    assert PRESCREEN.names[0] == "instance_id"


@pytest.mark.chaos
@pytest.mark.parametrize("answer", [["--approver", "dr-1"], ["--approver", "dr-1", "--refuse"]])
def test_the_flow_pauses_until_somebody_decides(ready, site, answer):
    command = site.command("release", "create", "gate", "--config", ready.config)
    waiting = subprocess.Popen(
        command, env=site.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    place, deadline = ready.shelf.root / WAITING, time.monotonic() + 120
    while not place.exists() and time.monotonic() < deadline and waiting.poll() is None:
        time.sleep(0.2)
    assert place.exists(), waiting.communicate()
    assert json.loads(place.read_text())["api_url"] == site.server_url
    bad = site.cli("release", "approve", "--approver", "Jane Roe", "--root", ready.shelf.root)
    assert bad.returncode == 2
    done = site.cli("release", "approve", *answer, "--root", ready.shelf.root)
    assert done.returncode == 0, done.stderr
    out, errors = waiting.communicate(timeout=120)
    folder = ready.shelf.root / "releases" / "gate"
    if "--refuse" in answer:
        assert (waiting.returncode, folder.exists()) == (2, False)
        assert "was not approved" in errors
    else:
        assert waiting.returncode == 0, errors
        assert manifest_of(folder)["approval"]["approver"] == "dr-1"
        assert "see card.html" in out
    assert not place.exists()
    assert site.cli("release", "approve", *answer, "--root", ready.shelf.root).returncode == 2


@pytest.mark.chaos
def test_a_refused_release_does_not_wait_and_the_artifact_says_why(ready, site):
    ready.set("max_error_rate = 0.3", "max_error_rate = 0.05")
    done = site.cli("release", "create", "gate", "--config", ready.config)
    assert done.returncode == 2
    assert "at least 10.7 % of its pairs are wrong" in done.stderr
    wanted = {"artifacts": {"key": {"any_": ["release-gate"]}}}
    shown = httpx.post(f"{site.server_url}/artifacts/filter", json=wanted).raise_for_status().json()
    assert "at least 10.7 % of its pairs are wrong" in shown[0]["data"]
    assert not (ready.shelf.root / "releases" / "gate").exists()
