"""Deployments on a real server: what is scheduled, what is refused, what an automation does."""

import json
import time
from pathlib import Path

import pytest
import yaml
from prefect.exceptions import ParameterTypeError

from flows.deploy.automations import NAME
from flows.deploy.deployments import register, scheduled
from flows.intake import intake_flow
from flows.parameters import dated
from flows.watch.events import LEAK, resource_of
from schemas.errors import ConfigError
from tests.flows.server_api import answer_of, ask

ROOT = Path(__file__).parents[3]
DECLARED = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]


@pytest.fixture(scope="module")
def deployed(site, tmp_path_factory):
    config = site.config(tmp_path_factory.mktemp("deployed"))
    return config, register(config)


def test_the_yaml_declares_what_serve_serves(tmp_path):
    (tmp_path / "pipeline.toml").touch()
    served = {one.name: one for one in scheduled(tmp_path / "pipeline.toml")}
    assert [one["name"] for one in DECLARED] == list(served)
    for declared in DECLARED:
        one = served[declared["name"]]
        module, _, name = declared["entrypoint"].partition(":")
        assert (module, name) == (one.flow.fn.__module__.replace(".", "/") + ".py", one.flow.fn.__name__)
        assert declared["schedules"] == [{"cron": one.cron, "timezone": "UTC"}]
        assert declared["tags"] == one.tags
        assert declared["description"] == one.description
        told = declared["parameters"]["run"] | {"config_path": one.run.config_path}
        assert told == one.parameters["run"]
        assert declared["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}


def test_the_server_knows_the_schedules_and_the_forms(site, deployed):
    for name, deployment_id in deployed[1].items():
        found = ask(f"{site.server_url}/deployments/{deployment_id}")
        assert found["name"] == name
        assert found["schedules"][0]["schedule"]["cron"]
        assert found["enforce_parameter_schema"] is True
        form = found["parameter_openapi_schema"]["definitions"].values()
        assert any("config_path" in one.get("properties", {}) for one in form)


@pytest.mark.parametrize(
    ("told", "field"), [({"workers": 0}, "workers"), ({"task_runner": "magic"}, "task_runner"), ({"x": 1}, "x")]
)
def test_the_server_refuses_bad_parameters_and_names_the_field(site, deployed, told, field):
    config, ids = deployed
    body = {"parameters": {"run": {"config_path": str(config), **told}}}
    status, answer = answer_of(f"{site.server_url}/deployments/{ids['hourly']}/create_flow_run", body)
    assert status in (409, 422)
    assert field in json.dumps(answer)


def test_a_flow_refuses_bad_parameters_and_quotes_no_value(site):
    with pytest.raises(ParameterTypeError) as error:
        intake_flow(run={"config_path": "/nowhere/张三.toml", "workers": 2})
    assert "config_path" in str(error.value)
    assert "no such file where this flow runs" in str(error.value)
    assert "张三" not in str(error.value)


def test_a_suspected_leak_pauses_the_deployment_that_publishes(site, deployed):
    config, ids = deployed
    automations = ask(f"{site.server_url}/automations/filter", {"limit": 50})
    assert [one["name"] for one in automations].count(NAME) == 1
    register(config)  # again: still one
    automations = ask(f"{site.server_url}/automations/filter", {"limit": 50})
    assert [one["name"] for one in automations].count(NAME) == 1
    time.sleep(2)  # the server reads its automations anew
    event = {"occurred": _now(), "event": LEAK, "resource": resource_of(config.parent), "payload": {"release": "first"}}
    event |= {"id": "7b1e3f52-3f5a-4a51-9c53-6a1a4f6c7d10"}
    deadline = time.monotonic() + 60
    assert answer_of(f"{site.server_url}/events", [event])[0] == 204
    while (
        not (paused := ask(f"{site.server_url}/deployments/{ids['monthly']}")["paused"]) and time.monotonic() < deadline
    ):
        time.sleep(0.5)
    assert paused
    assert not ask(f"{site.server_url}/deployments/{ids['nightly']}")["paused"]


def test_what_a_person_paused_stays_paused(site, deployed):
    """A deployment, or its schedule; what nobody paused is on."""
    config, ids = deployed
    ask(f"{site.server_url}/deployments/{ids['nightly']}/pause_deployment", {})
    schedule = ask(f"{site.server_url}/deployments/{ids['weekly']}")["schedules"][0]["id"]
    ask(f"{site.server_url}/deployments/{ids['weekly']}/schedules/{schedule}", {"active": False}, "PATCH")
    assert register(config) == ids
    found = {name: ask(f"{site.server_url}/deployments/{deployment_id}") for name, deployment_id in ids.items()}
    assert found["nightly"]["paused"] and not found["hourly"]["paused"] and not found["weekly"]["paused"]
    assert [found[name]["schedules"][0]["active"] for name in ("nightly", "hourly", "weekly")] == [True, True, False]
    ask(f"{site.server_url}/deployments/{ids['nightly']}/resume_deployment", {})
    register(config)
    assert not ask(f"{site.server_url}/deployments/{ids['nightly']}")["paused"]


@pytest.mark.parametrize("pool", ["a/b", "", "   ", "prefect-x", "Prefect", "x%", "'\"", "x" * 300, "a\nb"])
def test_a_pool_that_cannot_be_made_is_refused(site, deployed, pool):
    with pytest.raises(ConfigError, match="--pool: a name has") as error:
        register(deployed[0], pool)
    assert "\n" not in str(error.value)


def test_a_pool_is_made_once_and_of_processes(site, deployed):
    config, ids = deployed
    ask(f"{site.server_url}/work_pools/", {"name": "in containers", "type": "docker"})
    with pytest.raises(ConfigError, match="in containers is of type docker, not process"):
        register(config, "in containers")
    for _ in range(2):
        assert register(config, "二 of us") == ids
    assert ask(f"{site.server_url}/deployments/{ids['nightly']}")["work_pool_name"] == "二 of us"
    register(config)


def _now():
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat()


def test_names_may_hold_parts_of_today():
    assert dated("monthly-%Y-%m").count("-") == 2
    assert "%" not in dated("weekly-%G-%V")
    assert dated("plain") == "plain"
