"""A run that fails shows what it did: artifacts, and lines that no cell can break."""

import json

import pytest

from flows.curate import curate
from flows.page import markdown_table
from flows.parameters import CurateRun
from flows.watch.artifacts import offered
from flows.watch.log import Log, read
from flows.watch.report import PLACE
from schemas.errors import ConfigError
from tests.flows.releases.conftest import hospital  # noqa: F401 - a fixture
from tests.flows.releases.test_decision import GOVERNANCE
from tests.flows.server_api import ask


def test_a_run_that_is_refused_at_its_end_has_its_artifacts(site, hospital):  # noqa: F811
    """No image of this export can be read, so nothing is left that a production release could publish."""
    hospital.set('name = "first"', 'name = "refused"\ntier = "production"')
    hospital.config.write_text(hospital.config.read_text() + GOVERNANCE)
    with pytest.raises(ConfigError, match="no pair is left"):
        curate(CurateRun(config_path=str(hospital.config)))
    keys = [f"{name}-refused" for name in ("funnel", "quality", "cost", "run")]
    rows = ask(f"{site.server_url}/artifacts/filter", {"artifacts": {"key": {"any_": keys}}})
    found = {row["key"]: row["data"] for row in rows}
    assert sorted(found) == sorted(keys)
    assert "Run for release refused: failed with ConfigError" in found["run-refused"]
    assert "| intake | 1 | 0 |" in found["run-refused"]
    intake = next(row for row in json.loads(found["funnel-refused"]) if row["stage"] == "intake")
    assert (intake["kept"], intake["rejected"]) == (0, 24)
    assert (hospital.folder / "warehouse" / PLACE).is_file()


def test_an_artifact_that_the_server_refuses_leaves_a_line(tmp_path):
    def refuse(**_):
        raise TimeoutError("a patient's name")

    assert offered(Log(tmp_path), refuse, key="x") is None
    [line] = read(tmp_path)
    assert (line["event"], line["error"]) == ("artifact.failed", "TimeoutError")
    assert "patient" not in json.dumps(line)


def test_no_cell_breaks_its_table():
    lines = markdown_table(("a", "b"), [("x|y", "one\ntwo"), ("back\\|slash", 3)])
    assert lines == ["| a | b |", "| --- | --- |", r"| x\|y | one two |", r"| back\\\|slash | 3 |"]
