"""What an archive needs: Little's law, what is not known, and the tables of docs/scale.md."""

import re
from pathlib import Path

import pytest

from flows.scale.plan import LARGE_RUN, ROWS, SMALL_RUN, START_S, Archive, DedupRun, Numbers, plan_of, service_of
from flows.stage import STAGES
from flows.watch.cli import MOST
from schemas.errors import ConfigError

DOCUMENT = (Path(__file__).parents[3] / "docs" / "scale.md").read_text(encoding="utf-8")
PAPER = Archive(208_941, 1_470_000, 3_420_000, 7)


def cells_of(pattern):
    return [[cell.strip() for cell in re.split("[|│]", line)[1:-1]] for line in re.findall(pattern, DOCUMENT, re.M)]


def test_every_stage_is_in_the_plan():
    assert {*ROWS, "deduplicate"} == set(STAGES)


def test_a_plan_says_what_it_does_not_know(tmp_path):
    found = plan_of(Archive(10, 20, 30, 1), service_of(tmp_path, None))
    assert [need.stage for need in found.needs] == ["deduplicate"]
    assert {"cpu_s.desensitize", "request_s", "usd_per_core_hour"} <= set(found.missing)


def test_a_plan_follows_littles_law():
    numbers = Numbers(cpu_s={"desensitize": 0.6048}, request_s=2.0, tokens_out=100.0, usd_per_mtok_out=1.0)
    found = {one.stage: one for one in plan_of(Archive(1, 1_000_000, 604_800, 7), numbers).needs}
    assert found["desensitize"].at_once == pytest.approx(1 / 0.8)
    assert found["requests"].at_once == pytest.approx(2.0)
    assert found["requests"].usd == pytest.approx(60.48)


@pytest.mark.parametrize("text", ["cpu_s = 3", "request_s = -1", "nonsense = 1", "= ="])
def test_bad_numbers_are_one_line_that_names_them(tmp_path, text):
    path = tmp_path / "numbers.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as error:
        service_of(tmp_path, path)
    assert "\n" not in str(error.value)
    assert "numbers" in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[cpu_s]\nscrub = -1", "cpu_s.scrub: "),
        ("[cpu_s]\nscrub = nan", "cpu_s.scrub: "),
        ("[cpu_s]\nscrub = inf", "cpu_s.scrub: "),
        ("[cpu_s]\nscrub = 1e300", "cpu_s.scrub: "),
        ("[cpu_s]\nscrub = true", "cpu_s.scrub: "),
        ("[cpu_s]\ndesensitise = 1", "cpu_s.desensitise: no stage of the plan, which has intake, desensitize"),
        ("request_s = inf", "request_s: "),
        ("request_s = 0", "request_s: "),
        ("tokens_in = nan", "tokens_in: "),
        ("kept_share = nan", "kept_share: "),
        ("requests_per_pair = 1e300", "requests_per_pair: "),
        ("busy_share = 1e-320", "busy_share: "),
        ("request_s = " + "1" * 5000, "too many digits"),
        ("request_s = " + "[" * 5000, "nested too deep"),
    ],
)
def test_numbers_that_nothing_can_have_are_refused(tmp_path, text, message):
    path = tmp_path / "numbers.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as error:
        service_of(tmp_path, path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("days", [float("nan"), float("inf"), 0.0, -1.0])
def test_days_are_a_number(days):
    with pytest.raises(ConfigError, match="--days"):
        plan_of(Archive(1, 1, 1, days), Numbers())


def test_the_largest_plan_can_be_shown():
    dear = Numbers.model_validate(
        dict.fromkeys(("request_s", "tokens_in", "usd_per_mtok_in", "usd_per_core_hour", "dedup_compare_s"), 1e12)
        | {"requests_per_pair": 1e6, "cpu_s": {"scrub": 1e12}, "busy_share": 0.001}
    )
    found = plan_of(Archive(MOST, MOST, MOST, 0.01), dear)
    assert found.table().num_rows == 3
    assert "inf" not in " ".join(found.lines())


def test_annotated_and_rated_images_need_what_their_stages_need():
    numbers = Numbers(cpu_s={"annotate": 6.048, "ground": 12.096}, request_s=1.0)
    found = plan_of(Archive(1, 1, 0, 7, annotated=80_000, rated=604_800), numbers)
    needs = {one.stage: one for one in found.needs}
    assert needs["annotate"].at_once == pytest.approx(1.0)
    assert needs["ground"].at_once == pytest.approx(2.0)
    assert needs["requests"].at_once == pytest.approx(1.0)
    assert "cpu_s.rate" in found.missing
    assert "cpu_s.rate" not in plan_of(PAPER, numbers).missing


def test_the_costs_of_deduplication_are_those_of_the_document():
    dense = cells_of(r"^\|.*\| dense \|.*$")
    shown = [DedupRun(int(row[0].replace(",", "")), int(row[4].replace(",", "")), float(row[2])) for row in dense]
    assert shown[:2] == [SMALL_RUN, LARGE_RUN]
    for run in shown:
        numbers = Numbers(kept_share=run.kept / run.texts)
        need = plan_of(Archive(0, 0, run.texts, 7), numbers).needs[0]
        within = 1e-6 if run in (SMALL_RUN, LARGE_RUN) else 0.1  # the whole archive's run was not used for the costs
        assert need.hours * 3600 + START_S == pytest.approx(run.cpu_s, rel=within)


def test_the_plan_of_the_document_is_what_the_command_says(tmp_path):
    told = tmp_path / "numbers.toml"
    told.write_text(re.search(r"```toml\n(.*?)```", DOCUMENT, re.S).group(1), encoding="utf-8")
    found = plan_of(PAPER, service_of(tmp_path, told))
    rows = [[str(cell) for cell in row.values()] for row in found.table().to_pylist()]
    assert cells_of(r"^│.*│$") == rows
    assert all(line in DOCUMENT for line in found.lines())
