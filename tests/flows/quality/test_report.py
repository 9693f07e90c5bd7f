"""The figures over reviewed pairs, and the page that shows them."""

import re

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.quality.figures import figures_of
from flows.quality.sections import releases, strategies
from schemas.errors import ConfigError
from tests.flows.releases.test_release import create

run = CliRunner()


def figures(hospital):
    ids = hospital.shelf.read("dedup_pool", ["instance_id"])["instance_id"].combine_chunks()
    return figures_of(hospital.shelf, ids)


def test_figures_count_pairs_once_and_planted_errors_never(reviewed):
    found = figures(reviewed)
    assert (found.pairs, found.reviewed, found.wrong) == (48, 30, 6)
    assert (found.checks, found.caught, found.reviewed_twice) == (2, 1, 10)
    assert found.error_low == pytest.approx(0.0951, abs=1e-4)  # Wilson for 6 of 30
    assert found.error_high == pytest.approx(0.3731, abs=1e-4)
    # two experts: 5 of the first 10 pairs are rejected by r1, r2 accepts one of these: po 0.9, pe 0.5
    assert found.expert_kappa == pytest.approx(0.8)
    assert (found.judges, found.vision_judges, found.juries, found.unscreened) == (("ear", "eye"), ("eye",), 48, 0)
    assert found.jury_kappa == pytest.approx(-1 / 95, abs=1e-3)
    assert found.sha256 == figures(reviewed).sha256


def test_figures_of_nothing_are_plain(hospital):
    hospital.shelve()
    found = figures(hospital)
    assert (found.reviewed, found.wrong, found.error_lower_bound) == (0, 0, 0.0)
    assert (found.expert_kappa, found.jury_kappa, found.vision_judge) == (None, None, "none")
    assert found.unscreened == found.open_pairs == 48


def test_the_report_is_one_page_that_loads_nothing(reviewed, tmp_path):
    create(reviewed, name="one")
    page = tmp_path / "report.html"
    done = run.invoke(app, ["quality-report", str(page), "--config", str(reviewed.config)])
    assert done.exit_code == 0, done.exception
    assert "48 pairs, 30 reviewed, 6 of them wrong" in done.output
    text = page.read_text(encoding="utf-8")
    for told in ("Funnel", "Wilson", "Fleiss", "model model-a", "release", "Vision judge: eye", "Not for clinical use"):
        assert told in text, told
    assert text.count("<svg") == 2
    assert not re.search(r"<script|<link|src=|@import|url\(http", text)
    assert reviewed.rows["instruction_pairs"][0]["question"] in text
    assert page.stat().st_mode & 0o77 == 0


def test_strategies_and_releases_tell_who_is_wrong(reviewed):
    rates = {(rate.level, rate.strategy): (rate.wrong, rate.reviews) for rate in strategies(reviewed.shelf)}
    assert rates["model", ("model-a",)] == (6, 15)
    assert rates["model", ("model-b",)] == (0, 15)
    create(reviewed, name="one")
    [row] = releases(reviewed.shelf.root, reviewed.shelf)
    assert (row["release"], row["reviewed"], row["wrong"]) == ("one", 30, 6)


def test_an_empty_folder_is_no_warehouse(tmp_path):
    done = run.invoke(app, ["quality-report", str(tmp_path / "r.html"), "--root", str(tmp_path)])
    assert isinstance(done.exception, ConfigError)
