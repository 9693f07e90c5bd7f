import pytest

from curation.pool.ledger import Ledger
from curation.pool.pool import EndpointPool
from curation.pool.reach import check_endpoints
from curation.pool.terms import check_hosts, key_from_environment
from flows.pool.rehearsal import rehearsal
from schemas.endpoint import AllowedHost, Endpoint
from schemas.errors import ConfigError

ALLOWED = [AllowedHost(host="LLM.example.org", agreement="DPA-17")]


def endpoint(url, **more):
    return Endpoint(**({"name": "far", "base_url": url, "model": "m"} | more))


@pytest.mark.parametrize(
    "url",
    [
        "https://llm.example.org/v1",
        "http://127.0.0.1.example.org/v1",
        "http://10.0.0.7:8000/v1",
        "http://0.0.0.0/v1",
        "http://localhost.example.org/v1",
        "http://[2001:db8::1]/v1",
        "http://169.254.1.1/v1",
    ],
)
def test_an_endpoint_off_this_machine_is_refused_unless_its_host_is_listed(url):
    with pytest.raises(ConfigError, match=r"endpoint far: base_url: .* not allowed.*agreement"):
        check_hosts([endpoint(url)], [])
    with pytest.raises(ConfigError, match="not allowed"):
        EndpointPool([endpoint(url)], Ledger(None))


def test_a_listed_host_is_allowed_exactly():
    [found] = check_hosts([endpoint("https://llm.EXAMPLE.org:443/v1")], ALLOWED)
    assert (found.host, found.agreement) == ("llm.example.org", "DPA-17")
    for other in ("https://example.org/v1", "https://x.llm.example.org/v1", "https://llm.example.org.evil.com/v1"):
        with pytest.raises(ConfigError):
            check_hosts([endpoint(other)], ALLOWED)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/v1", "http://localhost/v1", "http://[::1]:8/v1", "http://127.9.9.9/v1"]
)
def test_loopback_needs_no_agreement(url):
    assert check_hosts([endpoint(url)], []) == []


def test_names_are_unique():
    with pytest.raises(ConfigError, match="endpoint far: name"):
        check_hosts([endpoint("http://127.0.0.1/v1")] * 2, [])
    with pytest.raises(ConfigError, match="at least one"):
        check_hosts([], [])


@pytest.mark.parametrize("value", ["", "  ", "two words", "schlüssel", "a\nb"])
def test_a_key_that_is_missing_or_none_is_told_by_its_place_alone(monkeypatch, value):
    monkeypatch.setenv("TEST_KEY", value)
    with pytest.raises(ConfigError, match="endpoint far: api_key_env: TEST_KEY") as error:
        key_from_environment(endpoint("http://127.0.0.1/v1", api_key_env="TEST_KEY"))
    assert not value.strip() or value not in str(error.value)


def test_check_endpoints_says_who_is_there():
    with rehearsal(lambda text, seen: "ok") as server:
        ends = [endpoint(server.url, name="up"), endpoint("http://127.0.0.1:9/v1", name="down")]
        found = check_endpoints(ends, 2.0)
    assert found["up"] is None
    assert "cannot be reached" in found["down"]
