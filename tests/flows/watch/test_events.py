"""What other programs can act on: a spent budget and a suspected leak are events on a real server."""

import json
import time

import pytest

from flows.parameters import ConfigRun, ReleaseRun
from flows.pool.rehearsal import rehearsal
from flows.prescreen import prescreen_flow
from flows.release import release_flow
from flows.watch.events import BUDGET, LEAK, resource_of
from flows.watch.log import read
from schemas.errors import BudgetError, LeakError
from tests.flows.releases.conftest import hospital  # noqa: F401 - a fixture
from tests.flows.server_api import ask

FINE = {"consistent": True, "answerable": True, "safe": True, "fluent": True, "score": 5, "reason": "agrees"}
BUDGET_USD = 0.5
PRICED = """
[generate]
budget_usd = {budget}
"""
JUDGE = """
[[endpoints]]
name = "{name}"
base_url = "{url}"
model = "{name}"
capabilities = ["text", "vision", "json_schema"]
price_output_usd_per_mtok = 1000.0
"""


def events_of(site, name, root):
    """The events of a warehouse, once the server has them."""
    wanted = {"filter": {"event": {"name": [name]}, "resource": {"id": [resource_of(root)["prefect.resource.id"]]}}}
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := ask(f"{site.server_url}/events/filter", wanted)["events"]:
            return found
        time.sleep(0.5)
    raise AssertionError(f"no event {name}")


def test_a_budget_that_judges_spend_is_an_event(site, hospital):  # noqa: F811
    for row in hospital.rows["instruction_pairs"]:
        row |= {"model": "author", "endpoint": "author"}
    hospital.shelve()
    with rehearsal(lambda _text, _seen: "say:" + json.dumps(FINE)) as server:
        text = hospital.config.read_text(encoding="utf-8") + PRICED.format(budget=BUDGET_USD)
        judges = (JUDGE.format(name=name, url=server.url) for name in ("author", "one", "two"))
        hospital.config.write_text(text + "".join(judges), encoding="utf-8")
        with pytest.raises(BudgetError):
            prescreen_flow(ConfigRun(config_path=str(hospital.config)))
    [event] = events_of(site, BUDGET, hospital.folder / "warehouse")
    assert event["payload"]["budget_usd"] == BUDGET_USD
    assert 0 < event["payload"]["spent_usd"] <= BUDGET_USD
    assert [line["event"] for line in read(hospital.folder / "warehouse")].count(BUDGET) == 1


def test_a_suspected_leak_is_an_event_without_the_leak(site, hospital):  # noqa: F811
    hospital.rows["reports"][0]["findings"] += " Zebedee Quill00"
    hospital.shelve()
    with pytest.raises(LeakError):
        release_flow(ReleaseRun(config_path=str(hospital.config)))
    [event] = events_of(site, LEAK, hospital.folder / "warehouse")
    assert event["payload"] == {"release": "first"}
    assert "Zebedee" not in json.dumps(event)
